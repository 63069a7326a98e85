"""`undersigned codes new|void|list`: one-time codes on sheets, for who hands them out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance

codes = typer.Typer(no_args_is_help=True, help="Print one-time codes, void them, list the sheets.")


@codes.command("new")
def new(
    organisation: Annotated[str, typer.Option(help="Whose members they admit, like example.com.")],
    out: Annotated[Path, typer.Option(help="File for the printable sheet (HTML).")],
    directory: Directory = DEFAULT_DIRECTORY,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many codes.")] = 40,
    note: Annotated[str, typer.Option(help="A word for yourself, to tell sheets apart.")] = "",
) -> None:
    """Make a sheet of one-time codes to print and cut. They exist on the sheet only and cannot be shown again."""
    from undersigned.bootstrap import open_instance
    from undersigned.errors import Conflict
    from undersigned.issuer.sheets import render
    from undersigned.storage.files import write_durably

    if out.exists():
        raise Conflict("file-exists", f"{out} exists already. Name another file.")
    instance = open_instance(directory)
    sheet = instance.issuer.new_sheet(organisation, count, note)
    write_durably(out, render(sheet, *_addresses(instance)).encode(), mode=0o600)
    typer.echo(f"Sheet {sheet.id} with {count:,} codes for {organisation} is in {out}.")
    typer.echo("Print it, then delete the file. Whoever has a code can join once as a member.")


def _addresses(instance: "Instance") -> tuple[str, str]:
    """Return where the letters are, and where the issuer is."""
    here, letters = instance.config.url, instance.pins().letters
    return (letters[0].url, here) if instance.letters_side is None and letters else (here, here)


@codes.command("void")
def void(
    directory: Directory = DEFAULT_DIRECTORY,
    sheet: Annotated[str | None, typer.Option(help="Identifier of a whole sheet.", show_default=False)] = None,
    code: Annotated[bool, typer.Option("--code", help="One code, which is asked for.")] = False,
) -> None:
    """Make a lost sheet or a lost code worthless. Members who joined with it before stay members."""
    from undersigned.bootstrap import open_instance
    from undersigned.errors import Malformed
    from undersigned.protocol.enrolment import typed_code

    if (sheet is None) == (not code):
        raise Malformed("bad-choice", "Name a sheet with --sheet, or use --code to be asked for a code.")
    instance = open_instance(directory)
    if sheet is not None:
        instance.issuer.void_sheet(sheet)
        typer.echo(f"Sheet {sheet} is void: no unused code on it admits anyone.")
        return
    instance.issuer.void_code(typed_code(typer.prompt("Code")))
    typer.echo("The code is void.")


@codes.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """List the sheets. How many codes of a sheet were used is shown in tens, rounded down."""
    from rich.console import Console
    from rich.table import Table

    from undersigned.bootstrap import open_instance

    table = Table("sheet", "organisation", "codes", "used", "state", "note", box=None)
    for each in open_instance(directory).issuer.sheets():
        used = f"at least {each.used}" if each.used else "fewer than 10"
        table.add_row(each.id, each.organisation, f"{each.count:,}", used, "void" if each.void else "valid", each.note)
    Console().print(table if table.row_count else "There is no sheet yet.")
