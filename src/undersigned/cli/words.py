"""The 24 words on the command line: shown once, asked back, typed in."""

import secrets
from typing import Final

import click
import typer

from undersigned.cli.pass_file import ask
from undersigned.errors import Malformed

_ASKED: Final = 3
_TRIES: Final = 3
_COLUMNS: Final = 3


def show(phrase: str) -> None:
    """Show the words as twelve pairs, once."""
    from undersigned.holder.phrase import pairs

    typer.echo("")
    typer.echo("These are your words, twelve pairs. Write them on paper, in this order.")
    typer.echo(
        "Whoever has them can sign as you and see which letters you signed. Without them nobody can, we included."
    )
    typer.echo("")
    lines = [f"{number:>2}  {first} {second}" for number, (first, second) in enumerate(pairs(phrase), 1)]
    rows = len(lines) // _COLUMNS
    for row in range(rows):
        typer.echo("   ".join(f"{line:<22}" for line in lines[row::rows]).rstrip())
    typer.echo("")


def ask_back(phrase: str) -> None:
    """Ask three of the words back, three tries each.

    Raises: `Malformed` when one stays wrong.
    """
    words = phrase.split()
    left = list(range(len(words)))
    for _ in range(_ASKED):
        place = left.pop(secrets.randbelow(len(left)))
        pair, second = divmod(place, 2)
        question = f"The {'second' if second else 'first'} word of pair {pair + 1}"
        for _ in range(_TRIES):
            if ask(question, option="--skip-check, if you wrote them down").strip().lower() == words[place]:
                break
            typer.echo("That is another word. Look at the paper.")
        else:
            raise Malformed("words-not-kept", "The word is still another one. Start again, with new words.")
    click.clear()
    typer.echo("Right. The paper is now the only copy outside this device.")


def skipped() -> None:
    """Say what is lost with the device when the words were not written down."""
    typer.echo(
        "If this device is lost before you wrote the words down, your signatures stay, but nobody can withdraw them."
    )


def typed() -> str:
    """Ask for all words; capitals and spaces do not matter. Raises: `Malformed`."""
    from undersigned.holder.phrase import check

    return check(ask("Your 24 words, in order"))
