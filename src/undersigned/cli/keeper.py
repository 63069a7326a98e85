"""`undersigned keeper`: the process that keeps addresses apart."""

from pathlib import Path
from typing import Annotated

import typer

Socket = Annotated[
    Path,
    typer.Option(
        "--socket", envvar="UNDERSIGNED_KEEPER", help="Path of the keeper's socket, in a folder that is its own."
    ),
]


def keeper(
    directory: Annotated[
        Path, typer.Option("--dir", envvar="UNDERSIGNED_KEEPER_DIR", help="Folder of the keys, for this account alone.")
    ],
    path: Socket,
    rate: Annotated[float, typer.Option(min=0.1, max=10_000, help="Answers a second for each organisation.")] = 10,
    burst: Annotated[float, typer.Option(min=1, max=100_000, help="Answers at once before that holds.")] = 1000,
) -> None:
    """Hold the keys under which addresses become tags, and answer the server at a socket. Keeps no log.

    Run it under an account of its own; the server's account has to be in the socket's group.
    """
    from undersigned.keeper.server import serve
    from undersigned.keeper.service import Pace

    serve(directory, path, Pace(rate, burst))
