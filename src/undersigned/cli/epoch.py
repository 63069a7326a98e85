"""`undersigned epoch open|close|list`: the quarters for which an issuer admits, where it does not see the letters."""

from pathlib import Path
from typing import Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory

epoch = typer.Typer(no_args_is_help=True, help="Open, close and list the quarters for which this issuer admits.")

Organisation = Annotated[str, typer.Argument(help="Whose members, like example.com.", show_default=False)]
Quarter = Annotated[str, typer.Argument(help="The quarter, like 2026Q4.", show_default=False)]


@epoch.command("open")
def open_(
    organisation: Organisation,
    quarter: Quarter,
    out: Annotated[
        Path | None,
        typer.Option(help="File for the statement of the key, for who runs the letters.", show_default=False),
    ] = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Admit members for letters of a quarter, by the ways that are set now: these are fixed from here on.

    Where letter and issuer are one instance, opening the letter does this.
    """
    from undersigned.bootstrap import open_instance
    from undersigned.errors import Conflict
    from undersigned.storage.files import write_durably

    if out is not None and out.exists():
        raise Conflict("file-exists", f"{out} exists already. Name another file.")
    instance = open_instance(directory)
    entry = instance.issuer.open_epoch(organisation, quarter)
    typer.echo(f"Members of {organisation} join for {quarter}, by {' and '.join(entry.methods)}.")
    if out is not None:
        write_durably(out, instance.issuer.statement(organisation, quarter))
        typer.echo(f"The statement is in {out}. On the letters' machine:")
        typer.echo(f"  undersigned issuer add {entry.issuer} {organisation} {quarter} --file {out.name}")


@epoch.command("close")
def close(organisation: Organisation, quarter: Quarter, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Issue nothing for a quarter any more. Do it when no letter of it is open: until then members may come."""
    from undersigned.bootstrap import open_instance

    open_instance(directory).issuer.close_epoch(organisation, quarter)
    typer.echo(f"Nobody joins {organisation} for {quarter} any more.")


@epoch.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """List the quarters that were ever opened."""
    from undersigned.bootstrap import open_instance

    found = open_instance(directory).issuer.epochs()
    for each in found:
        state = "open" if each.is_open else "closed"
        typer.echo(f"{each.organisation}  {each.quarter}  {state}  by {' and '.join(each.methods)}")
    if not found:
        typer.echo("No quarter was opened yet.")
