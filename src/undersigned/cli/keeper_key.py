"""`undersigned keeper-key make|destroy|list`: the keys of a keeper that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.keeper import Socket

if TYPE_CHECKING:
    from undersigned.subjects.keeper_client import KeeperClient

keeper_key = typer.Typer(no_args_is_help=True, help="Make, destroy and list the keys of a running keeper.")

Organisation = Annotated[str, typer.Argument(help="Whose members join by address or account, like example.com.")]


@keeper_key.command("make")
def make(organisation: Organisation, path: Socket) -> None:
    """Make an organisation's key, once. Keep a copy of the folder of keys where the instance's backups are not."""
    from undersigned.values import domain

    with _asking(path) as client:
        client.make(domain(organisation))
    typer.echo(f"The key of {organisation} is made. If it is lost, nobody can join by this way until its quarters end.")


@keeper_key.command("destroy")
def destroy(
    organisation: Organisation,
    path: Socket,
    confirm: Annotated[
        str | None, typer.Option(help="The organisation once more, instead of being asked.", show_default=False)
    ] = None,
) -> None:
    """Destroy an organisation's key when its quarters are over: from then on no guess can be tested against its tags.

    Run it under the keeper's account. Copies of the key elsewhere have to be destroyed by hand.
    """
    from undersigned.values import domain

    if confirm is None:
        typer.echo(f"This cannot be undone. Nobody can join {organisation} or replace words by this way any more.")
        confirm = typer.prompt("Type the organisation once more")
    with _asking(path) as client:
        client.destroy(domain(organisation), confirm)
    typer.echo(f"The key of {organisation} is destroyed. Destroy copies of it too.")


@keeper_key.command("list")
def list_(path: Socket) -> None:
    """List the keys, and whether each is there, lost, or not the one that was made."""
    from rich.console import Console
    from rich.table import Table

    table = Table("organisation", "key", box=None)
    with _asking(path) as client:
        for name, state in client.states():
            table.add_row(name, state)
    Console().print(table if table.row_count else "There is no key yet.")


@contextmanager
def _asking(path: Path) -> Iterator["KeeperClient"]:
    """Ask the keeper; where nobody answers, say why as an operator needs it."""
    from undersigned.errors import Unavailable
    from undersigned.subjects.keeper_client import KeeperClient

    try:
        yield KeeperClient(path, bytes)
    except Unavailable as error:
        if error.code != "keeper-away" or not isinstance(error.__cause__, OSError):
            raise
        why = error.__cause__.strerror or "no answer in time"
        raise Unavailable(
            error.code, f"The keeper at {path} does not answer: {why}. Start it with “undersigned keeper”."
        ) from error
