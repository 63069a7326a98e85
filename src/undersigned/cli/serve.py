"""`undersigned serve`: the server."""

from typing import Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory


def serve(
    directory: Directory = DEFAULT_DIRECTORY,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Serve letters, joining and the public logs, and close the rounds on the clock. Keeps no access log."""
    from undersigned.config import Config
    from undersigned.web.server import serve as run

    run(Config.read(directory), host, port)
