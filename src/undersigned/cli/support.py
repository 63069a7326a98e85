"""`undersigned support`: stand by a letter from elsewhere, with a confirmed address, or no more."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.pass_file import ask
from undersigned.cli.sign import Letter
from undersigned.cli.visit import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from undersigned.holder.beside import Bystander

Language = Annotated[str, typer.Option(help="Language of the mail: en, de, es or fr.")]


def support(
    letter: Letter,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Be counted no more.", show_default=False)] = False,
    language: Language = "en",
    proxy: Proxy = None,
) -> None:
    """Stand by a letter if you work elsewhere. You confirm an e-mail address of your own and are counted apart.

    Of the address the server keeps a mark, for this letter alone, and no time. What becomes public is how many there
    are, rounded down to a ten. Your pass is not touched.
    """
    from undersigned.protocol.beside import SUPPORT, UNSUPPORT

    purpose = UNSUPPORT if withdraw else SUPPORT
    with standing_by(letter, proxy) as bystander:
        address, code = confirmed(bystander, purpose, language)
        bystander.confirm(purpose, address, code)
    if withdraw:
        typer.echo("You are not counted, from the next count on.")
    else:
        typer.echo("You are counted once, from the next count on. Until the letter closes you can take it back:")
        typer.echo(f"  undersigned support --withdraw {letter}")


@contextmanager
def standing_by(letter: str, proxy: str | None) -> "Iterator[Bystander]":
    """Give somebody who stands by the letter at an address. Raises: `Malformed`."""
    from undersigned.cli import visit
    from undersigned.holder import address as addresses
    from undersigned.holder.beside import Bystander

    instance, slug = addresses.letter(letter)
    way = visit.transport(instance, proxy)
    try:
        yield Bystander(way, slug)
    finally:
        way.close()


def confirmed(bystander: "Bystander", purpose: str, language: str) -> tuple[str, str]:
    """Ask for an address, have a code mailed to it, ask for the code; return both.

    Neither is an option: what is typed behind a command can be read by every account of this machine.
    """
    from undersigned.protocol.enrolment import mail_language
    from undersigned.protocol.mailbox import typed_address, typed_mailed_code

    mail_language(language)
    typer.echo("Use an address of your own, not one at your work: an employer can see the mail.")
    address = typed_address(ask("Your address"))
    typer.echo("Doing some sums that keep floods of mail away …")
    bystander.ask(purpose, address, language)
    typer.echo(f"A code is on its way to {address}, unless one was sent within the hour.")
    typer.echo("If none comes within some minutes, look among unwanted mail.")
    return address, typed_mailed_code(ask("The eight digits"))
