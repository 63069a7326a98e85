"""Audits under a policy, after an earlier audit, with a sample, in processes: what changes and what does not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from support.auditing import audited, found
from support.published import (
    ALPHA,
    SMALL,
    TICKS,
    Member,
    Published,
    act,
    crowd,
    honest,
    issued,
    key,
    octets,
    prove,
    pseudonym,
    round_of,
    signed,
    small,
    write_log,
)
from undersigned.auditor.audit import Options
from undersigned.auditor.findings import Findings
from undersigned.auditor.heads import parse_policy, read_heads
from undersigned.auditor.source import FolderSource
from undersigned.auditor.state import read_state, write_state
from undersigned.bbs import signature
from undersigned.errors import Malformed, Unavailable, Withheld
from undersigned.protocol.entry import LetterOpened
from undersigned.tlog.cosignature import CosignatureKey
from undersigned.tlog.note import Note

# ── policies ──

WITNESSES = [CosignatureKey(f"witness-{name}.example", octets("witness", name)) for name in ("a", "b", "c")]


def policy_text(published: Published, quorum: str = "none", logs: tuple[str, ...] = ("registry", "log")) -> bytes:
    lines = [f"log {published.keys[name].vkey}" for name in logs]
    lines += [f"witness {each.name} {each.vkey}" for each in WITNESSES]
    lines += [f"group two 2 {' '.join(each.name for each in WITNESSES)}", f"quorum {quorum}"]
    return ("\n".join(lines) + "\n").encode()


def cosign(folder: Path, log: str, *witnesses: CosignatureKey, text: str | None = None) -> None:
    path = folder / log / "checkpoint"
    note = Note.parse(path.read_bytes())
    path.write_bytes(note.beside([each.sign(text or note.text, 1_790_000_000) for each in witnesses]).encode())


def test_a_policy_that_names_both_logs_is_enough(tmp_path: Path) -> None:
    published = small()
    published.write(tmp_path)
    for name in ("registry", "log"):
        (tmp_path / f"{name}.vkey").unlink()
    report = audited(tmp_path, Options(policy=parse_policy(policy_text(published))))
    assert report.passed
    assert report.record()["trust"] == "policy"
    assert not any("trust on first use" in each for each in report.remarks)


def test_without_a_policy_the_report_says_whose_keys_were_used(tmp_path: Path) -> None:
    report = audited(small().write(tmp_path))
    assert report.record()["trust"] == "server"
    assert any("trust on first use" in each for each in report.remarks)


@pytest.mark.parametrize("missing", ["registry", "log"])
def test_a_log_that_the_policy_does_not_name_fails(tmp_path: Path, missing: str) -> None:
    published = small()
    known = tuple({"registry", "log"} - {missing})
    report = audited(published.write(tmp_path), Options(policy=parse_policy(policy_text(published, logs=known))))
    assert found(report) == {(1, missing, None, "policy-log")}


@pytest.mark.parametrize("log", ["registry", "log"])
def test_another_key_under_the_same_name_fails(tmp_path: Path, log: str) -> None:
    policy = parse_policy(policy_text(small()))
    lying = small()
    lying.keys[log] = key(log, "the server's other key")
    report = audited(lying.write(tmp_path), Options(policy=policy))
    assert (1, log, None, "policy-log") in found(report)


@pytest.mark.parametrize("log", ["registry", "log"])
def test_without_a_policy_genesis_still_binds_the_keys(tmp_path: Path, log: str) -> None:
    lying = small()
    lying.keys[log] = key(log, "the server's other key")
    assert found(audited(lying.write(tmp_path))) == {(4, "registry", 0, "genesis-key")}


def test_the_quorum_of_witnesses_is_asked_of_both_logs(tmp_path: Path) -> None:
    published = small()
    options = Options(policy=parse_policy(policy_text(published, "two")))
    published.write(tmp_path)
    cosign(tmp_path, "registry", WITNESSES[0], WITNESSES[2])
    cosign(tmp_path, "log", WITNESSES[1])
    assert found(audited(tmp_path, options)) == {(1, "log", None, "policy-quorum")}
    cosign(tmp_path, "log", WITNESSES[0])
    report = audited(tmp_path, options)
    assert report.passed
    assert report.record()["checkpoints"]["log"]["witnesses"] == [WITNESSES[0].name, WITNESSES[1].name]


def test_a_cosignature_of_another_checkpoint_fails(tmp_path: Path) -> None:
    published = small()
    published.write(tmp_path)
    cosign(tmp_path, "registry", *WITNESSES)
    cosign(tmp_path, "log", *WITNESSES, text="letters.example/log\n1\n" + "A" * 43 + "=\n")
    report = audited(tmp_path, Options(policy=parse_policy(policy_text(published, "two"))))
    assert found(report) == {(1, "log", None, "note-signature")}


def test_one_log_shown_as_both_fails(tmp_path: Path) -> None:
    published = small()
    published.write(tmp_path)
    write_log(tmp_path / "log", published.keys["registry"], published.registry)
    (tmp_path / "log.vkey").write_bytes((tmp_path / "registry.vkey").read_bytes())
    assert (1, "log", None, "same-log") in found(audited(tmp_path))
    report = audited(tmp_path, Options(policy=parse_policy(policy_text(published))))
    assert (1, "log", None, "same-log") in found(report)


def test_a_policy_without_logs_is_a_mistake() -> None:
    with pytest.raises(Malformed, match="names no log"):
        parse_policy(b"quorum none\n")


@pytest.mark.parametrize("log", ["registry", "log"])
def test_where_there_is_no_checkpoint_there_is_no_audit(tmp_path: Path, log: str) -> None:
    small().write(tmp_path)
    (tmp_path / log / "checkpoint").unlink()
    with pytest.raises(Withheld):
        audited(tmp_path)


# ── after an earlier audit ──


def grown() -> Published:
    published = small()
    more = [signed(each, SMALL) for each in crowd(11, first=10)]
    published.log += [issued(ALPHA, 30), *round_of(SMALL, TICKS[3], more)]
    return published


def remembered(published: Published, folder: Path) -> Options:
    """Options that continue from an audit of what was published."""
    published.write(folder)
    assert audited(folder).passed
    write_state(folder / "state", read_heads(FolderSource(folder), None, Findings()))
    return Options(state=read_state(folder / "state"))


def test_a_later_audit_verifies_only_what_is_new(tmp_path: Path) -> None:
    options = remembered(small(), tmp_path / "before")
    report = audited(grown().write(tmp_path / "now"), options)
    assert report.passed
    assert (report.acts, report.verified) == (21, 11)
    assert report.record()["resumed"] == 12
    assert report.letters[0].net == 21, "the count is made anew from the first entry"


def test_what_is_new_is_verified(tmp_path: Path) -> None:
    options = remembered(small(), tmp_path / "before")
    published = grown()
    forger = Member(60)
    entry = prove(act(forger, SMALL), forger, secret=signature.keygen(octets("forger")))
    published.log[13:] = round_of(SMALL, TICKS[3], [*published.log[14:24], entry])
    report = audited(published.write(tmp_path / "now"), options)
    assert {(step, code) for step, _, _, code in found(report)} == {(6, "proof-forged")}


def test_what_is_old_still_counts_for_uniqueness(tmp_path: Path) -> None:
    options = remembered(small(), tmp_path / "before")
    published = small()
    more = [signed(each, SMALL) for each in [*crowd(10, first=10), crowd(1)[0]]]
    published.log += [issued(ALPHA, 30), *round_of(SMALL, TICKS[3], more)]
    report = audited(published.write(tmp_path / "now"), options)
    assert {(step, code) for step, _, _, code in found(report)} == {(7, "signed-twice")}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_forged_act_among_what_was_verified_before_is_a_rewritten_log(tmp_path: Path, workers: int) -> None:
    options = replace(remembered(small(), tmp_path / "before"), workers=workers)
    published = grown()
    forger = Member(60)
    entry = prove(act(forger, SMALL), forger, secret=signature.keygen(octets("forger")))
    published.log[1:12] = round_of(SMALL, TICKS[2], [*published.log[2:11], entry])
    report = audited(published.write(tmp_path / "now"), options)
    assert (3, "log", None, "log-rewritten") in found(report)


def test_a_log_that_was_cut_is_found(tmp_path: Path) -> None:
    options = remembered(grown(), tmp_path / "before")
    assert found(audited(small().write(tmp_path / "now"), options)) == {(3, "log", None, "log-shorter")}


def test_a_registry_that_was_rewritten_is_found(tmp_path: Path) -> None:
    options = remembered(small(), tmp_path / "before")
    published = small()
    mine = replace(SMALL, addressee="You alone")
    published.registry[2] = LetterOpened(SMALL.slug, published.document(mine)).encoded
    report = audited(published.write(tmp_path / "now"), options)
    assert (3, "registry", None, "log-rewritten") in found(report)


def test_two_views_of_one_log_contradict_each_other(tmp_path: Path) -> None:
    # Two histories of equal length, both rightly signed and both right in themselves.
    def view(last: int) -> Published:
        published = small()
        published.log[1:] = round_of(
            SMALL, TICKS[2], [signed(each, SMALL) for each in [*crowd(9), crowd(1, first=last)[0]]]
        )
        return published

    options = remembered(view(20), tmp_path / "before")
    now = view(21).write(tmp_path / "now")
    assert audited(now).passed, "alone, nothing is wrong with it"
    assert found(audited(now, options)) == {(3, "log", None, "log-rewritten")}


def test_another_key_than_before_is_found(tmp_path: Path) -> None:
    options = remembered(small(), tmp_path / "before")
    other = key("log", "new")
    published = small()
    published.keys["log"] = other
    published.registry[0] = published.registry[0].replace(small().keys["log"].vkey.encode(), other.vkey.encode())
    codes = {(step, log, code) for step, log, _, code in found(audited(published.write(tmp_path / "now"), options))}
    assert codes == {(3, "log", "other-log"), (3, "registry", "log-rewritten")}


def test_a_state_file_that_was_changed_is_of_no_use(tmp_path: Path) -> None:
    remembered(small(), tmp_path)
    path = tmp_path / "state"
    good = json.loads(path.read_text())
    assert read_state(tmp_path / "none") is None
    bigger = good["log"]["checkpoint"].replace("\n12\n", "\n99\n")
    bad: list[object] = [
        {**good, "format": "undersigned-audit-state/2"},
        {**good, "log": {**good["log"], "checkpoint": bigger}},
        {**good, "log": {**good["log"], "key": good["registry"]["key"]}},
        {**good, "more": 1},
        [],
    ]
    for value in bad:
        path.write_text(json.dumps(value))
        with pytest.raises(Malformed, match="Remove it to begin anew"):
            read_state(path)
    path.write_text("{")
    with pytest.raises(Malformed, match="not JSON"):
        read_state(path)


# ── samples, engines, processes ──


def test_a_sample_verifies_so_many_and_says_that_it_is_one(tmp_path: Path) -> None:
    report = audited(honest().write(tmp_path), Options(sample=9))
    assert report.passed
    assert not report.complete
    assert report.verified == 9
    assert "no full audit" in report.verdict()
    assert any("a sample and no full audit" in line for line in report.lines())


def test_a_sample_as_large_as_the_log_finds_every_forgery(tmp_path: Path) -> None:
    published = small()
    for at in (3, 6):
        forger = Member(60 + at)
        published.log[at] = prove(act(forger, SMALL), forger, secret=signature.keygen(octets("forger")))
    published.log[2:] = sorted(published.log[2:], key=pseudonym)
    report = audited(published.write(tmp_path), Options(sample=1000))
    assert [code for step, _, _, code in found(report) if step == 6] == ["proof-forged"] * 2
    assert not report.passed


def test_a_sample_draws_all_acts_alike() -> None:
    from undersigned.auditor.audit import _Sample  # noqa: PLC0415 - only here

    drawn = [0] * 20
    for _ in range(3000):
        sample = _Sample(5)
        for place in range(20):
            sample.offer(place, b"")
        for place, _octets in sample.kept:
            drawn[place] += 1
    # Each is drawn 750 times on average, with a deviation of 24.
    assert all(600 < each < 900 for each in drawn)


@pytest.mark.parametrize("engine", ["blst", "arkworks"])
def test_another_engine_finds_the_same(tmp_path: Path, engine: str) -> None:
    published = small()
    forger = Member(60)
    entry = prove(act(forger, SMALL), forger, secret=signature.keygen(octets("forger")))
    published.log[1:] = round_of(SMALL, TICKS[2], [*published.log[2:11], entry])
    report = audited(published.write(tmp_path), Options(engine=engine))
    assert found(report) == {(6, "log", published.log.index(entry), "proof-forged")}


def test_the_reference_engine_agrees_on_a_sample(tmp_path: Path) -> None:
    report = audited(small().write(tmp_path), Options(engine="reference", sample=1))
    assert report.passed
    assert report.verified == 1
    assert any("1 verified (reference)" in line for line in report.lines())


def test_an_unknown_engine_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="engine"):
        audited(small().write(tmp_path), Options(engine="abacus"))


def long_log() -> Published:
    """More than two bundles, most of it without proofs to verify: only the order of chunks matters."""
    published = small()
    published.log += [issued(ALPHA, 10 + 10 * at) for at in range(520)]
    published.log += round_of(SMALL, TICKS[3], [signed(each, SMALL) for each in crowd(11, first=10)])
    return published


def test_processes_find_what_one_finds(tmp_path: Path) -> None:
    published = long_log()
    published.log[300] = b"{}"
    published.log[-3] = published.log[-3].replace(b'"sequence":0', b'"sequence":0,"x":0')
    folder = published.write(tmp_path)
    alone, together = (audited(folder, Options(workers=workers)) for workers in (1, 3))
    assert found(alone) == found(together)
    assert len(found(alone)) > 1
    assert alone.letters == together.letters


def test_failures_are_all_counted_and_not_all_kept(tmp_path: Path) -> None:
    published = small()
    published.log += [b"nonsense %d" % at for at in range(120)]
    report = audited(published.write(tmp_path))
    assert report.failures_total == 120
    assert len(report.failures) == 50
    assert any("70 more" in line for line in report.lines())
