"""Letters that ask for passes of several issuers: opening, acts, and one of the issuers who lies."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from support import instances
from support.co_issuing import UNION, CoIssuer, asked_of_both, co_signed, proved
from support.instances import CLOSES, EPOCH, HERE, ISSUER, THERE, dice, enrol, fresh, letter, move, terms
from undersigned.auditor.audit import Options, audit
from undersigned.auditor.source import open_source
from undersigned.bootstrap import Instance
from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.letters.rules import State
from undersigned.protocol.act import PADDED, Act, SignedAct
from undersigned.protocol.entry import IssuerKey
from undersigned.protocol.letter import Letter, Organisation
from undersigned.protocol.presentation import present, pseudonym_of
from undersigned.values import b64u, canonical, parse_canonical
from undersigned.web.operations import open_letter

MINTED = 100


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    yield fresh(tmp_path / "instance")
    instances.close()


def refusal(call: object, *arguments: object) -> UndersignedError:
    with pytest.raises((Refused, Malformed)) as caught:
        call(*arguments)  # type: ignore[operator]  # any verb
    return caught.value


def drafted(instance: Instance, of: Letter) -> Letter:
    instance.letters.draft(of, terms(of))
    return of


def enter(instance: Instance, *entries: IssuerKey) -> None:
    instance.ledger.append_registry(entries, {}, instance.clock.tick())


@pytest.fixture
def co_issued(instance: Instance) -> Letter:
    """An open letter of two issuers."""
    of = drafted(instance, asked_of_both())
    enter(instance, CoIssuer().entry())
    open_letter(instance, of.slug)
    return of


# ── opening ──


def test_a_letter_opens_only_with_the_keys_of_all_its_issuers(instance: Instance) -> None:
    third = "council.example"
    of = drafted(instance, asked_of_both(issuers=(UNION, ISSUER, third)))
    size = instance.ledger.registry().size
    error = refusal(open_letter, instance, of.slug)
    assert error.code == "unknown-issuer-key"
    assert UNION in error.words
    assert third in error.words
    assert ISSUER not in error.words
    assert instance.ledger.registry().size == size, "not even a key was made"

    enter(instance, CoIssuer().entry(), CoIssuer(third).entry(THERE))
    error = refusal(open_letter, instance, of.slug)
    assert (error.code, UNION in error.words, third in error.words) == ("unknown-issuer-key", False, True)
    enter(instance, CoIssuer(third).entry())
    open_letter(instance, of.slug)
    assert instance.letters.state(of.slug) == State.OPEN


@pytest.mark.parametrize(("theirs", "ours"), [(("code", "vouch"), False), (("code",), True), (("code", "vouch"), True)])
def test_several_issuers_and_vouching_do_not_go_together(
    instance: Instance, theirs: tuple[str, ...], *, ours: bool
) -> None:
    """Where an act shows how its member joined, a member of two ways could join and never sign."""
    of = drafted(instance, asked_of_both())
    enter(instance, CoIssuer().entry(methods=theirs))
    instance.issuer.set_way(HERE, "code", {})
    if ours:
        instance.issuer.set_way(HERE, "vouch", {}, besides=True)
    size = instance.ledger.registry().size
    error = refusal(open_letter, instance, of.slug)
    assert error.code == "issuers-vouch"
    assert f"{ISSUER if ours else UNION} admits by vouching" in error.words
    assert "Ask for passes of one issuer" in error.words
    assert instance.ledger.registry().size == size, "not even the own key was made, which would say so for ever"
    alone = drafted(instance, replace(letter("alone"), organisations=(Organisation(HERE, (ISSUER,)),)))
    open_letter(instance, alone.slug)  # One issuer may.
    assert refusal(open_letter, instance, of.slug).code == "issuers-vouch", "nor with the own key in the registry"


def test_several_issuers_may_admit_by_ways_that_no_act_shows(instance: Instance) -> None:
    elsewhere = drafted(instance, replace(letter("elsewhere"), organisations=(Organisation(THERE, (ISSUER, UNION)),)))
    enter(instance, CoIssuer().entry(THERE, methods=("email",)))
    open_letter(instance, elsewhere.slug)
    assert instance.letters.state(elsewhere.slug) == State.OPEN


# ── acts ──


def test_an_act_is_taken_with_a_proof_under_every_key(instance: Instance, co_issued: Letter) -> None:
    [member] = enrol(instance, 1)
    made = co_signed(instance, member, co_issued)
    assert len(made.proofs) == len(made.act.issuers) == 2
    assert made.act.pseudonym == pseudonym_of(co_issued.context, member.seed)
    assert not instance.letters.accept(made.padded()).repeated
    assert instance.letters.accept(made.padded()).repeated
    assert not instance.letters.accept(co_signed(instance, member, co_issued, action="withdraw").padded()).repeated


def test_what_is_not_proved_under_every_key_is_refused_in_words(instance: Instance, co_issued: Letter) -> None:
    [member, other] = enrol(instance, 2)
    good = co_signed(instance, member, co_issued)
    accept, (first, second) = instance.letters.accept, good.proofs

    def padded(**changes: object) -> bytes:
        data = canonical(parse_canonical(good.encoded) | changes)
        return data + b"\x80" + bytes(PADDED - len(data) - 1)

    alone = proved(instance, replace(good.act, issuers=(ISSUER,)), member.seed, member.credentials)
    error = refusal(accept, alone.padded())
    assert (error.code, f"each of {ISSUER} and {UNION}" in error.words) == ("other-issuers", True)
    for issuers in ((UNION, ISSUER), (UNION,)):
        held = [*member.credentials, CoIssuer().credential(member.seed)]
        error = refusal(accept, proved(instance, replace(good.act, issuers=issuers), member.seed, held).padded())
        assert (error.code, "in this order" in error.words) == ("other-issuers", True)
    assert refusal(accept, padded(issuers=[ISSUER, ISSUER])).words == "An issuer is named twice."
    assert refusal(accept, padded(proofs=[b64u(first)])).words == "This act needs 2 proofs."
    for proofs in ((second, first), (first, first), (second, second)):
        assert refusal(accept, SignedAct(good.act, proofs).padded()).code == "proof-challenge"
    theirs = co_signed(instance, other, co_issued)
    for mixed in ((first, theirs.proofs[1]), (theirs.proofs[0], second)):
        error = refusal(accept, SignedAct(good.act, mixed).padded())
        assert error.code in {"proof-challenge", "proof-forged"}, "two persons' passes make no signature"
    assert instance.ledger.waiting(co_issued.context) == {}
    assert not accept(good.padded()).repeated


def test_a_co_issuer_s_pass_of_another_organisation_does_not_count(instance: Instance, co_issued: Letter) -> None:
    enter(instance, CoIssuer().entry(THERE))
    [member] = enrol(instance, 1)
    elsewhere = CoIssuer().credential(member.seed, THERE)
    lied = replace(elsewhere, attributes=replace(elsewhere.attributes, organisation=HERE))
    act = co_signed(instance, member, co_issued).act
    made = proved(instance, act, member.seed, [*member.credentials, lied])
    assert refusal(instance.letters.accept, made.padded()).code == "proof-forged"


def test_rounds_are_audited_against_both(instance: Instance, co_issued: Letter) -> None:
    for member in enrol(instance, 12):
        instance.letters.accept(co_signed(instance, member, co_issued).padded())

    def counted(at_most: int) -> tuple[bool, set[str]]:
        figures = [*instance.issuer.issued(), CoIssuer().issued(at_most)]
        move(instance, CLOSES)
        instance.letters.run_round(CLOSES, lambda: figures)
        report = audit(open_source(str(instance.config.public)), Options(workers=1))
        said = "\n".join(report.lines())
        assert f"{ISSUER} admitted at most 20; {UNION} admitted at most {at_most}" in said
        return report.passed, {each.code for each in report.failures}

    assert counted(20) == (True, set())


def test_a_letter_waits_while_a_co_issuer_says_that_it_admitted_fewer_than_signed(
    instance: Instance, co_issued: Letter
) -> None:
    """Once in the log, the two figures would contradict each other for ever; an audit finds a server that lets them."""
    for member in enrol(instance, 12):
        instance.letters.accept(co_signed(instance, member, co_issued).padded())
    move(instance, CLOSES)
    few = instance.letters.run_round(CLOSES, lambda: [*instance.issuer.issued(), CoIssuer().issued(10)])
    assert (few.rounds, few.closed, few.missed) == ([], [], [])
    assert few.waiting == [(co_issued.slug, UNION)]
    enough = instance.letters.run_round(CLOSES, lambda: [*instance.issuer.issued(), CoIssuer().issued(20)])
    assert ([each.count for each in enough.rounds], enough.waiting) == ([12], [])
    assert audit(open_source(str(instance.config.public)), Options(workers=1)).passed


# ── a co-issuer that mints members ──


def _minted(instance: Instance, of: Letter, number: int, honest: SignedAct) -> SignedAct:
    """One of its inventions: whatever a body with one of the two keys could make of it."""
    union, seed = CoIssuer(), hashlib.sha512(f"nobody {number}".encode()).digest()
    own, posed = union.credential(seed), union.credential(seed, named=ISSUER)
    act = Act(
        kind="letter", action="sign", context=of.context, organisation=HERE, epoch=EPOCH,
        disclosed={0: HERE, 1: EPOCH}, issuers=(ISSUER, UNION), pseudonym=pseudonym_of(of.context, seed),
    )  # fmt: skip
    registry = instance.ledger.registry()
    real = {name: registry.issuer_key(name, HERE, EPOCH).public_key for name in (ISSUER, UNION)}

    def present_as(issuers: tuple[str, ...], keys: dict[str, bytes]) -> SignedAct:
        return present(replace(act, issuers=issuers), [own, posed], keys, seed, dice("minted", number))

    match number % 5:
        case 0:  # its proof alone
            return present_as((UNION,), real)
        case 1:  # a pass in the other's name under its own key, which fits all but the pairing
            return present_as((ISSUER, UNION), real)
        case 2:  # the same, made for its own key
            return present_as((ISSUER, UNION), real | {ISSUER: union.public})
        case 3:  # its own proof in both places
            proof = present_as((ISSUER, UNION), real).proofs[1]
            return SignedAct(act, (proof, proof))
        case _:  # beside the other's proof from somebody who signed
            return SignedAct(act, (honest.proofs[0], present_as((ISSUER, UNION), real).proofs[1]))


def test_a_malicious_co_issuer_mints_a_hundred_passes_and_none_can_sign(instance: Instance, co_issued: Letter) -> None:
    from undersigned.web.wsgi import application  # noqa: PLC0415 - needs Django set up first

    [member] = enrol(instance, 1)
    honest = co_signed(instance, member, co_issued)
    with httpx.Client(transport=httpx.WSGITransport(app=application(instance)), base_url="http://127.0.0.1") as client:

        def send(made: SignedAct) -> httpx.Response:
            kind = {"content-type": "application/octet-stream"}
            return client.post("/api/acts", content=made.padded(), headers=kind)

        answers = [send(_minted(instance, co_issued, number, honest)) for number in range(MINTED)]
        assert {each.status_code for each in answers} == {403}
        codes = {each.json()["type"].rpartition(":")[2] for each in answers}
        assert codes == {"other-issuers", "proof-forged", "proof-challenge"}
        assert instance.ledger.waiting(co_issued.context) == {}
        assert send(honest).status_code == 201, "who was admitted by both can sign"
    assert instance.ledger.waiting(co_issued.context)[HERE].signatures == 1
