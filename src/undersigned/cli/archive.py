"""`undersigned archive`: everything that an audit in ten years needs, as one folder."""

from pathlib import Path
from typing import Annotated

import typer


def archive(
    place: Annotated[str, typer.Argument(metavar="URL|DIR", help="Address of an instance, or its folder.")],
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="New folder for the archive.")],
) -> None:
    """Copy logs, keys, documents and the checking program into one folder that can be audited without the server."""
    from rich.progress import Progress

    from undersigned.auditor.archive import archive as run
    from undersigned.auditor.source import open_source

    source = open_source(place)
    try:
        with Progress(transient=True) as progress:
            tasks = {}

            def shown(log: str, done: int, total: int) -> None:
                if log not in tasks:
                    tasks[log] = progress.add_task(f"copying the {log}", total=total)
                progress.update(tasks[log], completed=done)

            run(source, out, shown)
    finally:
        source.close()
    typer.echo(f"The archive is in {out}. Check it with “undersigned audit {out}”.")
