"""The nym draft's fixtures: commitments to secrets, signatures, pseudonyms and proofs, of 1 and of 10 secrets."""

from typing import Any

import pytest

from support import bbs_traces
from support.bbs_fixtures import all_files, fixture, messages, mock, names, octets, octets_list, scalar
from undersigned.bbs import blind, pseudonym
from undersigned.bbs import octets as bbs_octets
from undersigned.bbs.ciphersuite import PSEUDONYMOUS, R
from undersigned.bbs.curve import BLST
from undersigned.bbs.generators import Layout, create_generators, domain, generators
from undersigned.bbs.proof import Statement, Verifier, prove

COMMITS = names("nym", "nymCommit", 4)
SIGNATURES = names("nym", "nymSignature", 6)
PROOFS = [*names("nym", "nymProof", 7), *names("nym", "nymProof", 4, first=101)]


def test_no_fixture_is_left_out() -> None:
    assert all_files("nym") == {"generators", *COMMITS, *SIGNATURES, *PROOFS}


@pytest.mark.parametrize("part", ["generators", "blindGenerators"])
def test_generators(part: str) -> None:
    found = fixture("nym", "generators")[part]
    expected = [found["Q1"], *found["MsgGenerators"]]
    api_id = {"generators": PSEUDONYMOUS.api_id, "blindGenerators": PSEUDONYMOUS.blind_api_id}[part]
    assert found["api_id"].encode() == api_id
    assert [BLST.encode(point).hex() for point in create_generators(BLST, api_id, len(expected))] == expected


@pytest.mark.parametrize("name", COMMITS)
def test_commitment(name: str) -> None:
    found = fixture("nym", name)
    texts = octets_list(found["committedMessages"])
    nyms = [scalar(text) for text in found["proverNyms"]]
    whole = mock(found["mockRngParameters"], "commit").rng
    drawn = bbs_octets.random_scalars(len(texts) + len(nyms) + 2, whole)
    trace = found["trace"]["random_scalars"]
    assert drawn == [scalar(text) for text in (found["proverBlind"], trace["s_tilde"], *trace["m_tildes"])]
    after_blind = mock(found["mockRngParameters"], "commit", skip=bbs_octets.EXPANDED).rng
    made = blind.commit(nyms, drawn[0], after_blind, texts)
    assert made.hex() == found["commitmentWithProof"]
    assert blind.verify_commitment(made, secrets=len(nyms), messages=len(texts)) == made[:48]


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fixture("nym", name)
    secret, public = (octets(found["signerKeyPair"][half]) for half in ("secretKey", "publicKey"))
    header, texts = octets(found["header"]), octets_list(found["messages"])
    committed = octets_list(found["committedMessages"])
    layout = Layout(PSEUDONYMOUS, len(texts), len(committed), len(found["proverNyms"]))
    entropy = scalar(found["signer_nym_entropy"])
    heard = bbs_traces.of_signing(monkeypatch)
    made = blind.blind_sign(
        int.from_bytes(secret, "big"),
        public,
        octets(found["commitmentWithProof"]),
        header,
        texts,
        b"",
        layout=layout,
        entropy=entropy,
    )
    assert made.hex() == found["signature"]
    assert heard["B"] == found["trace"]["B"].removesuffix("s")
    bound = domain(public, layout, generators(BLST, layout).octets, header)
    assert bound == scalar(found["trace"]["domain"])
    *first, last = (scalar(text) for text in found["proverNyms"])
    secrets = [scalar(text) for text in found["nym_secrets"]]
    assert secrets == [*first, (last + entropy) % R]
    blind.verify_signature(public, made, header, texts, secrets, scalar(found["proverBlind"]), committed, layout=layout)


def _case(found: dict[str, Any]) -> tuple[Layout, Statement]:
    count = found["L"]
    shown = {int(index): octets(text) for index, text in found["revealedMessages"].items()}
    for index, text in found["revealedCommittedMessages"].items():
        shown[count + 1 + int(index)] = octets(text)
    layout = Layout(PSEUDONYMOUS, count, len(messages("nym")[1]), len(found["nym_secrets"]))
    context, ph, name, proof = (
        octets(found[part]) for part in ("context_id", "presentationHeader", "pseudonym", "proof")
    )
    return layout, Statement(context, ph, shown, name, proof)


@pytest.mark.parametrize("name", PROOFS)
def test_proof(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fixture("nym", name)
    layout, statement = _case(found)
    secrets = [scalar(text) for text in found["nym_secrets"]]
    heard = bbs_traces.of_challenge(monkeypatch)
    made = prove(
        octets(found["signerPublicKey"]),
        octets(found["signature"]),
        octets(found["header"]),
        statement.ph,
        messages("nym")[0],
        list(statement.disclosed),
        secrets,
        scalar(found["proverBlind"]),
        statement.context_id,
        mock(found["mockRngParameters"], "proof").rng,
        messages("nym")[1],
        layout=layout,
    )
    assert made.hex() == found["proof"]
    trace = found["trace"]
    for point in ("Abar", "Bbar", "D", "T1", "T2", "pseudonym", "Ut"):
        assert heard[point] == trace[point]
    assert (heard["domain"], heard["challenge"]) == (scalar(trace["domain"]), scalar(trace["challenge"]))
    assert pseudonym.pseudonym(statement.context_id, secrets) == statement.pseudonym
    if "OP" in trace:
        assert BLST.encode(pseudonym.base(BLST, statement.context_id).point).hex() == trace["OP"]
        tilde = [scalar(text) for text in trace["random_scalars"]["m_tilde_scalars"]][-len(secrets) :]
        assert pseudonym.evaluate(statement.context_id, secrets) == scalar(trace["poly_eval_pseudo"])
        assert pseudonym.evaluate(statement.context_id, tilde) == scalar(trace["poly_eval_proof"])


@pytest.mark.parametrize("name", PROOFS)
@pytest.mark.parametrize("library", ["blst", "arkworks", "reference"])
def test_proof_verification(name: str, library: str) -> None:
    found = fixture("nym", name)
    layout, statement = _case(found)
    Verifier(octets(found["signerPublicKey"]), octets(found["header"]), library, layout=layout).verify(statement)
