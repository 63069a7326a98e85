"""`undersigned demo`: the main job, on this machine, with invented people and real proofs."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    members: Annotated[int, typer.Option(min=60, max=100_000, help="How many people join.")] = 1039,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Folder to keep the instance in.", show_default="a temporary one")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on.", show_default="a free one")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes of the audit.")] = 2,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the server running, to look at the letter.")] = False,
) -> None:
    """Let 1,039 invented people join, sign a letter and cheat; publish the count; check it as an outsider."""
    import shutil
    import tempfile
    import time

    from rich.console import Console
    from rich.table import Table

    from undersigned.demo.letter import SLUG
    from undersigned.demo.memory import PeakMemory
    from undersigned.demo.scenario import Stage, play, prepare
    from undersigned.demo.server import Server, free_port

    console = Console()
    home = directory or Path(tempfile.mkdtemp(prefix="undersigned-"))
    stage = Stage(console, home, members, workers)
    began = time.perf_counter()
    with PeakMemory() as memory:
        used = port or free_port()
        scene = prepare(stage, f"http://127.0.0.1:{used}")
        with Server(home, used, home / "server.log") as server:
            play(stage, scene, server)
            seconds = time.perf_counter() - began
            memory.stop()
            table = Table("step", "", "seconds", box=None, title="Summary", title_justify="left")
            table.columns[2].justify = "right"
            for step in stage.steps:
                table.add_row(step.name, step.figure, f"{step.seconds:.1f}")
            table.add_row("all of it", f"peak memory {memory.megabytes:,} MB, all processes", f"{seconds:.1f}")
            console.print()
            console.print(table)
            if keep:
                console.print(f"\nThe letter is at {server.url}/letters/{SLUG}/  Stop with Ctrl-C.")
                server.wait()
    if directory is None and not keep:
        shutil.rmtree(home)
    elif not keep:
        console.print(f"\nThe instance stays in {home}. “undersigned serve --dir {home}” serves it.")
