"""The core draft's fixtures: generators, scalars, keys, signatures and proofs, valid and invalid."""

from typing import Any

import pytest

from support import bbs_traces
from support.bbs_fixtures import all_files, fixture, messages, mock, names, octets, octets_list, scalar
from undersigned.bbs import octets as bbs_octets
from undersigned.bbs import signature
from undersigned.bbs.ciphersuite import CORE, KEYGEN_DST, P1, POINT, proof_octets
from undersigned.bbs.curve import BLST, engine
from undersigned.bbs.generators import Layout, create_generators, domain, generators
from undersigned.bbs.proof import Statement, Verifier, prove
from undersigned.errors import UndersignedError

SINGLE = ["MapMessageToScalarAsHash", "generators", "h2s", "keypair", "mockedRng"]
SIGNATURES = names("core", "signature", 10)
PROOFS = names("core", "proof", 15)


def test_no_fixture_is_left_out() -> None:
    assert all_files("core") == {*SINGLE, *SIGNATURES, *PROOFS}


@pytest.mark.parametrize("name", ["blst", "arkworks", "reference"])
def test_generators(name: str) -> None:
    found = fixture("core", "generators")
    made = create_generators(engine(name), CORE.api_id, 11)
    assert [engine(name).encode(point).hex() for point in made] == [found["Q1"], *found["MsgGenerators"]]
    assert found["P1"] == P1.hex()


def test_messages_become_scalars() -> None:
    found = fixture("core", "MapMessageToScalarAsHash")
    assert octets(found["dst"]) == CORE.map_dst
    for case in found["cases"]:
        assert bbs_octets.message_scalar(octets(case["message"]), CORE) == scalar(case["scalar"])


def test_hash_to_scalar() -> None:
    found = fixture("core", "h2s")
    assert octets(found["dst"]) == CORE.hash_dst
    assert bbs_octets.hash_to_scalar(octets(found["message"]), CORE.hash_dst) == scalar(found["scalar"])


def test_key_generation() -> None:
    found = fixture("core", "keypair")
    assert octets(found["keyDst"]) == KEYGEN_DST
    secret = signature.keygen(octets(found["keyMaterial"]), octets(found["keyInfo"]))
    assert secret == scalar(found["keyPair"]["secretKey"])
    assert signature.public_key(secret).hex() == found["keyPair"]["publicKey"]


def test_mocked_randomness() -> None:
    found = fixture("core", "mockedRng")
    seed, dst = octets(found["seed"]), octets(found["dst"])
    drawn = bbs_octets.random_scalars(found["count"], lambda count: bbs_octets.expand_message(seed, dst, count))
    assert drawn == [scalar(text) for text in found["mockedScalars"]]


def _refused(call: Any, *arguments: Any) -> bool:
    try:
        call(*arguments)
    except UndersignedError:
        return True
    return False


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fixture("core", name)
    secret, public = (octets(found["signerKeyPair"][half]) for half in ("secretKey", "publicKey"))
    header, texts = octets(found["header"]), octets_list(found["messages"])
    refused = _refused(signature.verify, public, octets(found["signature"]), header, texts)
    assert refused is not found["result"]["valid"]
    if not refused:
        heard = bbs_traces.of_signing(monkeypatch)
        made = signature.sign(int.from_bytes(secret, "big"), public, header, texts)
        assert made.hex() == found["signature"]
        assert heard["B"] == found["trace"]["B"]
        layout = Layout(CORE, len(texts), 0, 0)
        assert domain(public, layout, generators(BLST, layout).octets, header) == scalar(found["trace"]["domain"])


def _layout(found: dict[str, Any]) -> Layout:
    """Plain proofs carry no count: it follows from their length."""
    hidden = (len(octets(found["proof"])) - proof_octets(0)) // 32
    return Layout(CORE, hidden + len(found["disclosedIndexes"]), 0, 0)


def _statement(found: dict[str, Any]) -> Statement:
    texts = octets_list(found["messages"])
    shown = {index: texts[index] for index in found["disclosedIndexes"]}
    return Statement(b"", octets(found["presentationHeader"]), shown, b"", octets(found["proof"]))


@pytest.mark.parametrize("name", PROOFS)
@pytest.mark.parametrize("library", ["blst", "arkworks", "reference"])
def test_proof_verification(name: str, library: str) -> None:
    found = fixture("core", name)
    verifier = Verifier(octets(found["signerPublicKey"]), octets(found["header"]), library, layout=_layout(found))
    assert _refused(verifier.verify, _statement(found)) is not found["result"]["valid"]


@pytest.mark.parametrize(
    "name", ["proof/proof001", "proof/proof002", "proof/proof003", "proof/proof014", "proof/proof015"]
)
def test_proof_generation(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fixture("core", name)
    assert found["result"]["valid"]
    mocked = fixture("core", "mockedRng")
    parameters = {"SEED": octets(mocked["seed"]).decode(), "proof": {"DST": octets(mocked["dst"]).decode()}}
    heard = bbs_traces.of_challenge(monkeypatch)
    layout = _layout(found)
    texts = octets_list(found["messages"])
    made = prove(
        octets(found["signerPublicKey"]),
        octets(found["signature"]),
        octets(found["header"]),
        octets(found["presentationHeader"]),
        texts,
        found["disclosedIndexes"],
        [],
        0,
        b"",
        mock(parameters, "proof").rng,
        layout=layout,
    )
    assert made.hex() == found["proof"]
    trace = found["trace"]
    points = {"Abar": "A_bar", "Bbar": "B_bar", "D": "D", "T1": "T1", "T2": "T2"}
    assert {ours: heard[ours] for ours in points} == {ours: trace[theirs] for ours, theirs in points.items()}
    assert (heard["domain"], heard["challenge"]) == (scalar(trace["domain"]), scalar(trace["challenge"]))
    assert made[: 3 * POINT].hex() == "".join(trace[name] for name in ("A_bar", "B_bar", "D"))


def test_the_messages_of_the_fixtures_are_those_of_the_folder() -> None:
    texts, _ = messages("nym")
    assert octets_list(fixture("core", "proof/proof003")["messages"]) == texts
