"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[
    Path,
    typer.Option("--dir", envvar="UNDERSIGNED_DIR", help="Folder of the instance.", show_default=True),
]
Room = Annotated[
    str | None, typer.Option(help="One side alone: issuer or letters. The default is both.", show_default=False)
]
DEFAULT_DIRECTORY = Path("instance")
