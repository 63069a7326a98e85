"""Step 7 by merging runs says what a plain reading of all acts says."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from undersigned.auditor.findings import Findings
from undersigned.auditor.reading import ActSeen
from undersigned.auditor.uniqueness import RECORD, Uniqueness

acts = st.tuples(st.sampled_from("LM"), st.sampled_from("AB"), st.sampled_from(["sign", "withdraw"]), st.integers(0, 3))


def seen(context: str, organisation: str, action: str, who: int) -> ActSeen:
    return ActSeen(context, organisation, "2026Q4", ("i",), action, bytes([who]) * 48, None)


def plainly(log: list[tuple[str, str, str, int]]) -> set[tuple[int, str]]:
    signed: dict[tuple[str, int], str] = {}
    withdrawn: dict[tuple[str, int], int] = defaultdict(int)
    out = set()
    for place, (context, organisation, action, who) in enumerate(log):
        name = (context, who)
        if action == "sign":
            if name in signed:
                out.add((place, "signed-twice"))
            signed.setdefault(name, organisation)
            continue
        if name not in signed:
            out.add((place, "nothing-to-withdraw"))
        elif withdrawn[name]:
            out.add((place, "withdrawn-twice"))
        elif organisation != signed[name]:
            out.add((place, "withdrawn-elsewhere"))
        withdrawn[name] += 1
    return out


@given(st.lists(acts, max_size=40), st.integers(1, 50))
def test_merged_runs_say_what_a_plain_reading_says(log: list[tuple[str, str, str, int]], run: int) -> None:
    findings = Findings()
    with Uniqueness(findings, run) as unique:
        for place, each in enumerate(log):
            unique.take(place, seen(*each))
        assert sum(unique.judge()) == len(log)
    assert {(each.entry, each.code) for each in findings.kept} == plainly(log)
    assert all(each.step == 7 for each in findings.kept)


def test_runs_lie_in_files_and_not_in_memory() -> None:
    findings = Findings()
    with Uniqueness(findings, run=10) as unique:
        for place in range(95):
            unique.take(place, seen("L", "A", "sign", place))
        assert len(unique._records) == 5
        assert [run.tell() for run in unique._runs] == [10 * RECORD] * 9
        assert sum(unique.judge()) == 95
    assert all(run.closed for run in unique._runs)
    assert findings.total == 0
