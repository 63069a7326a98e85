"""`undersigned letter new|open|close|list|extend|redact`: letters, for who runs the instance."""

from pathlib import Path
from typing import Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory

letter = typer.Typer(no_args_is_help=True, help="Write, open, extend, close and list letters.")

Slug = Annotated[str, typer.Argument(help="The letter's short name.", show_default=False)]


@letter.command("new")
def new(
    file: Annotated[Path | None, typer.Argument(help="The letter as TOML.", show_default=False)] = None,
    directory: Directory = DEFAULT_DIRECTORY,
    example: Annotated[bool, typer.Option("--example", help="Print an example file and stop.")] = False,
) -> None:
    """Read a letter from a file and keep it as a draft. Nothing is public yet."""
    from undersigned.cli.letter_file import EXAMPLE, read

    if example:
        typer.echo(EXAMPLE, nl=False)
        return
    if file is None:
        from undersigned.errors import Malformed

        raise Malformed(
            "no-file", "Name the letter's file. “undersigned letter new --example” prints one to start from."
        )
    from undersigned.bootstrap import open_instance
    from undersigned.values import epoch_of

    instance = open_instance(directory)
    today = instance.clock.today()
    made, terms = read(file, today, epoch_of(today))
    instance.letters.draft(made, terms)
    typer.echo(f"Drafted “{made.texts[0].title}” as {made.slug}, epoch {made.epoch}.")
    typer.echo(f"Digest {made.digest}")
    typer.echo(f"Once “undersigned letter open {made.slug}” has run, not one character of it can change.")


@letter.command("open")
def open_(slug: Slug, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Publish a draft and let members sign it. This cannot be undone."""
    from undersigned.bootstrap import open_instance
    from undersigned.web.operations import open_letter

    instance = open_instance(directory)
    open_letter(instance, slug)
    typer.echo(f"{slug} is open: {instance.config.url}/letters/{slug}/")


@letter.command("close")
def close(slug: Slug, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Close a letter whose closing time has come. Before that it stays open: closing only ever moves later."""
    from undersigned.bootstrap import open_instance
    from undersigned.web.operations import close_letter

    instance = open_instance(directory)
    close_letter(instance, slug)
    typer.echo(f"{slug} is {instance.letters.state(slug)}.")


@letter.command("extend")
def extend(
    slug: Slug,
    closes: Annotated[str, typer.Option(help="The new closing, a full hour in UTC like 2027-03-01T00:00:00Z.")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Move a letter's closing later, in new dated terms."""
    from undersigned.bootstrap import open_instance
    from undersigned.web.operations import extend_letter

    instance = open_instance(directory)
    extend_letter(instance, slug, closes)
    typer.echo(f"{slug} closes at {closes}.")


@letter.command("redact")
def redact(
    slug: Slug,
    ground: Annotated[str, typer.Option(help="court-order, law, personal-data or rights.")],
    reason: Annotated[str, typer.Option(help="The reason, in a sentence that is published.")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Take a letter's text down by law. Its digest, its signatures and the reason stay public."""
    from undersigned.bootstrap import open_instance
    from undersigned.web.operations import redact_letter

    redact_letter(open_instance(directory), slug, ground, reason)
    typer.echo(f"The text of {slug} is taken down; the registry says why.")


@letter.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """List the letters with their state. Numbers appear once a round published them, never before."""
    from rich.console import Console
    from rich.table import Table

    from undersigned.bootstrap import open_instance

    table = Table("letter", "state", "closes", "title", box=None)
    for each in open_instance(directory).letters.list():
        table.add_row(each.slug, each.state, each.closes, each.title)
    Console().print(table if table.row_count else "There is no letter yet.")
