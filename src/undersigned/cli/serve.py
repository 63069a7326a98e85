"""`undersigned serve`: the server."""

from typing import Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory, Room


def serve(
    directory: Directory = DEFAULT_DIRECTORY,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    room: Room = None,
) -> None:
    """Serve letters, joining and the public logs, and close the rounds on the clock. Keeps no access log.

    With --room only joining (issuer), or all but joining (letters).
    """
    from undersigned import config
    from undersigned.errors import Withheld
    from undersigned.web.client_files import client_folder
    from undersigned.web.server import serve as run

    served = None if room is None else config.room(room)
    here = config.Config.read(directory)
    if "issuer" not in {served, here.room}:
        try:
            client_folder()
        except Withheld as error:
            typer.echo(error.words, err=True)
    run(here, host, port, served)
