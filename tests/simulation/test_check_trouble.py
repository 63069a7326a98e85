"""The browser's auditor while it reads: what is changed, cut off or gone between two readings, rests, and is ended.

Whatever happens, either it says exactly what it says of the honest log, or it does not say that all holds.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.client_core import Core, built, core
from support.published import CLOSES, SHOWN, SMALL, TICKS, Published, crowd, issued, round_of, signed, small
from undersigned.protocol.entry import LetterClosed, Supporters

#: Figures that are of one run, not of what it read.
OF_A_RUN = {"seconds", "workers", "source"}
#: What still holds, and what of it is said otherwise: the log's checkpoint is read until it is twice the same, and a
#: list of names that is not there is no lie, and is remarked on.
READ_AGAIN: set[tuple[str, ...]] = {("log/checkpoint",)}
PASSES: dict[str, set[tuple[str, ...]]] = {
    **dict.fromkeys(("flipped", "cut", "longer", "empty"), READ_AGAIN),
    "missing": {("letters/small-letter/names.json", "remarks")},
    "broken": set(),
}


@pytest.fixture(scope="module", name="core")
def _core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    with core(built(tmp_path_factory.mktemp("client"))) as partner:
        yield partner


def _tiny() -> Published:
    """A letter with supporters and names, closed, whose only round is its last one, of one signature."""
    published = small()
    last = round_of(SMALL, CLOSES, [signed(each, SMALL) for each in crowd(1)], final=True)
    published.log = [issued(SMALL.organisations[0].organisation, 10), *last]
    published.registry.append(Supporters(SMALL.digest, 40, TICKS[3]).encoded)
    published.shows(SMALL, 1, TICKS[3], SHOWN)
    published.registry.append(LetterClosed(SMALL.digest, "closed").encoded)
    return published


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _tiny().write(tmp_path_factory.mktemp("tiny"))


def said(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in OF_A_RUN}


@pytest.fixture(scope="module")
def honest(core: Core, folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = core.ask("troubled", folder=str(folder), path="", nth=0, trouble="flipped")
    assert told["report"]["passed"]
    assert told["report"]["verified"] == 1
    return told


@pytest.mark.parametrize("trouble", PASSES)
def test_a_file_that_is_another_one_at_one_reading_is_no_other_verdict(
    core: Core, folder: Path, honest: dict[str, Any], trouble: str
) -> None:
    passed = set()
    readings = Counter(path for path in honest["asked"] if (folder / path).is_file())
    assert len(readings) == 11, "two logs of two files, heads, keys, documents, names"
    for path, nth in ((path, nth) for path, times in readings.items() for nth in range(times)):
        report = core.ask("troubled", folder=str(folder), path=path, nth=nth, trouble=trouble)["report"]
        if report is not None and report["passed"]:
            passed.add((path, *sorted(name for name, value in said(report).items() if value != honest["report"][name])))
    assert passed == PASSES[trouble]


def test_resting_at_any_gate_changes_nothing(core: Core, folder: Path, honest: dict[str, Any]) -> None:
    gates = core.ask("gated", folder=str(folder), nth=-1, ends=False)["gates"]
    assert gates > 10
    for nth in range(gates):
        assert said(core.ask("gated", folder=str(folder), nth=nth, ends=False)["report"]) == said(honest["report"])


def test_ending_at_any_gate_gives_no_result(core: Core, folder: Path) -> None:
    gates = core.ask("gated", folder=str(folder), nth=-1, ends=True)["gates"]
    for nth in range(gates):
        assert core.ask("gated", folder=str(folder), nth=nth, ends=True)["report"] is None
