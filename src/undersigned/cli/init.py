"""`undersigned init`: a new instance."""

from typing import Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory


def init(
    name: Annotated[str, typer.Option(help="Name of the instance for ever, like letters.example.")],
    issuer: Annotated[str, typer.Option(help="Name of the body that admits members, like issuer.example.")],
    directory: Directory = DEFAULT_DIRECTORY,
    url: Annotated[str, typer.Option(help="Address under which it is reached.")] = "http://127.0.0.1:8000",
    round_hours: Annotated[int, typer.Option(help="Hours between two counts; one at least.")] = 24,
    demo: Annotated[bool, typer.Option(help="A demonstration: every audit will say so.")] = False,
) -> None:
    """Make a new instance: a folder with keys, databases and two empty public logs."""
    from undersigned.bootstrap import create_instance
    from undersigned.config import Config, base_url
    from undersigned.errors import Malformed, Withheld
    from undersigned.values import domain
    from undersigned.web.client_files import publish_client

    if round_hours < 1:
        raise Malformed("bad-round-hours", "Counts are at least one hour apart.")
    config = Config(
        directory=directory,
        name=domain(name),
        url=base_url(url),
        issuer=domain(issuer),
        demo=demo,
        clock="system",
        round_hours=round_hours,
    )
    instance = create_instance(config)
    typer.echo(f"Made an instance named {name} in {directory}.")
    try:
        publish_client(instance)
    except Withheld as error:
        typer.echo(error.words)
    typer.echo(f"Registry key  {instance.keys.signing('registry', name).vkey}")
    typer.echo(f"Log key       {instance.keys.signing('log', name).vkey}")
    typer.echo("Publish these two keys somewhere that is not this server: whoever checks a count needs them.")
    typer.echo(f"Next: write a letter, then “undersigned letter new --dir {directory} letter.toml”.")
