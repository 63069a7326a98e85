"""Joining with a mailed code, from the command line: an address, a moment's work, and eight digits that are typed."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from undersigned.cli.pass_file import ask
from undersigned.errors import Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from undersigned.holder.client import Client

    T = TypeVar("T")

Mailed = Annotated[
    bool,
    typer.Option("--email", help="With a code that is mailed to your address, which is asked for.", show_default=False),
]
#: How often a code can be typed in.
TIMES: Final = 3
#: What is said to a wrong code, on joining and on replacing lost words.
_WRONG: Final = ("bad-mailed-code", "email-wrong", "nobody-joined")


def ask_for_mail(client: "Client", organisation: str, issuer: str | None = None) -> str:
    """Ask for an address, do the work and ask for a mail; returns the address.

    Raises: `Malformed` for an address that is none; `Refused` where nobody joins so; as `Client.ask_mail`.
    """
    from undersigned.protocol.mailbox import typed_address

    mailboxes = client.mailboxes(organisation, issuer)
    typer.echo(f"A code is mailed to your address at {' or '.join(mailboxes.domains)}. The mail names no letter.")
    if mailboxes.employer:
        typer.echo("The employer runs this mail: it can see that a code came, and could join in your name.")
    address = typed_address(ask("Your address"))
    mailboxes.check(address)
    with typer.progressbar(length=100, label="Some work first, against floods", file=sys.stderr) as bar:
        client.ask_mail(
            organisation, address, lambda tried, most: bar.update(100 * tried // most - bar.pos), issuer=issuer
        )
        bar.update(100 - bar.pos)
    typer.echo(f"A mail is on its way to {address}, unless one was sent within the last hour: its code still works.")
    typer.echo("It can take some minutes. Look among what was taken for spam, too.")
    return address


def retried(do: "Callable[[], T]", *, email: bool) -> "T":
    """Do what asks for a code; where it was mailed and is wrong it can be typed again. Raises: what `do` raises."""
    for left in reversed(range(TIMES if email else 1)):
        try:
            return do()
        except (Malformed, Refused) as error:
            if error.code not in _WRONG or not left:
                raise
            typer.echo(error.words, err=True)
    raise AssertionError
