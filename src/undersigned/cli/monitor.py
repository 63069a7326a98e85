"""`undersigned monitor`: look whether an instance still is what it was, for anyone's cron."""

from pathlib import Path
from typing import Annotated

import typer

from undersigned.cli.audit import IssuerKeys


def monitor(
    place: Annotated[str, typer.Argument(metavar="URL", help="Address of an instance.")],
    state: Annotated[
        Path | None,
        typer.Option(help="File that remembers keys and checkpoints from look to look; without it each is a first."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="The logs and witnesses that you believe (C2SP tlog-policy), not the first keys seen."),
    ] = None,
    issuer_key: IssuerKeys = None,
) -> None:
    """Look at logs, letters and served script once, and say nothing where all is well.

    Exits with 1 and a sentence for each finding where something is not; with 2 for a mistake or a network that fails.
    """
    from undersigned.auditor.monitor import look, read_memory, write_memory
    from undersigned.auditor.source import open_source
    from undersigned.cli.audit import read_issuer_keys, read_policy, writable
    from undersigned.errors import Unavailable

    writable(state)
    believed = read_policy(policy)
    keys = read_issuer_keys(issuer_key)
    memory = None if state is None else read_memory(state)
    source = open_source(place)
    try:
        looked = look(source, believed, memory, keys)
    finally:
        source.close()
    if state is not None and looked.memory is not None and looked.memory != memory:
        write_memory(state, looked.memory)
    for sentence in (*looked.findings, *(looked.trouble if looked.findings else ())):
        typer.echo(f"{source.place}: {sentence}")
    if looked.findings:
        raise typer.Exit(1)
    if looked.trouble:
        raise Unavailable("network", looked.trouble[0])
