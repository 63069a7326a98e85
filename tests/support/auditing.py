"""Audits of published folders, for tests."""

from pathlib import Path

from support.published import Published
from undersigned.auditor.audit import Options, audit
from undersigned.auditor.report import Report
from undersigned.auditor.source import open_source


def audited(place: Path | str, options: Options | None = None) -> Report:
    """The report on a folder or an address."""
    source = open_source(str(place))
    try:
        return audit(source, options or Options())
    finally:
        source.close()


def lied(published: Published, folder: Path) -> Report:
    """Write what a lying server publishes, with a right tree and right signatures, and audit it."""
    return audited(published.write(folder))


def found(report: Report) -> set[tuple[int, str, int | None, str]]:
    """Step, log, entry and code of every failure."""
    return {(each.step, each.log, each.entry, each.code) for each in report.failures}
