"""`undersigned sign`: put one's name, which nobody sees, under a letter."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from undersigned.cli.pass_file import Keeper, PassFile, agree
from undersigned.cli.visit import Organisation, Proxy
from undersigned.values import shown

if TYPE_CHECKING:
    from undersigned.holder.client import Intent, Sent
    from undersigned.holder.wallet import Wallet

Letter = Annotated[str, typer.Argument(help="Address of the letter, like https://letters.example/letters/its-name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before sending.", show_default=False)]
ReceiptFile = Annotated[
    Path | None, typer.Option("--receipt", help="Save the receipt in this file as well.", show_default=False)
]
NoReceipt = Annotated[
    bool, typer.Option("--no-receipt", help="Do not keep the receipt in your pass.", show_default=False)
]
_LAST: Final = timedelta(hours=24)


def sign(
    letter: Letter,
    organisation: Organisation = None,
    passfile: PassFile = None,
    proxy: Proxy = None,
    receipt: ReceiptFile = None,
    no_receipt: NoReceipt = False,
    language: Annotated[
        str | None, typer.Option(help="Show the letter in this language, like en, if it has it.", show_default=False)
    ] = None,
    yes: Yes = False,
) -> None:
    """Sign a letter. Shows first the letter, and what will be public.

    The server learns that one more member signs, not who. It cannot tell two letters' signatures to be one person's.
    """
    from undersigned.cli import visit
    from undersigned.holder import address as addresses

    address, slug = addresses.letter(letter)
    keeper = Keeper(passfile)
    wallet = keeper.open()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        visit.demonstration(client)
        intent = client.prepare(slug, "sign", organisation)
        _show(intent, language, whole=not yes)
        if not yes:
            agree("Sign this letter?")
        sent = client.submit(intent)
        keep_receipt(wallet, address, sent, receipt, keep=not no_receipt)
    typer.echo("You had signed this letter already. This is the same signature." if sent.repeated else "Signed.")
    typer.echo(f"You will be counted when the next count closes, {day(sent.promise.deadline)} at the latest.")
    typer.echo(f"To see that you are counted: undersigned receipt proof {address}/letters/{slug}")


def _show(intent: "Intent", language: str | None, *, whole: bool) -> None:
    letter, digest = intent.letter, intent.letter.digest
    text = next((each for each in letter.texts if each.language == language), letter.texts[0])
    # Whoever wrote the letter must not make it read otherwise here than it stands in the registry.
    typer.echo(f"\n{shown(text.title)}\nTo {shown(letter.addressee)}.\n")
    for erratum in intent.terms.errata:
        typer.echo(f"Corrected on {erratum.dated}: {shown(erratum.text)}\n")
    if whole:
        typer.echo(f"{shown(text.body)}\n")
        for number, demand in enumerate(text.demands, 1):
            typer.echo(f"{number}. {shown(demand)}")
        typer.echo("")
    typer.echo(f"This is what stands in the public registry (checked), as {digest[:8]} … {digest[-8:]}.\n")
    typer.echo("What will be public:")
    typer.echo(f"  That one more member of {intent.act.organisation} signed, by the day of the next count. Not who.")
    for line in intent.public():
        typer.echo(f"  {line}")
    if letter.goal is not None:
        typer.echo(
            f"Nothing is shown until {letter.goal:,} people have signed. If that many do not sign before it "
            "closes, everything is erased, and the receipt no longer promises anything."
        )
    _near_the_end(intent.terms.closes)
    typer.echo("")


def _near_the_end(closes: str) -> None:
    left = datetime.fromisoformat(closes) - datetime.now(UTC)
    if timedelta() < left <= _LAST:
        typer.echo("The letter closes soon. Fewer may sign with you in the last count than in one before it.")


def keep_receipt(wallet: "Wallet", address: str, sent: "Sent", file: Path | None, *, keep: bool) -> None:
    """Keep a receipt in the pass, and in a file where one is named.

    Raises: `Conflict` when there is a file of that name; `Unavailable`.
    """
    if keep:
        wallet.keep(address, sent.receipt)
    if file is not None:
        from undersigned.errors import Conflict
        from undersigned.holder.wallet_file import write

        if file.exists():
            raise Conflict("file-exists", f"The act was accepted, but {file} exists already: the receipt is not there.")
        write(file, sent.receipt)
        typer.echo(f"The receipt is in {file}. Whoever finds it learns that you took part, so keep it safe or burn it.")


def day(tick: str) -> str:
    """Return a tick in words: `on 3 December 2026`."""
    at = datetime.fromisoformat(tick)
    return f"on {at.day} {at:%B %Y}"
