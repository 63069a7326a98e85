"""Our own vectors: formats, derivation, issuance and acts, good and bad by name."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support.own import FOLDER, key_ring, names, rule, runs, vectors, wire
from undersigned import values
from undersigned.bbs import representation
from undersigned.bbs.blind import blind_sign, commit, verify_commitment, verify_signature
from undersigned.bbs.signature import public_key
from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.holder import account, phrase
from undersigned.protocol import credential as passes
from undersigned.protocol.account import Joining
from undersigned.protocol.act import KINDS, PADDED, SignedAct
from undersigned.protocol.beside import CodeRequest, Confirmation, NameGiven
from undersigned.protocol.credential import Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.enrolment import (
    Admission,
    Cancellation,
    Issuance,
    Keys,
    MailRequest,
    Renewal,
    Request,
    code,
    typed_code,
)
from undersigned.protocol.entry import NamesShown, parse_log_entry, parse_registry_entry
from undersigned.protocol.letter import Letter, Terms
from undersigned.protocol.mailbox import address, mailed_code, subject_of, typed_address, typed_mailed_code
from undersigned.protocol.names import NameList, digest_of
from undersigned.protocol.presentation import VerifiedAct, present, pseudonym_of, verify, verify_batch
from undersigned.protocol.receipt import open_receipt
from undersigned.protocol.registry import Registry
from undersigned.protocol.work import Challenge, Solution, solve
from undersigned.values import canonical, octets, parse_canonical


def draws(label: str) -> Callable[[int], bytes]:
    """Return the randomness of a vector, as README.md of the vectors describes it."""
    calls = iter(range(1000))
    return lambda length: hashlib.shake_256(f"undersigned/1 vectors/{label}/{next(calls)}".encode()).digest(length)


def refuses(expected: str, parse: Callable[[Any], object], value: object) -> UndersignedError:
    with pytest.raises((Malformed, Refused)) as caught:
        parse(value)
    assert caught.value.code == expected, caught.value.words
    return caught.value


# ── derivation and issuance ──

DERIVATION = vectors("derivation.json")
ISSUANCE = vectors("issuance.json")


@pytest.mark.parametrize("case", DERIVATION["good"], ids=names(DERIVATION["good"]))
def test_derivation(case: dict[str, Any]) -> None:
    seed = bytes.fromhex(case["seed"])
    assert phrase.seed(case["phrase"]) == seed
    assert [f"{secret:064x}" for secret in nym_secrets(seed)] == case["nym_secrets"]
    for issuer, scalar in case["blinds"].items():
        assert f"{blind(seed, issuer):064x}" == scalar
        point = verify_commitment(commit(nym_secrets(seed), blind(seed, issuer), draws(f"any/{issuer}")))
        assert point.hex() == case["commitment_points"][issuer]
    for context, nym in case["pseudonyms"].items():
        assert pseudonym_of(context, seed).hex() == nym


@pytest.mark.parametrize("case", DERIVATION["bad"], ids=names(DERIVATION["bad"]))
def test_derivation_refuses(case: dict[str, Any]) -> None:
    refuses(case["code"], lambda seed: blind(seed, case["issuer"]), bytes.fromhex(case["seed"]))


@pytest.mark.parametrize("case", ISSUANCE["good"], ids=names(ISSUANCE["good"]))
def test_issuance(case: dict[str, Any]) -> None:
    seed, secret = bytes.fromhex(case["seed"]), int(case["secret_key"], 16)
    own, scalar = nym_secrets(seed), blind(seed, case["issuer"])
    key, head = public_key(secret), header(case["issuer"])
    messages = [text.encode() for text in case["messages"]]
    commitment = commit(own, scalar, draws(case["commitment_draws"]))
    assert (key.hex(), head.decode(), commitment.hex()) == (case["public_key"], case["header"], case["commitment"])
    assert verify_commitment(commitment).hex() == case["commitment_point"]
    signature = blind_sign(secret, key, commitment, head, messages, bytes.fromhex(case["fresh"]))
    assert signature.hex() == case["signature"]
    verify_signature(key, signature, head, messages, own, scalar)


@pytest.mark.parametrize("case", ISSUANCE["bad_commitments"], ids=names(ISSUANCE["bad_commitments"]))
def test_commitment_refused(case: dict[str, Any]) -> None:
    refuses(case["code"], verify_commitment, bytes.fromhex(case["commitment"]))


# ── JSON and scalars ──

JSON = vectors("canonical-json.json")
SCALARS = vectors("scalars.json")
PARSERS: dict[str, Callable[[object], object]] = {"code": code} | {
    name: getattr(values, name) for name in SCALARS["scalars"] if name != "code"
}


@pytest.mark.parametrize("case", JSON["good"], ids=names(JSON["good"]))
def test_canonical_json(case: dict[str, Any]) -> None:
    assert canonical(case["value"]).hex() == case["hex"]
    assert parse_canonical(bytes.fromhex(case["hex"])) == case["value"]


@pytest.mark.parametrize("case", JSON["bad"], ids=names(JSON["bad"]))
def test_canonical_json_refuses(case: dict[str, Any]) -> None:
    refuses(case["code"], parse_canonical, runs(case["hex"]))


@pytest.mark.parametrize("name", SCALARS["scalars"])
def test_scalars(name: str) -> None:
    cases = SCALARS["scalars"][name]
    for value in cases["good"]:
        assert PARSERS[name](value) == value
    for value in cases["bad"]:
        assert isinstance(refuses(cases["code"], PARSERS[name], value), Malformed)


def test_octets() -> None:
    for case in SCALARS["octets"]["good"]:
        assert octets(case["text"]).hex() == case["hex"]
        assert values.b64u(bytes.fromhex(case["hex"])) == case["text"]
    for text in SCALARS["octets"]["bad"]:
        refuses(SCALARS["octets"]["code"], octets, text)


@pytest.mark.parametrize("case", SCALARS["typed_codes"], ids=lambda case: repr(case["typed"]))
def test_typed_codes(case: dict[str, str]) -> None:
    assert typed_code(case["typed"]) == case["code"]


def test_addresses() -> None:
    cases = SCALARS["addresses"]
    for case in cases["good"]:
        assert address(case["address"]) == case["address"]
        assert subject_of(case["address"]).decode() == case["subject"]
    for case in cases["bad"]:
        refuses(case["code"], address, case["value"])
    for case in cases["typed"]:
        assert typed_address(case["typed"]) == case["address"]


def test_mailed_codes() -> None:
    cases = SCALARS["mailed_codes"]
    for value in cases["good"]:
        assert mailed_code(value) == value
    for value in cases["bad"]:
        refuses(cases["code"], mailed_code, value)
    for case in cases["typed"]:
        assert typed_mailed_code(case["typed"]) == case["code"]


# ── acts ──

ACTS = vectors("acts.json")
INVALID = vectors("acts-invalid.json")
PADDING = vectors("padding.json")
RING = key_ring(ACTS["keys"])
INVALID_RING = key_ring(INVALID["keys"])


@pytest.mark.parametrize("case", ACTS["acts"], ids=names(ACTS["acts"]))
def test_act(case: dict[str, Any]) -> None:
    signed = SignedAct.parse(case["wire"].encode())
    assert signed.encoded.decode() == case["wire"]
    assert signed.act.encoded.decode() == case["act"]
    assert signed.act.digest == case["digest"] == hashlib.sha256(case["act"].encode()).hexdigest()
    assert [nym.hex() for _, nym in signed.act.presentations] == case["pseudonyms"]
    assert hashlib.sha256(signed.padded()).hexdigest() == case["padded_sha256"]
    assert SignedAct.parse_padded(signed.padded()) == signed
    assert verify(signed, rule(case["rule"]), RING).act == signed.act


@pytest.mark.parametrize("case", ACTS["acts"], ids=names(ACTS["acts"]))
def test_act_is_made_again(case: dict[str, Any]) -> None:
    signed = SignedAct.parse(case["wire"].encode())
    seed = bytes.fromhex(case["seed"])
    held = [Credential.parse(record) for record in case["credentials"]]
    keys = {
        each["issuer"]: bytes.fromhex(each["public_key"])
        for each in ACTS["keys"]
        if (each["organisation"], each["epoch"]) == (signed.act.organisation, signed.act.epoch)
    }
    assert present(signed.act, held, keys, seed, draws(case["draws"])).encoded.decode() == case["wire"]


def test_acts_cover_every_kind_and_disclosure() -> None:
    acts = [SignedAct.parse(case["wire"].encode()).act for case in ACTS["acts"]]
    expected = {(kind, action) for kind, does in KINDS.items() for action in does.actions}
    assert {(act.kind, act.action) for act in acts} == expected
    shown = {(kind, disclosed) for kind, does in KINDS.items() for disclosed in does.disclosed}
    assert {(act.kind, frozenset(act.disclosed)) for act in acts} == shown
    assert {len(act.issuers) for act in acts} == {1, 2}


def refused_at(case: dict[str, Any]) -> tuple[str, str]:
    """Where an invalid act is refused, and with which code."""
    at = "parse"
    try:
        signed = SignedAct.parse(wire(case["wire"]))
        at = "rule"
        accepts = rule(INVALID["rules"][case["rule"]])
        accepts.check(signed.act)
        for issuer in signed.act.issuers:
            INVALID_RING.verifier(issuer, signed.act.organisation, signed.act.epoch)
        at = "proof"
        verify(signed, accepts, INVALID_RING)
    except (Malformed, Refused) as error:
        return at, error.code
    return "nowhere", ""


@pytest.mark.parametrize("case", INVALID["acts"], ids=names(INVALID["acts"]))
def test_invalid_act(case: dict[str, Any]) -> None:
    assert refused_at(case) == (case["at"], case["code"])


def test_invalid_acts_in_a_batch_take_no_good_one_with_them() -> None:
    bad = [case for case in INVALID["acts"] if case["at"] == "proof" and case["from"] == "letter-sign"]
    good = [case for case in ACTS["acts"] if case["name"].startswith("letter-sign")]
    bad = [case for case in bad if INVALID["rules"][case["rule"]] == good[0]["rule"]]
    cases = [*good[:1], *bad, *good[1:]]
    signed = [SignedAct.parse(wire(case["wire"]) if "at" in case else case["wire"].encode()) for case in cases]
    rules: dict[str, Any] = {}
    for case in good:
        accepts = rules.setdefault(case["rule"]["context"], case["rule"] | {"organisations": {}})
        accepts["organisations"] |= case["rule"]["organisations"]
    # Both foundry and harbour are asked; the letter of the next epoch has a context of its own.
    found = verify_batch(signed, {context: rule(each) for context, each in rules.items()}, RING, draws("batch"))
    assert len(bad) > 50
    for case, outcome in zip(cases, found, strict=True):
        if isinstance(outcome, VerifiedAct):
            assert "at" not in case
        else:
            assert outcome.code == case["code"]


def test_padding() -> None:
    for case in PADDING["good"]:
        padded = runs(case["octets"])
        assert len(padded) == PADDED
        assert SignedAct.parse_padded(padded).encoded.decode() == case["wire"]


@pytest.mark.parametrize("case", PADDING["bad"], ids=names(PADDING["bad"]))
def test_padding_refused(case: dict[str, Any]) -> None:
    refuses(case["code"], SignedAct.parse_padded, runs(case["octets"]))


# ── documents, entries, receipts, messages ──

LETTERS = vectors("letters.json")
TERMS = vectors("terms.json")
ENTRIES = vectors("entries.json")
REGISTRY = vectors("registry.json")
NAMES = vectors("names.json")
RECEIPTS = vectors("receipts.json")
ENROLMENT = vectors("enrolment.json")
WORK = vectors("work.json")
MESSAGES: dict[str, Callable[[bytes], Any]] = {
    "admission": partial(Request.parse, Admission),
    "renewal": partial(Request.parse, Renewal),
    "cancellation": partial(Request.parse, Cancellation),
    "mail": MailRequest.parse,
    "issuance": Issuance.parse,
}
PROOFS = ENROLMENT["proofs"]
BESIDE = vectors("beside.json")
BESIDE_MESSAGES = {"mail": CodeRequest, "confirmation": Confirmation, "name": NameGiven}


def test_letters() -> None:
    for case in LETTERS["good"]:
        letter = Letter.parse(case["text"].encode())
        assert (letter.encoded.decode(), letter.digest, letter.context) == (
            case["text"],
            case["digest"],
            case["context"],
        )


@pytest.mark.parametrize("case", LETTERS["bad"], ids=names(LETTERS["bad"]))
def test_letter_refused(case: dict[str, Any]) -> None:
    refuses(case["code"], Letter.parse, case["text"].encode())


def test_terms() -> None:
    read = [Terms.parse(case["text"].encode()) for case in TERMS["good"]]
    for terms, case in zip(read, TERMS["good"], strict=True):
        assert (terms.encoded.decode(), terms.digest) == (case["text"], case["digest"])
    read[1].follows(read[0])


@pytest.mark.parametrize("case", TERMS["bad"], ids=names(TERMS["bad"]))
def test_terms_refused(case: dict[str, Any]) -> None:
    refuses(case["code"], Terms.parse, case["text"].encode())


@pytest.mark.parametrize("case", TERMS["may_not_follow"], ids=names(TERMS["may_not_follow"]))
def test_terms_may_not_follow(case: dict[str, Any]) -> None:
    earlier, later = (Terms.parse(case[name].encode()) for name in ("earlier", "later"))
    refuses(case["code"], later.follows, earlier)


@pytest.mark.parametrize("log", ["registry", "log"])
def test_entries(log: str) -> None:
    parse: Callable[[bytes], Any] = parse_registry_entry if log == "registry" else parse_log_entry
    for case in ENTRIES[log]["good"]:
        entry = parse(case["text"].encode())
        assert case["name"] == entry.KIND
        assert entry.encoded.decode() == case["text"]
    for case in ENTRIES[log]["bad"]:
        refuses(case["code"], parse, case["text"].encode())


def test_an_act_is_an_entry_of_the_log() -> None:
    case = ACTS["acts"][0]
    value = parse_log_entry(case["wire"].encode())
    assert SignedAct.from_record(value).encoded.decode() == case["wire"]


def test_registry() -> None:
    for case in REGISTRY["good"]:
        registry = Registry.replay(text.encode() for text in case["entries"])
        assert registry.size == len(case["entries"])


@pytest.mark.parametrize("case", REGISTRY["bad"], ids=names(REGISTRY["bad"]))
def test_registry_refused(case: dict[str, Any]) -> None:
    registry = Registry.replay(text.encode() for text in case["entries"][: case["at"]])
    before = vars(registry).copy()
    error = refuses(case["code"], registry.add, case["entries"][case["at"]].encode())
    assert f"Entry {case['at']:,} of the registry" in error.words
    assert vars(registry) == before


def test_names() -> None:
    for case in NAMES["good"]:
        found, entry = NameList.parse(case["text"].encode()), parse_registry_entry(case["entry"].encode())
        assert isinstance(entry, NamesShown)
        assert (found.encoded.decode(), found.digest) == (case["text"], case["digest"])
        assert [each.hash(found.letter) for each in found.names] == case["hashes"]
        assert digest_of(found.letter, reversed(found.names)) == entry.digest
        assert found.matches(entry)


@pytest.mark.parametrize("case", NAMES["bad"], ids=names(NAMES["bad"]))
def test_names_refused(case: dict[str, Any]) -> None:
    refuses(case["code"], NameList.parse, case["text"].encode())


@pytest.mark.parametrize("case", NAMES["of_another_entry"], ids=names(NAMES["of_another_entry"]))
def test_names_of_another_entry(case: dict[str, Any]) -> None:
    entry = parse_registry_entry(case["entry"].encode())
    assert isinstance(entry, NamesShown)
    assert not NameList.parse(case["text"].encode()).matches(entry)


def test_receipts() -> None:
    for case in RECEIPTS["good"]:
        receipt = open_receipt(case["note"].encode(), RECEIPTS["keys"])
        assert {name: getattr(receipt, name) for name in receipt.__dataclass_fields__}.items() <= case.items()


@pytest.mark.parametrize("case", RECEIPTS["bad"], ids=names(RECEIPTS["bad"]))
def test_receipt_refused(case: dict[str, Any]) -> None:
    refuses(case["code"], lambda note: open_receipt(note, RECEIPTS["keys"]), case["note"].encode())


@pytest.mark.parametrize("kind", MESSAGES)
def test_messages(kind: str) -> None:
    parse = MESSAGES[kind]
    for case in ENROLMENT[kind]["good"]:
        assert parse(case["text"].encode()).encoded().decode() == case["text"]
    for case in ENROLMENT[kind]["bad"]:
        refuses(case["code"], parse, case["text"].encode())


@pytest.mark.parametrize("case", PROOFS["good"], ids=names(PROOFS["good"]))
def test_proofs_of_requests(case: dict[str, Any]) -> None:
    request: Request[Any] = MESSAGES[case["kind"]](case["text"].encode())
    assert (request.verify().hex(), request.statement().decode()) == (PROOFS["point"], case["statement"])
    seed = bytes.fromhex(PROOFS["seed"])
    keys = Keys(nym_secrets(seed), blind(seed, request.bound.issuer))
    again = Request.prove(request.action, request.wish, request.bound, keys, draws(case["draws"]))
    assert again.encoded().decode() == case["text"]
    representation.verify(bytes.fromhex(PROOFS["point"]), request.proof, request.statement(), PROOFS["tag"].encode())


@pytest.mark.parametrize("case", PROOFS["bad"], ids=names(PROOFS["bad"]))
def test_proof_of_a_request_refused(case: dict[str, Any]) -> None:
    request: Request[Any] = MESSAGES[case["kind"]](case["text"].encode())
    refuses(case["code"], lambda asked: asked.verify(), request)


@pytest.mark.parametrize("kind", BESIDE_MESSAGES)
def test_messages_of_people_who_stand_by_a_letter(kind: str) -> None:
    parse: Callable[[bytes], Any] = BESIDE_MESSAGES[kind].parse  # type: ignore[attr-defined]  # each has it
    for case in BESIDE[kind]["good"]:
        assert parse(case["text"].encode()).encoded().decode() == case["text"]
    for case in BESIDE[kind]["bad"]:
        refuses(case["code"], parse, case["text"].encode())


def test_proof_of_work() -> None:
    for case in WORK["good"]:
        challenge = Challenge.parse(case["challenge"].encode())
        assert challenge.encoded().decode() == case["challenge"]
        assert solve(challenge).encoded().decode() == case["solution"]
        assert Solution.parse(case["solution"].encode()).encoded().decode() == case["solution"]
    for case in WORK["bad_challenges"]:
        refuses(case["code"], Challenge.parse, case["text"].encode())
    for case in WORK["bad_solutions"]:
        refuses(case["code"], Solution.parse, case["text"].encode())


# ── the files themselves ──


def test_making_them_again_gives_the_same_octets(tmp_path: Path) -> None:
    subprocess.run([sys.executable, FOLDER / "generate.py", tmp_path], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}


def test_attributes_have_names_for_all_six_messages() -> None:
    assert len(passes.ATTRIBUTES) == len(ISSUANCE["good"][0]["messages"])


# ── accounts elsewhere ──

ACCOUNTS = vectors("accounts.json")


def joining(said: dict[str, Any]) -> Joining:
    return Joining(said["issuer"], bytes.fromhex(said["point"]))


@pytest.mark.parametrize("case", ACCOUNTS["nonces"], ids=names(ACCOUNTS["nonces"]))
def test_nonce_for_a_provider(case: dict[str, Any]) -> None:
    assert joining(case).nonce(case["salt"]) == case["nonce"]
    assert [each["nonce"] for each in ACCOUNTS["nonces"]].count(case["nonce"]) == 1


def question(name: str) -> account.Question:
    case = next(case for case in ACCOUNTS["questions"] if case["name"] == name)
    provider = account.Provider.parse(case["way"])
    return account.ask(
        provider, joining(ACCOUNTS["joining"]), case["redirect"], draws(case["draws"]), fragment=case["fragment"]
    )


@pytest.mark.parametrize("case", ACCOUNTS["questions"], ids=names(ACCOUNTS["questions"]))
def test_question_to_a_provider(case: dict[str, Any]) -> None:
    asked = question(case["name"])
    assert {name: getattr(asked, name) for name in ("address", "state", "salt", "verifier")} == {
        name: case[name] for name in ("address", "state", "salt", "verifier")
    }
    assert f"&nonce={case['nonce']}&" in asked.address


@pytest.mark.parametrize("case", ACCOUNTS["bad_ways"], ids=names(ACCOUNTS["bad_ways"]))
def test_provider_refused(case: dict[str, Any]) -> None:
    refuses(case["code"], account.Provider.parse, case["way"])


@pytest.mark.parametrize("case", ACCOUNTS["answers"], ids=names(ACCOUNTS["answers"]))
def test_answer_of_a_provider(case: dict[str, Any]) -> None:
    asked = question(case["question"])
    if "code" in case:
        refuses(case["code"], lambda query: account.answered(asked, query), case["query"])
    else:
        shown = account.answered(asked, case["query"])
        assert (shown.method, shown.evidence) == ("oidc", case["evidence"])
