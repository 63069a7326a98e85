"""`undersigned audit`: check everything that an instance publishes, and count again."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from undersigned.auditor.audit import Options
    from undersigned.auditor.report import Report
    from undersigned.auditor.source import Source
    from undersigned.tlog.note import VerifierKey
    from undersigned.tlog.policy import Policy


IssuerKeys = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=KEY",
        help="An issuer's own key, as the issuer told you: its keys in the registry must be signed by it. Repeatable.",
        show_default=False,
    ),
]


class _Shown:
    """Progress bars on a terminal, one for each part of the audit."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._task = bars.add_task("1  checkpoints", total=None)

    def begin(self, part: str, total: int) -> None:
        """Finish the bar before and show the next one."""
        self._finish()
        self._task = self._bars.add_task(part, total=max(total, 1))

    def advance(self, number: int) -> None:
        """Move the bar."""
        self._bars.advance(self._task, number)

    def _finish(self) -> None:
        task = next(task for task in self._bars.tasks if task.id == self._task)
        self._bars.update(self._task, total=task.total or 1, completed=task.total or 1)


def audit(
    place: Annotated[str, typer.Argument(metavar="URL|DIR", help="Address of an instance, or a folder it published.")],
    policy: Annotated[
        Path | None,
        typer.Option(
            help="The logs and witnesses that you believe (C2SP tlog-policy, a log line for each of the two)."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that verify. As many as processors by default.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="Who computes the pairings: blst, arkworks or reference (slow).")
    ] = "blst",
    sample: Annotated[
        int | None, typer.Option(min=1, help="Verify only this many signatures, drawn at random: no full audit.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(help="File that remembers the last audit that held: the next one continues from it."),
    ] = None,
    issuer_key: IssuerKeys = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result as JSON to this file.")] = None,
) -> None:
    """Check all that is published, from the first entry on, and count again. Exits with 1 where anything fails."""
    from undersigned.auditor.source import open_source

    for file in (state, json_file):
        writable(file)
    options = _options(policy, workers, engine, sample, state, issuer_key)
    source = open_source(place)
    try:
        report = _run(source, options)
    finally:
        source.close()
    _keep(report, state, json_file)
    _print(report)
    if not report.passed:
        raise typer.Exit(1)


def writable(file: Path | None) -> None:
    """Refuse, before any work, a file that cannot be written. Raises: `Malformed`."""
    from undersigned.errors import Malformed

    if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise Malformed("bad-file", f"{file} cannot be written: name a file in a folder that exists.")


def read_policy(file: Path | None) -> "Policy | None":
    """Return the policy in a file, None where none is named. Raises: `Malformed`."""
    from undersigned.auditor.heads import parse_policy
    from undersigned.errors import Malformed

    try:
        return None if file is None else parse_policy(file.read_bytes())
    except OSError as error:
        raise Malformed("no-policy", f"The policy {file} cannot be read: {error.strerror}.") from error


def read_issuer_keys(given: "list[str] | None") -> "dict[str, VerifierKey]":
    """Return the issuers' keys, by name, that were given as NAME=VKEY. Raises: `Malformed`."""
    from undersigned.errors import Malformed
    from undersigned.tlog.note import VerifierKey
    from undersigned.values import domain

    out: dict[str, VerifierKey] = {}
    for each in given or ():
        name, _, vkey = each.partition("=")
        key = VerifierKey.parse(vkey)
        if key.name != domain(name):
            raise Malformed("other-name", f"This is the key of {key.name}, not of {name}.")
        if out.setdefault(name, key) != key:
            raise Malformed("two-keys", f"Two different keys of {name} are given. An issuer has one.")
    return out


def _options(
    policy: Path | None,
    workers: int | None,
    engine: str,
    sample: int | None,
    state: Path | None,
    issuer_key: "list[str] | None",
) -> "Options":
    from undersigned.auditor.audit import Options
    from undersigned.auditor.state import read_state

    return Options(
        policy=read_policy(policy),
        workers=workers or os.cpu_count() or 1,
        engine=engine,
        sample=sample,
        state=None if state is None else read_state(state),
        issuer_keys=read_issuer_keys(issuer_key),
    )


def _run(source: "Source", options: "Options") -> "Report":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from undersigned.auditor.audit import audit as run

    console = Console(stderr=True)
    if not console.is_terminal:
        return run(source, options)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        return run(source, options, _Shown(bars))


def _keep(report: "Report", state: Path | None, json_file: Path | None) -> None:
    import json

    from undersigned.auditor.state import write_state
    from undersigned.errors import Unavailable

    try:
        if json_file is not None:
            json_file.write_text(json.dumps(report.record(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        # Only what was verified whole may be believed next time.
        if state is not None and report.passed and report.complete:
            write_state(state, report.heads)
    except OSError as error:
        raise Unavailable(
            "not-written", f"The result cannot be written to {error.filename}: {error.strerror}."
        ) from error


def _print(report: "Report") -> None:
    from rich.console import Console

    # No emoji either: a title is shown as it is.
    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    for line in report.lines():
        console.print(line)
