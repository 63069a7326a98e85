"""`undersigned show-name`: let one's name be shown under a letter, or take it away."""

from typing import Annotated

import typer

from undersigned.cli.pass_file import ask
from undersigned.cli.sign import Letter
from undersigned.cli.support import Language, confirmed, standing_by
from undersigned.cli.visit import Proxy


def show_name(
    letter: Letter,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take your name away again.", show_default=False)
    ] = False,
    language: Language = "en",
    proxy: Proxy = None,
) -> None:
    """Let your name be shown under a letter. Everybody can read it then, your employer too.

    It is no signature and no second count, and nothing ties it to one. Your pass is not touched.
    """
    from undersigned.protocol.beside import SHOW, UNSHOW

    with standing_by(letter, proxy) as bystander:
        if withdraw:
            address, code = confirmed(bystander, UNSHOW, language)
            bystander.confirm(UNSHOW, address, code)
            typer.echo("Your name is deleted, and leaves the page at the next full hour. Copies elsewhere stay.")
            return
        typer.echo("Whoever reads the letter will read that you stand by it: your employer, search engines, anyone.")
        typer.echo("You can take it away again. Copies that others made by then stay.")
        name, line = _asked()
        if ask("Show this name? (yes or no)").strip().lower() not in {"yes", "y"}:
            typer.echo("Nothing was sent.")
            return
        address, code = confirmed(bystander, SHOW, language)
        bystander.show(address, code, name, line)
    typer.echo("Your name is shown from the next count on. You can take it away at any time:")
    typer.echo(f"  undersigned show-name --withdraw {letter}")


def _asked() -> tuple[str, str | None]:
    """Ask for a name and a line, and show how they will stand there. Raises: `Malformed`."""
    from undersigned.protocol.names import check_line, check_name

    name = check_name(" ".join(ask("Your name").split()))
    said = " ".join(ask("What you say of yourself, or Enter for nothing", default="").split())
    line = check_line(said or None)
    typer.echo(f"\n  {name}" + (f"\n  who says: {line}" if line else "") + "\n")
    return name, line
