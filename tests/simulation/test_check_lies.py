"""The browser's auditor is lied to as Python's is: the same steps fail at the same entries, in the same words.

A page that says that everything holds for a log whose entry was changed is the worst failure there is. So every lie
that Python's own tests tell is told to the client's auditor too, under Node, in one process.
"""

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation import (
    test_attack_audit,
    test_audit_again,
    test_audit_client,
    test_audit_fields,
    test_audit_lies_log,
    test_audit_lies_registry,
)
from support.auditing import audited
from support.client_core import Core, built, core
from support.kinds import HARMLESS, changed, everything, others, places
from support.published import Published, honest, small
from undersigned.auditor.audit import Options
from undersigned.auditor.report import Report
from undersigned.auditor.source import FolderSource
from undersigned.auditor.state import State
from undersigned.errors import UndersignedError
from undersigned.values import b64u, canonical, octets, parse_canonical
from unit import test_audit_markup

LIES = {
    f"{kind}: {name}": lie
    for kind, module in (("log", test_audit_lies_log), ("registry", test_audit_lies_registry))
    for name, lie in module.LIES.items()
}


@pytest.fixture(scope="module", name="core")
def _core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    with core(built(tmp_path_factory.mktemp("client"))) as partner:
        yield partner


def browser(core: Core, folder: Path, options: Options | None = None) -> dict[str, Any]:
    """The report of the client's auditor on a folder, and its lines."""
    options = options or Options()
    told = core.ask("audit", folder=str(folder), policy=_policy(options), state=_state(options.state))
    return {**told["report"], "lines": told["lines"]}


def _policy(options: Options) -> str | None:
    return None if options.policy is None else options.policy.text()


def _state(state: State | None) -> str | None:
    if state is None:
        return None
    logs = {log: {"checkpoint": state.of(log).note, "key": state.of(log).key} for log in ("registry", "log")}
    return json.dumps({"format": "undersigned-audit-state/1", "profile": "undersigned/1", **logs})


def failures(record: dict[str, Any]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in record["failures"])


def agree(core: Core, folder: Path, here: Report, options: Options | None = None) -> dict[str, Any]:
    """Audit in the client what was audited here; both say the same of every step, entry and letter."""
    there, record = browser(core, folder, options), json.loads(json.dumps(here.record()))
    assert failures(there) == failures(record)
    assert [each["failures"] for each in there["steps"]] == [each["failures"] for each in record["steps"]]
    assert there["letters"] == record["letters"]
    assert sorted(there["remarks"]) == sorted(record["remarks"])
    assert sorted(there["lines"]) == sorted(line.replace("(blst)", "(noble)") for line in here.lines())
    for name in ("passed", "demo", "acts", "rounds", "verified", "checkpoints", "failures_total", "resumed"):
        assert there[name] == record[name], name
    return there


# ── every lie ──


@pytest.mark.parametrize("name", sorted(LIES))
def test_a_lie_is_found_as_python_finds_it(core: Core, name: str, tmp_path: Path) -> None:
    published = honest()
    LIES[name](published)
    folder = published.write(tmp_path)
    assert not agree(core, folder, audited(folder))["passed"]


def test_there_are_lies_to_tell() -> None:
    assert len(LIES) > 80


def test_what_is_honest_holds(core: Core, tmp_path: Path) -> None:
    for number, published in enumerate((honest(), small())):
        folder = published.write(tmp_path / str(number), steps=(1, 7))
        assert agree(core, folder, audited(folder))["passed"]


# ── every field of every kind of entry ──


def test_what_has_every_kind_of_entry_holds(core: Core, tmp_path: Path) -> None:
    folder = everything().write(tmp_path)
    assert agree(core, folder, audited(folder))["passed"]


@pytest.mark.parametrize("kind", sorted(places()))
def test_a_changed_field_of_any_entry_is_found_as_python_finds_it(core: Core, kind: str, tmp_path: Path) -> None:
    log, place = places()[kind]
    record = parse_canonical((everything().registry if log == "registry" else everything().log)[place])
    passed = []
    for name, value in record.items():
        for number, other in enumerate(others(value)):
            folder = changed(kind, name, other).write(tmp_path / f"{name}-{number}")
            if agree(core, folder, audited(folder))["passed"]:
                passed.append(f"{name}: {other}")
    assert passed == HARMLESS.get(kind, [])


@pytest.mark.parametrize("field", sorted(test_audit_fields.ACT))
def test_a_changed_field_of_an_act_is_found_as_python_finds_it(core: Core, field: str, tmp_path: Path) -> None:
    for number, value in enumerate(test_audit_fields.ACT[field]):
        published = small()
        place = test_audit_fields.PLACE
        published.log[place] = canonical({**parse_canonical(published.log[place]), field: value})
        folder = published.write(tmp_path / str(number))
        report = agree(core, folder, audited(folder))
        assert not report["passed"]
        assert any((each["log"], each["entry"]) == ("log", place) for each in report["failures"])


def test_a_changed_octet_anywhere_in_a_proof_is_found_as_python_finds_it(core: Core, tmp_path: Path) -> None:
    place = test_audit_fields.PLACE
    record = parse_canonical(small().log[place])
    whole = octets(record["proofs"][0])
    for at in range(0, len(whole), 32):
        proof = bytearray(whole)
        proof[at] ^= 1
        published = small()
        published.log[place] = canonical({**record, "proofs": [b64u(bytes(proof))]})
        folder = published.write(tmp_path / str(at))
        assert not agree(core, folder, audited(folder))["passed"], f"octet {at}"


# ── everything else that Python's tests do to an audit ──


def _simulations() -> dict[str, tuple[Any, Callable[[Path], None]]]:
    """Tests of these modules that need a folder and nothing else."""
    found: dict[str, tuple[Any, Callable[[Path], None]]] = {}
    for module in (test_attack_audit, test_audit_again, test_audit_client):
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and list(inspect.signature(test).parameters) == ["tmp_path"]:
                found[f"{module.__name__.rpartition('.')[2]}: {name}"] = (module, test)
    return found


@pytest.mark.parametrize("name", sorted(_simulations()))
def test_what_python_is_shown_the_client_is_shown_too(
    core: Core, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, test = _simulations()[name]

    def both(place: Path | str, options: Options | None = None) -> Report:
        here = audited(place, options)
        plain = options is None or (options.sample is None and options.engine == "blst")
        if plain and not str(place).startswith("http"):
            agree(core, Path(FolderSource(Path(place)).place), here, options)
        return here

    def lied(published: Published, folder: Path) -> Report:
        return both(published.write(folder))

    for known, instead in (("audited", both), ("lied", lied)):
        if hasattr(module, known):
            monkeypatch.setattr(module, known, instead)
    test(tmp_path)


PAGES = [
    body
    for test in (
        test_audit_markup.test_script_that_is_not_a_named_file_is_refused,
        test_audit_markup.test_what_could_bring_script_along_is_refused,
        test_audit_markup.test_a_page_that_could_be_read_in_two_ways_is_refused,
    )
    for body in test.pytestmark[0].args[1]  # type: ignore[attr-defined] # where pytest keeps the cases
]


def test_script_that_hides_in_a_page_is_found_as_python_finds_it(core: Core, tmp_path: Path) -> None:
    assert len(PAGES) > 40
    for number, body in enumerate(PAGES):
        files = {**test_audit_client.FILES, "index.html": test_audit_markup.page(body)}
        folder = test_audit_client.served(tmp_path / str(number), files)
        assert not agree(core, folder, audited(folder))["passed"], body
    plain = {**test_audit_client.FILES, "index.html": test_audit_markup.page('<a href="/?a=1&amp;b=2">x</a>')}
    folder = test_audit_client.served(tmp_path / "plain", plain)
    assert agree(core, folder, audited(folder))["passed"]


# ── damage ──


def test_one_flipped_bit_anywhere_is_seen_by_both(core: Core, tmp_path: Path) -> None:
    """Of every file that is read, one bit: neither side passes, nor does one fail to give a verdict alone."""
    folder = small().write(tmp_path, steps=(1, 5))
    read = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.parent.name.endswith(".p")]
    sizes = (("registry", 4), ("log", 12))
    read += [folder / f"{log}/tile/{kind}/000.p/{size}" for log, size in sizes for kind in ("0", "entries")]
    for path in read:
        whole = path.read_bytes()
        for at in {0, len(whole) // 2, len(whole) - 1}:
            changed = bytearray(whole)
            changed[at] ^= 1 << (at % 7)
            path.write_bytes(changed)
            assert _verdict(lambda: agree(core, folder, audited(folder))["passed"]) is False, f"{path}, octet {at}"
            assert _verdict(lambda: browser(core, folder)["passed"]) is False, f"{path}, octet {at}"
        path.write_bytes(whole)
    assert agree(core, folder, audited(folder))["passed"]


def _verdict(audit: Callable[[], Any]) -> bool:
    try:
        return bool(audit())
    except UndersignedError:
        return False
