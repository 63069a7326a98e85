"""`undersigned init`: a new instance."""

from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory, Room

if TYPE_CHECKING:
    from undersigned.bootstrap import Instance


def init(
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of the instance for ever, like letters.example; that of the issuer where it is alone.",
            show_default=False,
        ),
    ] = None,
    *,
    issuer: Annotated[str, typer.Option(help="Name of the body that admits members, like issuer.example.")],
    directory: Directory = DEFAULT_DIRECTORY,
    url: Annotated[str, typer.Option(help="Address under which it is reached.")] = "http://127.0.0.1:8000",
    round_hours: Annotated[int, typer.Option(help="Hours between two counts; one at least.")] = 24,
    demo: Annotated[bool, typer.Option(help="A demonstration: every audit will say so.")] = False,
    room: Room = None,
) -> None:
    """Make a new instance: a folder with keys, databases and two empty public logs.

    With --room one side alone: an issuer without letters and logs, or letters whose members are
    admitted on another machine, by the issuer that --issuer names.
    """
    from undersigned import config as settings
    from undersigned.bootstrap import create_instance
    from undersigned.errors import Malformed
    from undersigned.values import domain

    if round_hours < 1:
        raise Malformed("bad-round-hours", "Counts are at least one hour apart.")
    chosen = None if room is None else settings.room(room)
    if name is None and chosen != "issuer":
        raise Malformed("no-name", "An instance with letters has a name for ever: give one with --name.")
    config = settings.Config(
        directory=directory,
        name=domain(name or issuer),
        url=settings.base_url(url),
        issuer=domain(issuer),
        demo=demo,
        clock="system",
        round_hours=round_hours,
        room=chosen,
    )
    instance = create_instance(config)
    typer.echo(f"Made an instance named {config.name} in {directory}.")
    if chosen == "issuer":
        _issuer(instance)
    else:
        _letters(instance)


def _letters(instance: "Instance") -> None:
    from undersigned.errors import Withheld
    from undersigned.web.client_files import publish_client

    config = instance.config
    try:
        publish_client(instance)
    except Withheld as error:
        typer.echo(error.words)
    typer.echo(f"Registry key  {instance.keys.signing('registry', config.name).vkey}")
    typer.echo(f"Log key       {instance.keys.signing('log', config.name).vkey}")
    typer.echo("Publish these two keys somewhere that is not this server: whoever checks a count needs them.")
    if config.room is not None:
        typer.echo(f"Give the registry key to who runs {config.issuer}, and get theirs. Then:")
        typer.echo(f"  undersigned issuer pin {config.issuer} KEY --url ADDRESS --dir {config.directory}")
    typer.echo(f"Next: write a letter, then “undersigned letter new --dir {config.directory} letter.toml”.")


def _issuer(instance: "Instance") -> None:
    config = instance.config
    typer.echo(f"Issuer key    {instance.keys.identity(config.issuer).vkey}")
    typer.echo("Give it to who runs the letters, on paper or by voice, and get their registry key. Then:")
    typer.echo(f"  undersigned issuer allow KEY --url ADDRESS --organisation NAME --dir {config.directory}")
    typer.echo(f"  undersigned epoch open ORGANISATION QUARTER --dir {config.directory}")
