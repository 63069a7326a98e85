"""`undersigned round`: the next count."""

from typing import Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory


def round_(
    directory: Directory = DEFAULT_DIRECTORY,
    tick: Annotated[
        str | None,
        typer.Option(help="Where to move a demonstration's clock, like 2026-12-03T00:00:00Z.", show_default=False),
    ] = None,
) -> None:
    """Close the rounds that are due now, publish them and write the pages anew. “serve” does it on the clock."""
    from undersigned.bootstrap import open_instance
    from undersigned.web.operations import turn

    instance = open_instance(directory)
    done = turn(instance, tick)
    for words in done.waiting:
        typer.echo(f"{done.tick}  {words}")
    if instance.letters_side is None:
        typer.echo(f"{done.tick}  An issuer alone has no rounds. Its tables are written anew.")
        return
    for each in done.report.rounds:
        last = ", the last one" if each.final else ""
        typer.echo(f"{done.tick}  {each.organisation}  {each.count:,} acts published{last}")
    for slug in done.report.closed:
        typer.echo(f"{done.tick}  {slug} is closed")
    for slug in done.report.missed:
        typer.echo(f"{done.tick}  {slug} closed below its goal: nothing was published and its acts are erased")
    if not (done.report.rounds or done.report.closed or done.report.missed or done.waiting):
        typer.echo(f"{done.tick}  Nothing is due.")
