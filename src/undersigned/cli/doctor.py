"""`undersigned doctor`: whether an instance lies and runs as it should, and what to do where it does not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from undersigned.doctor.finding import Finding

#: How each mark is shown.
_MARKS: Final = {"holds": "ok", "wrong": "NO", "open": "??"}


def doctor(
    directory: Directory = DEFAULT_DIRECTORY,
    url: Annotated[
        str | None, typer.Option(help="Public address, if it is not the one in instance.toml.", show_default=False)
    ] = None,
    backups: Annotated[
        Path | None, typer.Option(help="File or folder where backups are kept.", show_default=False)
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Policy whose witnesses are to be reached (C2SP tlog-policy).")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result as JSON to this file.")] = None,
) -> None:
    """Look at keys, clock, disk, permissions, databases, mail, TLS, headers, backups and witnesses.

    One line for each: ok, NO with what to do, or ?? where it cannot be told from here. Exits with 1 where one is NO.
    Nothing is changed, no mail is sent and no secret is shown. Run it under the server's account.
    """
    from undersigned import config as settings
    from undersigned.cli.audit import read_policy, writable
    from undersigned.doctor.finding import WRONG
    from undersigned.doctor.look import Asked, look

    writable(json_file)
    asked = Asked(None if url is None else settings.base_url(url), backups, read_policy(policy))
    found = look(settings.Config.read(directory), asked)
    for each in found:
        typer.echo(_line(each))
    if json_file is not None:
        _write(json_file, found)
    if any(each.mark == WRONG for each in found):
        raise typer.Exit(1)


def _line(finding: "Finding") -> str:
    from undersigned.values import shown

    end = f" -> {finding.do}" if finding.do else ""
    return shown(f"{_MARKS[finding.mark]}  {finding.check}: {finding.seen}.{end}")


def _write(file: Path, found: "Sequence[Finding]") -> None:
    import json

    from undersigned.errors import Unavailable

    try:
        file.write_text(json.dumps([each.record() for each in found], ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise Unavailable("not-written", f"The result cannot be written to {file}: {error.strerror}.") from error
