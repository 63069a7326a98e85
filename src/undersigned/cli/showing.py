"""What somebody shows to join or to replace lost words, by the way that they chose."""

from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.pass_file import ask
from undersigned.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from undersigned.holder.admission import Shown
    from undersigned.holder.client import Client

Vouched = Annotated[bool, typer.Option("--vouched", help="Two members have vouched for you.", show_default=False)]


def one_way(**chosen: bool) -> None:
    """Check that at most one way was chosen, by the names of their options. Raises: `Malformed`."""
    named = [f"--{name}" for name, is_chosen in chosen.items() if is_chosen]
    if len(named) > 1:
        raise Malformed("two-ways", f"These are several ways of joining: {' and '.join(named)}. Choose one.")


def showing(
    client: "Client",
    organisation: str,
    question: str,
    *,
    code: str | None,
    email: bool = False,
    oidc: bool = False,
    vouched: bool = False,
    issuer: str | None = None,
) -> "Callable[[], str | Shown]":
    """Ask now for what can be asked now; returns what gives the evidence once the words are safe.

    A code is asked for at once, and so is a mail, which travels meanwhile. A sign-in is good for a minute only, so it
    waits; that the way is there is looked at.
    Raises: `Malformed` for a code that is none; `Refused` where nobody joins by account; as `Client.invitation`.
    """
    from undersigned.cli.account import sign_in
    from undersigned.cli.mail import ask_for_mail
    from undersigned.holder import mail
    from undersigned.holder.admission import Shown
    from undersigned.protocol.enrolment import typed_code
    from undersigned.values import b64u

    if email:
        address = ask_for_mail(client, organisation, issuer)
        return lambda: mail.shown(address, ask("The eight digits in the mail"))
    if oidc:
        client.provider(organisation, issuer)
        return lambda: sign_in(client, organisation, issuer)
    if vouched:
        invitation = Shown("vouch", {"invitation": b64u(client.invitation(organisation, issuer=issuer))})
        return lambda: invitation
    typed = typed_code(code if code is not None else ask(question, option="--code"))
    return lambda: typed
