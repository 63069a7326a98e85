"""The blind draft's fixtures: commitments, blind signatures and proofs, with and without committed messages."""

from typing import Any

import pytest

from support import bbs_traces
from support.bbs_fixtures import all_files, fixture, messages, mock, names, octets, octets_list, scalar
from undersigned.bbs import blind
from undersigned.bbs import octets as bbs_octets
from undersigned.bbs.ciphersuite import BLIND
from undersigned.bbs.curve import BLST
from undersigned.bbs.generators import Layout, create_generators, domain, generators
from undersigned.bbs.proof import Statement, Verifier, prove

COMMITS = names("blind", "commit", 2)
SIGNATURES = names("blind", "signature", 5)
PROOFS = names("blind", "proof", 8)


def test_no_fixture_is_left_out() -> None:
    assert all_files("blind") == {"generators", *COMMITS, *SIGNATURES, *PROOFS}


@pytest.mark.parametrize("part", ["generators", "blindGenerators"])
def test_generators(part: str) -> None:
    found = fixture("blind", "generators")[part]
    expected = [found["Q1"], *found["MsgGenerators"]]
    assert found["api_id"].encode() == {"generators": BLIND.api_id, "blindGenerators": BLIND.blind_api_id}[part]
    made = create_generators(BLST, found["api_id"].encode(), len(expected))
    assert [BLST.encode(point).hex() for point in made] == expected


@pytest.mark.parametrize("name", COMMITS)
def test_commitment(name: str) -> None:
    found = fixture("blind", name)
    texts = octets_list(found["committedMessages"])
    whole = mock(found["mockRngParameters"], "commit").rng
    drawn = bbs_octets.random_scalars(len(texts) + 2, whole)
    trace = found["trace"]["random_scalars"]
    assert drawn == [scalar(text) for text in (found["proverBlind"], trace["s_tilde"], *trace["m_tildes"])]
    after_blind = mock(found["mockRngParameters"], "commit", skip=bbs_octets.EXPANDED).rng
    made = blind.commit([], drawn[0], after_blind, texts, interface=BLIND)
    assert made.hex() == found["commitmentWithProof"]
    assert blind.verify_commitment(made, secrets=0, messages=len(texts), interface=BLIND) == made[:48]


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fixture("blind", name)
    secret, public = (octets(found["signerKeyPair"][half]) for half in ("secretKey", "publicKey"))
    header, texts, committed = (
        octets(found["header"]),
        octets_list(found["messages"]),
        octets_list(found["committedMessages"]),
    )
    layout = Layout(BLIND, len(texts), len(committed), 0)
    heard = bbs_traces.of_signing(monkeypatch)
    made = blind.blind_sign(
        int.from_bytes(secret, "big"), public, octets(found["commitmentWithProof"]), header, texts, b"", layout=layout
    )
    assert made.hex() == found["signature"]
    bound = domain(public, layout, generators(BLST, layout).octets, header)
    assert (heard["B"], bound) == _trace(name, found)
    blinding = scalar(found["proverBlind"])
    blind.verify_signature(public, made, header, texts, [], blinding, committed, layout=layout)


def _trace(name: str, found: dict[str, Any]) -> tuple[str, int]:
    """B and domain. One fixture writes B where the domain belongs; its domain is that of number 5."""
    trace = found["trace"]
    if name.endswith("003"):
        return trace["domain"], scalar(fixture("blind", "signature/signature005")["trace"]["domain"])
    return trace["B"], scalar(trace["domain"])


def _case(found: dict[str, Any]) -> tuple[Layout, list[bytes], dict[int, bytes]]:
    """The layout, the committed messages and what is shown, committed messages counted after the blind's slot."""
    with_commitment = found["commitmentWithProof"] is not None
    committed = messages("blind")[1] if with_commitment else []
    count = found["L"]
    shown = {int(index): octets(text) for index, text in found["revealedMessages"].items()}
    for index, text in (found["revealedCommittedMessages"] or {}).items():
        shown[count + 1 + int(index)] = octets(text)
    return Layout(BLIND, count, len(committed), 0), committed, shown


@pytest.mark.parametrize("name", PROOFS)
def test_proof(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fixture("blind", name)
    layout, committed, shown = _case(found)
    public, header, ph = (octets(found[part]) for part in ("signerPublicKey", "header", "presentationHeader"))
    heard = bbs_traces.of_challenge(monkeypatch)
    made = prove(
        public,
        octets(found["signature"]),
        header,
        ph,
        messages("blind")[0],
        list(shown),
        [],
        scalar(found["proverBlind"]),
        b"",
        mock(found["mockRngParameters"], "proof").rng,
        committed,
        layout=layout,
    )
    assert made.hex() == found["proof"]
    trace = found["trace"]
    for point in ("Abar", "Bbar", "D", "T1", "T2"):
        assert heard[point] == trace[point]
    assert (heard["domain"], heard["challenge"]) == (scalar(trace["domain"]), scalar(trace["challenge"]))
    Verifier(public, header, layout=layout).verify(Statement(b"", ph, shown, b"", made))
