"""Our own acts under the other engines: the same acts hold, the others are refused with the same codes."""

from typing import Any

import pytest

from support.own import key_ring, names, rule, vectors, wire
from undersigned.errors import Malformed, Refused
from undersigned.protocol.act import SignedAct
from undersigned.protocol.presentation import KeyRing, verify

ACTS = vectors("acts.json")
INVALID = vectors("acts-invalid.json")
OF_PROOFS = [case for case in INVALID["acts"] if case["at"] == "proof"]
#: py_ecc takes seconds for a pairing: one act that holds, and one of each way to fail late.
SLOW = (
    "letter-sign",
    "credential-forged-without-the-issuer-s-key",
    "proof-abar-negative",
    "changed-pseudonym-of-another-member",
)

pytest.importorskip("py_arkworks_bls12381", reason="pip install 'undersigned[arkworks]'")
pytest.importorskip("py_ecc", reason="pip install 'undersigned[reference]'")


@pytest.fixture(scope="module")
def arkworks() -> KeyRing:
    return key_ring(INVALID["keys"], "arkworks")


@pytest.fixture(scope="module")
def reference() -> KeyRing:
    return key_ring(INVALID["keys"], "reference")


def outcome(case: dict[str, Any], ring: KeyRing) -> str:
    """Code of the refusal, empty where the act holds."""
    good = "code" not in case
    octets = case["wire"].encode() if good else wire(case["wire"])
    accepts = rule(case["rule"] if good else INVALID["rules"][case["rule"]])
    try:
        verify(SignedAct.parse(octets), accepts, ring)
    except (Malformed, Refused) as error:
        return error.code
    return ""


@pytest.mark.parametrize("case", ACTS["acts"], ids=names(ACTS["acts"]))
def test_act_holds_under_arkworks(case: dict[str, Any], arkworks: KeyRing) -> None:
    assert outcome(case, arkworks) == ""


@pytest.mark.parametrize("case", OF_PROOFS, ids=names(OF_PROOFS))
def test_act_is_refused_by_arkworks(case: dict[str, Any], arkworks: KeyRing) -> None:
    assert outcome(case, arkworks) == case["code"]


@pytest.mark.parametrize("name", SLOW)
def test_reference_agrees(name: str, reference: KeyRing) -> None:
    case = next(case for case in [*ACTS["acts"], *INVALID["acts"]] if case["name"] == name)
    assert outcome(case, reference) == case.get("code", "")
