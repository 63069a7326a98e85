"""What others ask for who stand by a letter, and what the operator does about shown names.

The order of checks is the same for every address: what everybody may know of the letter, then the proof of work, then
the mail or its code, and only then a table.
"""

from collections.abc import Callable

from undersigned.clock import Clock
from undersigned.errors import Malformed
from undersigned.letters import rules
from undersigned.letters.service import Letters, Running
from undersigned.letters.standing import Standing
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT, CodeRequest, Confirmation, NameGiven
from undersigned.protocol.mailbox import domain_of
from undersigned.protocol.names import ShownName
from undersigned.protocol.work import Solution
from undersigned.values import text


class Others:
    """Supporters and names, by a letter's short name."""

    def __init__(self, letters: Letters, standing: Standing, clock: Clock) -> None:
        self._letters, self._standing, self._clock = letters, standing, clock

    @property
    def supporting(self) -> bool:
        """Whether supporters are counted here."""
        return self._standing.offers(SUPPORT)

    @property
    def showing(self) -> bool:
        """Whether names can be shown here."""
        return self._standing.offers(SHOW)

    # ── people ──

    def mail(self, asked: CodeRequest, spend: Callable[[Solution], None]) -> None:
        """Mail a code; `spend` takes the proof of work.

        Raises: `Withheld`, `Refused` or `Unavailable`, alike for every address that is not of the letter's own.
        """
        running = self._checked(asked.letter, asked.purpose, asked.address)
        spend(asked.work)
        self._standing.send(asked.purpose, running.letter.context, asked.address, asked.language)

    def support(self, given: Confirmation) -> None:
        """Count an address under a letter, once. Raises: `Refused` for a wrong code, else as `mail`."""
        self._standing.support(self._context(SUPPORT, given), given)

    def unsupport(self, given: Confirmation) -> None:
        """Count an address no more. Raises: as `support`."""
        self._standing.unsupport(self._context(UNSUPPORT, given), given)

    def show(self, given: NameGiven) -> None:
        """Show a name under a letter from the next count on. Raises: as `support`."""
        context = self._context(SHOW, given.confirmation)
        self._standing.show(context, given.confirmation, given.name, given.line)

    def unshow(self, given: Confirmation) -> None:
        """Show a name no more, from the next full hour on. Raises: as `support`."""
        self._standing.unshow(self._context(UNSHOW, given), given)

    def _context(self, purpose: str, given: Confirmation) -> str:
        return self._checked(given.letter, purpose, given.address).letter.context

    def _checked(self, slug: str, purpose: str, address: str) -> Running:
        """Check what everybody may know. A name can be taken away as long as it is there."""
        self._standing.offered(purpose)
        running = self._letters.opened(slug)
        if purpose != UNSHOW:
            rules.check_beside(
                outcome=running.outcome,
                closes=running.terms.closes,
                redacted=running.redacted,
                ends=purpose == UNSUPPORT,
                tick=self._clock.tick(),
            )
        rules.check_elsewhere(domain_of(address), (each.organisation for each in running.letter.organisations))
        return running

    # ── the operator ──

    def names(self, slug: str) -> list[tuple[str, ShownName, bool]]:
        """Return mark, name and whether it is shown, of all names under a letter. Raises: `Withheld`."""
        letter = self._letters.opened(slug).letter
        return [(each.hash(letter.digest), each, shown) for each, shown in self._standing.names(letter.context)]

    def take_off(self, slug: str, mark: str, reason: str) -> None:
        """Take a name off, by its mark or the beginning of it, for a reason that becomes public.

        Raises: `Withheld` for an unknown letter or mark; `Refused` or `Malformed` for a reason that cannot be.
        """
        letter = self._letters.opened(slug).letter
        said = text(reason, limit=1000, what="The reason").strip()
        if not said:
            raise Malformed("bad-reason", "Say why, in a sentence that becomes public.")
        self._standing.take_off(letter.context, mark, letter.digest, said)
        self._letters.settle_names()
