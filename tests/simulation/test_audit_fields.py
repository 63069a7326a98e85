"""One field of one entry changed, everything signed anew: the audit fails and names the entry."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.auditing import lied
from support.published import ALPHA, BETA, EPOCH, SMALL, TWO, Member, issuer_key, octets, signed, small
from undersigned.auditor.parallel import Pool
from undersigned.auditor.reading import Rules
from undersigned.auditor.tree import Chunk
from undersigned.errors import Unavailable
from undersigned.protocol.act import FIELDS
from undersigned.values import b64u, canonical, parse_canonical, sha256_hex

PLACE = 5
OTHER = sha256_hex(b"other")
PROOF = parse_canonical(small().log[PLACE])["proofs"][0]

ACT: dict[str, list[object]] = {
    "action": ["withdraw", "give", None],
    "context": [SMALL.context.replace("letter", "role"), f"undersigned/1/letter/{OTHER}", "undersigned/2/letter", 1],
    "disclosed": [{"0": BETA, "1": EPOCH}, {"0": ALPHA}, {"0": ALPHA, "1": EPOCH, "4": "code"}, {}, []],
    "epoch": ["2026Q3", "2026", 2026],
    "issuers": [[TWO], [], ["issuer.example", TWO], ["issuer.example", "issuer.example"], "issuer.example"],
    "kind": ["role", "letters", None],
    "organisation": [BETA, "Alpha.example", ""],
    "payload": [{}, "", {"title": "x"}],
    "profile": ["undersigned/2", "undersigned/1 "],
    "pseudonym": [parse_canonical(signed(Member(70), SMALL))["pseudonym"], b64u(bytes(48)), PROOF[:64], PROOF[:63]],
    "sequence": [1, 2, -1, "0", None],
    "proofs": [[], [PROOF, PROOF], [PROOF[:-4]], ["AAAA" + PROOF[4:]], [PROOF[4:] + PROOF[:4]], PROOF],
}

REGISTRY: dict[tuple[int, str], list[object]] = {
    (0, "registry"): ["letters.example/registry", small().keys["log"].vkey],
    (0, "log"): [small().keys["registry"].vkey, ""],
    (0, "profile"): ["undersigned/2"],
    (0, "demo"): ["true", 1],
    (1, "issuer"): [TWO, "Issuer"],
    (1, "organisation"): [BETA, ""],
    (1, "epoch"): ["2026Q3", ""],
    (1, "methods"): [["code", "vouch"], [], ["code", "code"], ["post"]],
    (1, "public_key"): [b64u(issuer_key(TWO, ALPHA)), b64u(octets("no key", length=96)), "", b64u(bytes(96))],
    (2, "slug"): ["another-letter", "Small Letter"],
    (2, "digest"): [OTHER, "0"],
    (3, "letter"): [OTHER, ""],
    (3, "number"): [0, 2, "1"],
    (3, "digest"): [OTHER, SMALL.digest],
}


def named(folder: Path, log: str, place: int, changes: dict[str, object]) -> bool:
    """Whether the audit fails and names the entry, or what belongs to it, after these changes."""
    published = small()
    entries = published.log if log == "log" else published.registry
    changed = canonical(parse_canonical(entries[place]) | changes)
    assert changed != entries[place]
    entries[place] = changed
    report = lied(published, folder)
    assert not report.passed
    return any(each.log == log and each.entry == place for each in report.failures)


def test_every_field_of_an_act_is_here() -> None:
    assert set(ACT) == {*FIELDS, "proofs"}


@pytest.mark.parametrize("field", sorted(ACT))
def test_a_changed_field_of_an_act(field: str, tmp_path: Path) -> None:
    for number, value in enumerate(ACT[field]):
        assert named(tmp_path / str(number), "log", PLACE, {field: value}), f"{field}: {value}"


@pytest.mark.parametrize("octet", [0, 20, 47, 48, 100, 144, 150, 300, 500, -33, -32, -1])
def test_a_changed_octet_of_a_proof(octet: int, tmp_path: Path) -> None:
    from undersigned.values import octets as decoded  # noqa: PLC0415 - the support's `octets` is another one

    proof = bytearray(decoded(PROOF))
    proof[octet] ^= 1
    assert named(tmp_path, "log", PLACE, {"proofs": [b64u(bytes(proof))]})


@pytest.mark.parametrize("field", ["note", "entry", "Action", "proof"])
def test_an_added_field_of_an_act(field: str, tmp_path: Path) -> None:
    assert named(tmp_path, "log", PLACE, {field: "x"})


@pytest.mark.parametrize(("place", "field"), sorted(REGISTRY))
def test_a_changed_field_of_the_registry(place: int, field: str, tmp_path: Path) -> None:
    for number, value in enumerate(REGISTRY[place, field]):
        folder = tmp_path / str(number)
        # A key that is not the one that was used shows at the acts, and a key that is missing at the letter.
        elsewhere = place == 1 or (place, field) == (2, "digest")
        assert named(folder, "registry", place, {field: value}) or elsewhere, f"{field}: {value}"


# ── workers ──


def test_a_worker_that_is_ended_from_outside_ends_the_audit_in_words() -> None:
    def chunks() -> Iterator[Chunk]:
        for at in range(1000):
            yield Chunk(at, 1, (b"{}",))

    with Pool(Rules({}, {}, {}, {}), 2) as pool:
        stream = pool.read(chunks(), 0)
        next(stream)
        assert pool._processes is not None
        for process in list(pool._processes._processes):
            os.kill(process, signal.SIGKILL)
        with pytest.raises(Unavailable, match="ended from outside"):
            list(stream)
