"""`undersigned demo`: the main job, on this machine, with invented people and real proofs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from undersigned.demo.scenario import Stage


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
    co_issuer: Annotated[
        bool, typer.Option("--co-issuer", help="Two bodies, on two servers, both have to admit whoever signs.")
    ] = False,
) -> None:
    """Let 1,039 invented people join, sign a letter and cheat; publish the count; check it as an outsider."""
    import shutil
    import tempfile
    import time
    from contextlib import ExitStack

    from rich.console import Console

    from undersigned.demo.co_issuer import READY
    from undersigned.demo.letter import SLUG
    from undersigned.demo.memory import PeakMemory
    from undersigned.demo.scenario import Stage, play, prepare
    from undersigned.demo.server import Server, free_port

    console = Console()
    home = directory or Path(tempfile.mkdtemp(prefix="undersigned-"))
    union_port = free_port() if co_issuer else None
    stage = Stage(console, home, members, workers, None if union_port is None else f"http://127.0.0.1:{union_port}")
    began = time.perf_counter()
    with PeakMemory() as memory:
        used = port or free_port()
        scene = prepare(stage, f"http://127.0.0.1:{used}")
        with ExitStack() as servers:
            if scene.union is not None and union_port is not None:
                there = scene.union.directory
                servers.enter_context(Server(there, union_port, there / "server.log", READY))
            server = servers.enter_context(Server(home, used, home / "server.log"))
            play(stage, scene, server)
            seconds = time.perf_counter() - began
            memory.stop()
            _summary(stage, f"peak memory {memory.megabytes:,} MB, all processes", seconds)
            if keep:
                console.print(f"\nThe letter is at {server.url}/letters/{SLUG}/  Stop with Ctrl-C.")
                server.wait()
    if directory is None and not keep:
        shutil.rmtree(home)
        if scene.union is not None:
            shutil.rmtree(scene.union.directory)
    elif not keep:
        console.print(f"\nThe instance stays in {home}. “undersigned serve --dir {home}” serves it.")
        if scene.union is not None:
            console.print(f"The second issuer stays in {scene.union.directory}.")


def _summary(stage: "Stage", figure: str, seconds: float) -> None:
    from rich.table import Table

    table = Table("step", "", "seconds", box=None, title="Summary", title_justify="left")
    table.columns[2].justify = "right"
    for step in stage.steps:
        table.add_row(step.name, step.figure, f"{step.seconds:.1f}")
    table.add_row("all of it", figure, f"{seconds:.1f}")
    stage.console.print()
    stage.console.print(table)
