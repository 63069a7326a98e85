"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[
    Path,
    typer.Option("--dir", envvar="UNDERSIGNED_DIR", help="Folder of the instance.", show_default=True),
]
DEFAULT_DIRECTORY = Path("instance")
