"""Vouching, from invitation to membership, with real proofs: what admits, and what must not."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connections

from support.issuing import HERE, NAME, Q1, Q4, THERE, Office, in_threads, office
from support.proving import asks_with
from undersigned.bbs.blind import commit
from undersigned.bbs.ciphersuite import POINT
from undersigned.errors import Conflict, Malformed, Refused, UndersignedError
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.context import invitation_context, vouch_context
from undersigned.protocol.credential import Credential
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.enrolment import JOIN, RENEW, REPLACE, Admission, Renewal, Request, Wish
from undersigned.protocol.presentation import present, pseudonym_of
from undersigned.values import b64u

W = TypeVar("W", bound=Wish)


@dataclass
class Colleague:
    """Somebody with words of their own, and the passes that they got."""

    office: Office
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(64))
    held: dict[str, Credential] = field(default_factory=dict)

    @property
    def commitment(self) -> bytes:
        return commit(nym_secrets(self.seed), blind(self.seed, NAME), secrets.token_bytes)

    @property
    def point(self) -> bytes:
        return self.commitment[:POINT]

    def asks(self, action: str, wish: W) -> Request[W]:
        return asks_with(self.seed, action, wish)

    def _keep(self, got: "tuple[Credential, ...]") -> "Colleague":
        self.held |= {each.attributes.epoch: each for each in got}
        return self

    def with_code(self, organisation: str = HERE) -> "Colleague":
        evidence = {"code": self.office.code(organisation)}
        wish = Admission(organisation, "code", evidence, "undeclared", "undeclared")
        return self._keep(self.office.issuer.admit(self.asks(JOIN, wish)).credentials)

    def renewed(self, organisation: str = HERE) -> "Colleague":
        wish = Renewal(organisation, "undeclared", "undeclared")
        return self._keep(self.office.issuer.renew(self.asks(RENEW, wish)).credentials)

    def vouched_for(self, invitation: bytes | None = None) -> "Colleague":
        evidence = {"invitation": b64u(invitation or self.point)}
        wish = Admission(HERE, "vouch", evidence, "undeclared", "undeclared")
        return self._keep(self.office.issuer.admit(self.asks(JOIN, wish)).credentials)

    def act(self, point: bytes, slot: int = 1, epoch: str = Q4, context: str | None = None) -> Act:
        said = self.held[epoch].attributes
        own = context or vouch_context(said.organisation, epoch, slot)
        other = invitation_context(point)
        return Act(
            kind="vouch",
            action="vouch",
            context=own,
            organisation=said.organisation,
            epoch=epoch,
            disclosed={0: said.organisation, 1: epoch, 4: said.method},
            issuers=(NAME,),
            pseudonym=pseudonym_of(own, self.seed),
            payload={"context": other, "pseudonym": b64u(pseudonym_of(other, self.seed))},
        )

    def signed(self, act: Act) -> SignedAct:
        keys = {NAME: self.office.keys.issuer_public(act.organisation, act.epoch)}
        return present(act, [self.held[act.epoch]], keys, self.seed, secrets.token_bytes)

    def vouch(self, point: bytes, slot: int = 1, epoch: str = Q4) -> bool:
        return self.office.issuer.vouch(self.signed(self.act(point, slot, epoch)))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    for made in office(tmp_path):
        made.issuer.close_epoch(HERE, Q4)
        with connections["issuer"].cursor() as cursor:
            cursor.execute("DELETE FROM epoch")
        made.issuer.set_way(HERE, "vouch", {}, besides=True)
        made.issuer.open_epoch(HERE, Q4)
        yield made


def refusal(attempt: Callable[..., object], *args: object) -> str:
    with pytest.raises(UndersignedError) as caught:
        attempt(*args)
    return caught.value.code


def rows(table: str) -> list[tuple[object, ...]]:
    with connections["issuer"].cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return list(cursor.fetchall())


def test_two_members_vouch_and_a_third_joins(here: Office) -> None:
    ann, ben, cleo = Colleague(here).with_code(), Colleague(here).with_code(), Colleague(here)
    assert refusal(cleo.vouched_for) == "vouches-missing"
    assert ann.vouch(cleo.point) is False
    assert refusal(cleo.vouched_for) == "vouches-missing"
    assert ben.vouch(cleo.point, 3) is False
    assert cleo.vouched_for().held[Q4].attributes.method == "vouch"
    # Who comes again with the same words gets the same, by whichever way.
    assert cleo.vouched_for().renewed().held[Q4].attributes.method == "vouch"
    assert rows("vouch") == []
    assert len(rows("slot")) == 2


def test_one_member_with_two_slots_is_not_two_vouchers(here: Office) -> None:
    ann, cleo = Colleague(here).with_code(), Colleague(here)
    ann.vouch(cleo.point, 1)
    assert refusal(ann.vouch, cleo.point, 2) == "vouched-before"
    assert refusal(cleo.vouched_for) == "vouches-missing"
    # The refused one used no slot.
    assert ann.vouch(Colleague(here).point, 2) is False


def test_who_was_vouched_for_cannot_vouch(here: Office) -> None:
    ann, ben, cleo = Colleague(here).with_code(), Colleague(here).with_code(), Colleague(here)
    for each in (ann, ben):
        each.vouch(cleo.point)
    cleo.vouched_for()
    assert refusal(cleo.vouch, Colleague(here).point) == "vouched-for"
    # Nor by saying that they came by a code: the credential says otherwise.
    act = cleo.act(Colleague(here).point)
    lie = replace(act, disclosed={**act.disclosed, 4: "code"})
    keys = {NAME: here.keys.issuer_public(HERE, Q4)}
    with pytest.raises(Refused):
        present(lie, [cleo.held[Q4]], keys, cleo.seed, secrets.token_bytes)
    forged = SignedAct(lie, cleo.signed(act).proofs)
    assert refusal(here.issuer.vouch, forged) not in {"vouched-for", "slot-used"}


def test_a_used_slot_is_refused_for_another_and_repeated_for_the_same(here: Office) -> None:
    ann, cleo, dan = Colleague(here).with_code(), Colleague(here), Colleague(here)
    once = ann.signed(ann.act(cleo.point))
    assert here.issuer.vouch(once) is False
    assert here.issuer.vouch(once) is True
    assert ann.vouch(cleo.point) is True
    assert refusal(ann.vouch, dan.point) == "slot-used"


def test_other_contexts_organisations_and_quarters_are_refused(here: Office) -> None:
    here.issuer.open_epoch(THERE, Q4)
    ann, cleo, far = Colleague(here).with_code(), Colleague(here), Colleague(here).with_code(THERE)
    for context in (vouch_context(HERE, Q1, 1), vouch_context(THERE, Q4, 1)):
        assert refusal(here.issuer.vouch, ann.signed(ann.act(cleo.point, context=context))) == "no-slot"
    # Another organisation that does not vouch, and a member of it in the name of this one.
    assert refusal(far.vouch, cleo.point) == "no-open-epoch"
    act = far.act(cleo.point)
    mine = replace(act, organisation=HERE, disclosed={0: HERE, 1: Q4, 4: "code"})
    mine = replace(mine, context=vouch_context(HERE, Q4, 1))
    assert refusal(here.issuer.vouch, SignedAct(mine, far.signed(act).proofs))
    signed = ann.signed(ann.act(cleo.point))
    here.issuer.open_epoch(HERE, Q1)
    here.issuer.close_epoch(HERE, Q4)
    assert refusal(here.issuer.vouch, signed) == "other-epoch"
    assert refusal(cleo.vouched_for) == "vouches-missing"


def test_a_vouch_for_one_admits_no_other_and_an_organisation_of_vouching_alone_is_refused(here: Office) -> None:
    ann, ben, cleo = Colleague(here).with_code(), Colleague(here).with_code(), Colleague(here)
    for each in (ann, ben):
        each.vouch(cleo.point)
    dan = Colleague(here)
    with pytest.raises(Malformed):
        dan.vouched_for(cleo.point)
    assert refusal(dan.vouched_for) == "vouches-missing"
    assert refusal(partial(here.issuer.set_way, "new.example", "vouch", {})) == "vouch-alone"


def test_lost_words_of_who_was_vouched_for_are_not_replaced(here: Office) -> None:
    cleo = Colleague(here)
    asked = cleo.asks(REPLACE, Admission(HERE, "vouch", {"invitation": b64u(cleo.point)}, "undeclared", "undeclared"))
    assert refusal(here.issuer.replace, asked) == "not-replaced"


def test_every_field_of_a_vouch_that_is_changed_is_refused(here: Office) -> None:
    ann, cleo = Colleague(here).with_code(), Colleague(here)
    good = ann.signed(ann.act(cleo.point))
    other = invitation_context(Colleague(here).point)
    changed: list[dict[str, Any]] = [
        {"payload": {"context": other, "pseudonym": (good.act.payload or {})["pseudonym"]}},
        {"payload": {**(good.act.payload or {}), "pseudonym": b64u(good.act.pseudonym)}},
        {"pseudonym": pseudonym_of("undersigned/1/letter/" + "0" * 64, ann.seed)},
        {"context": vouch_context(HERE, Q4, 2)},
    ]
    for change in changed:
        act = replace(good.act, **change)
        with pytest.raises((Refused, Malformed)):
            here.issuer.vouch(SignedAct(act, good.proofs))
    assert rows("slot") == rows("vouch") == []
    with pytest.raises(Refused):
        here.issuer.vouch(SignedAct(good.act, good.proofs[::-1]))


def test_the_same_vouch_fifty_times_at_once_is_taken_once(here: Office) -> None:
    ann, cleo = Colleague(here).with_code(), Colleague(here)
    signed = [ann.signed(ann.act(cleo.point)) for _ in range(10)]
    answers: list[bool] = []

    def send(turn: int) -> None:
        try:
            answers.append(here.issuer.vouch(signed[turn % 10]))
        finally:
            connections["issuer"].close()

    in_threads([threading.Thread(target=send, args=(turn,)) for turn in range(50)])
    assert sorted(answers) == [False] + [True] * 49
    assert len(rows("slot")) == len(rows("vouch")) == 1


def test_one_slot_for_two_at_once_goes_to_one(here: Office) -> None:
    ann = Colleague(here).with_code()
    acts = [ann.signed(ann.act(Colleague(here).point)) for _ in range(6)]
    said: list[str] = []

    def send(act: SignedAct) -> None:
        try:
            here.issuer.vouch(act)
            said.append("taken")
        except Conflict as error:
            said.append(error.code)
        finally:
            connections["issuer"].close()

    in_threads([threading.Thread(target=send, args=(act,)) for act in acts])
    assert sorted(said) == ["slot-used"] * 5 + ["taken"]


def test_what_is_kept_ends_with_the_quarter(here: Office) -> None:
    ann, cleo = Colleague(here).with_code(), Colleague(here)
    ann.vouch(cleo.point)
    here.issuer.close_epoch(HERE, Q4)
    assert rows("slot") == rows("vouch") == []


def tries(vouchers: list[Colleague], point: bytes, epoch: str) -> None:
    """Each voucher tries one slot after the other, until one is taken."""
    for voucher in vouchers:
        for slot in range(1, 6):
            with suppress(UndersignedError):
                voucher.vouch(point, slot, epoch)
                break


def test_two_members_bring_in_five_a_quarter_and_no_more(here: Office) -> None:
    """A pair that tries every slot for every invitation, in two quarters, and who they brought in tries to help."""
    ann, ben = Colleague(here).with_code(), Colleague(here).with_code()
    brought: list[Colleague] = []
    for epoch in (Q4, Q1):
        if epoch == Q1:
            here.issuer.open_epoch(HERE, Q1)
            here.issuer.close_epoch(HERE, Q4)
            for each in (ann, ben, *brought):
                each.renewed()
        before = len(brought)
        for _ in range(7):
            new = Colleague(here)
            tries([ann, ben, *brought[:2]], new.point, epoch)
            with suppress(UndersignedError):
                brought.append(new.vouched_for())
        assert len(brought) - before == 5
