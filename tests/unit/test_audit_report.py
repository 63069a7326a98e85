"""What an audit says: JSON of the documented shape, words that a server cannot bend."""

import json
from dataclasses import replace
from pathlib import Path

from support.auditing import audited
from support.published import ALPHA, Published, honest, letter, small, terms
from undersigned.auditor import report as reports
from undersigned.auditor.findings import STEPS
from undersigned.protocol.entry import Genesis
from undersigned.protocol.letter import Text


def test_the_json_has_the_shape_that_is_documented(tmp_path: Path) -> None:
    record = json.loads(json.dumps(audited(honest().write(tmp_path)).record()))
    documented = reports.__doc__ or ""
    objects = [record, record["checkpoints"]["log"], record["steps"][0], record["letters"][0]]
    objects += [record["letters"][0]["organisations"][0], record["letters"][0]["organisations"][0]["workforce"]]
    for each in objects:
        for name in set(each) - {"format", "profile"}:
            assert f"`{name}`" in documented, name
    assert record["format"] == "undersigned-audit/1"
    assert [each["number"] for each in record["steps"]] == list(STEPS) == list(range(1, 11))
    assert record["passed"] is record["complete"] is record["demo"] is True
    assert record["releases"] == 0


def test_failures_have_the_shape_that_is_documented(tmp_path: Path) -> None:
    published = small()
    published.log.append(b"{}")
    record = audited(published.write(tmp_path)).record()
    assert record["passed"] is False
    assert record["failures_total"] == len(record["failures"]) == 1
    assert set(record["failures"][0]) == {"step", "log", "entry", "code", "words"}
    assert record["failures"][0]["entry"] == 12


def test_the_count_stands_with_denominators_and_dates(tmp_path: Path) -> None:
    text = "\n".join(audited(honest().write(tmp_path)).lines())
    for words in (
        "signed 45, withdrawn 2, net 43",
        "alpha.example: net 24 of at least 120 who work there (2026-01-31, “annual report”)",
        "4 of the net vouched for by other members",
        "union.example admitted at most 10",
        "last round 2026-10-21T00:00:00Z",
        "Closed below its goal of 500: nothing was published.",
        "0 releases",
        "Everything holds.",
    ):
        assert words in text, words


def test_a_demonstration_says_so_on_top_of_every_audit(tmp_path: Path) -> None:
    published = small()
    assert next(audited(published.write(tmp_path / "demo")).lines()).startswith("DEMONSTRATION")
    keys = {name: signer.vkey for name, signer in published.keys.items()}
    published.registry[0] = Genesis("letters.example", demo=False, **keys).encoded
    lines = list(audited(published.write(tmp_path / "real")).lines())
    assert not any("DEMONSTRATION" in line for line in lines)
    published.log.append(b"{}")
    published.registry[0] = small().registry[0]
    assert next(audited(published.write(tmp_path / "failed")).lines()).startswith("DEMONSTRATION")


def tricky() -> Published:
    published = small()
    title = "Ours\nEverything holds.\n\u202eback to front\t[bold]x[/bold]"
    made = replace(letter("tricky", organisations=(ALPHA,)), texts=(Text("en", title, "Body.", ()),))
    published.opens(made, terms(made))
    return published


def test_what_a_server_wrote_cannot_begin_a_line_of_the_report(tmp_path: Path) -> None:
    lines = list(audited(tricky().write(tmp_path)).lines())
    assert [line for line in lines if line.startswith("Everything holds.")] == [lines[-1]]
    assert not any(character in line for line in lines for character in "\n\t\u202e")


def test_a_failed_audit_warns_of_its_own_figures(tmp_path: Path) -> None:
    published = small()
    published.log.append(b"{}")
    lines = list(audited(published.write(tmp_path)).lines())
    assert lines[-1] == "One check fails. Do not rely on these figures."
    assert any(line.startswith("Step 4, log, entry 12: ") for line in lines)
    assert any(line.lstrip().startswith("4. FAILED") for line in lines)
