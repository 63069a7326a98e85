"""`undersigned names list|remove`: names that people show under letters, for who runs the instance."""

from typing import Annotated

import typer

from undersigned.cli.letter import Slug
from undersigned.cli.options import DEFAULT_DIRECTORY, Directory

names = typer.Typer(no_args_is_help=True, help="List names that are shown under a letter, and take one off.")
_MARK = 12


@names.command("list")
def list_(slug: Slug, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """List names with their marks: those that are shown, and those that wait for the next count."""
    from rich.console import Console
    from rich.table import Table

    from undersigned.bootstrap import open_instance

    table = Table("mark", "name", "says", "state", box=None)
    for mark, each, shown in open_instance(directory).others.names(slug):
        table.add_row(mark[:_MARK], _plain(each.name), _plain(each.line or ""), "shown" if shown else "waits")
    Console().print(table if table.row_count else f"No names are shown under {slug}.")


@names.command("remove")
def remove(
    slug: Slug,
    mark: Annotated[str, typer.Argument(help="The name's mark, or the beginning of it.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why, in a sentence that is published for ever, without the name.")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Take a name off, at once. The name is deleted; that one was taken off, and why, stays public."""
    from undersigned.bootstrap import open_instance
    from undersigned.web.operations import take_off

    take_off(open_instance(directory), slug, mark, reason)
    typer.echo(f"The name is off {slug}; the registry says why.")


def _plain(text: str) -> str:
    """Write a name as it is: what looks like the terminal's markup is text."""
    from rich.markup import escape

    return escape(text)
