"""Standing by a letter without signing it: an address is confirmed, and counted, or a name is shown with it.

Nothing of it touches a pass: whoever signed and shows a name does the two as two people would.
"""

from typing import Final

from undersigned.holder.transport import Transport
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT, CodeRequest, Confirmation, NameGiven
from undersigned.protocol.work import MAX_SOLUTION, Challenge, solve

_JSON: Final = "application/json"
_PATHS: Final = {
    SUPPORT: "api/supporters",
    UNSUPPORT: "api/supporters/withdrawals",
    SHOW: "api/names",
    UNSHOW: "api/names/withdrawals",
}


class Bystander:
    """Somebody who stands by a letter (short name) of the instance that `transport` reaches."""

    def __init__(self, transport: Transport, letter: str) -> None:
        self._transport, self._letter = transport, letter

    def ask(self, purpose: str, address: str, language: str) -> None:
        """Ask for a code by mail, after some seconds of work. The answer does not tell whether a mail was sent.

        Raises: the server's errors, in its words; `Unavailable` for work that cannot be done.
        """
        challenge = Challenge.parse(self._transport.get("api/supporters/challenge", MAX_SOLUTION))
        asked = CodeRequest(self._letter, purpose, address, language, solve(challenge))
        self._transport.post("api/supporters/mails", asked.encoded(), _JSON)

    def confirm(self, purpose: str, address: str, code: str) -> None:
        """Be counted, be counted no more, or take a name away. Raises: the server's errors, in its words."""
        given = Confirmation(self._letter, address, code)
        self._transport.post(_PATHS[purpose], given.encoded(), _JSON)

    def show(self, address: str, code: str, name: str, line: str | None) -> None:
        """Show a name from the next count on. Raises: the server's errors, in its words."""
        given = NameGiven(Confirmation(self._letter, address, code), name, line)
        self._transport.post(_PATHS[SHOW], given.encoded(), _JSON)
