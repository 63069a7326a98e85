"""The issuer's verbs: admit, renew, replace and cancel; sheets of codes; epochs and their counts.

The order of checks is the same in all four: the message (parsed by the caller, its role family here), what its proof is
bound to and the proof (`door`), and only then anything that is looked up. Up to there every answer is the same whether
or not the subject is known.

Trust: whoever runs this code can admit anyone, and learns who was admitted by which code. It never sees a
nym secret, so it cannot tell which signature is whose.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from django.db import DatabaseError, transaction
from django.db.models import Count, Exists, OuterRef, Q

from undersigned.asking.pins import Pin
from undersigned.bbs.blind import blind_sign
from undersigned.clock import Clock
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, Withheld
from undersigned.issuer import codes, questions, rules
from undersigned.issuer.codes import Sheet, SheetSummary
from undersigned.issuer.door import Door
from undersigned.issuer.models import Admission, Code, Epoch, Floor, Joining, Replacement, Said, Slot, Vouch
from undersigned.issuer.models import Sheet as SheetRow
from undersigned.issuer.taxonomy import taxonomy
from undersigned.issuer.ways.code import Codes
from undersigned.issuer.ways.email import Emails
from undersigned.issuer.ways.vouch import Vouching
from undersigned.issuer.ways.way import Proved, Way
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.context import VOUCH_SLOTS, invitation_context, parse_context, vouch_context
from undersigned.protocol.credential import EPOCH, METHOD, ORGANISATION, Attributes, Credential, header
from undersigned.protocol.enrolment import CANCEL, JOIN, RENEW, REPLACE, Cancellation, Issuance, MailRequest, Renewal
from undersigned.protocol.enrolment import Admission as AdmissionMessage
from undersigned.protocol.enrolment import Request as Asked
from undersigned.protocol.entry import Issued, IssuerKey
from undersigned.protocol.presentation import Accepts, ContextRule, KeyRing, verify
from undersigned.protocol.statement import Figures, KeyStatement, Place, Question, signed, stated
from undersigned.protocol.work import Solution
from undersigned.storage.databases import write_anew
from undersigned.storage.keys import KeyStore
from undersigned.values import canonical, domain, epoch, integer, text

DATABASE: Final = "issuer"
#: How an organisation's members join where nothing else was set.
USUAL: Final = "code"
MAX_CODES: Final = 100_000
#: Random octets that go into each signature.
_FRESH: Final = 32
_SHEET_OCTETS: Final = 8
#: What brings passes.
R = TypeVar("R", AdmissionMessage, Renewal)


@dataclass(frozen=True, slots=True)
class EpochSummary:
    """An epoch of an organisation, and by which ways it admits."""

    organisation: str
    quarter: str
    methods: list[str]
    is_open: bool


class Issuer:
    """One body that admits members, for any number of organisations.

    `name` is the issuer's name in credentials and registry, `origins` are its addresses. `ways` are those it can
    check besides codes; `entropy` gives that many random octets; `grid` is that of `write_anew`.
    """

    def __init__(
        self,
        name: str,
        keys: KeyStore,
        clock: Clock,
        origins: Sequence[str],
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        grid: float = 0.0,
        ways: Sequence[Way] = (),
    ) -> None:
        self._name = domain(name)
        self._keys = keys
        self._clock = clock
        self._entropy = entropy
        self._grid = grid
        self._header = header(name)
        self.door = Door(name, origins, lambda: self._nonce_key, clock)
        own: list[Way] = [
            Codes(lambda: self._subject_key, Code.admits),
            Vouching(lambda: self._subject_key, Vouch.enough),
        ]
        self._ways = {each.method: each for each in (*own, *ways)}
        #: Key pairs, which never change, so they are read once.
        self._pairs: dict[tuple[str, str], tuple[int, bytes]] = {}

    # ── joining, and staying a member ──

    def admit(self, request: Asked[AdmissionMessage]) -> Issuance:
        """Admit who brings an unused code, or give a member with the same words the same credentials again.

        Raises: `Malformed`, `Refused` (proof, code, no open epoch) or `Conflict`, all with words for the person.
        """
        point, asked = self._asked(request, JOIN)
        way, proved = self._proved(asked, point)
        with _transaction():
            opened = _opened(asked.organisation, asked.method)
            before = _state(proved.subject)
            valid = proved.admits()
            wish = _asked(asked.organisation, point, proved.subject, way)
            grant = rules.admit(before, wish, opened, self._today, valid=valid)
            _save(proved.subject, asked.organisation, before, grant.state)
            invitation = parse_context(invitation_context(point))[1]
            Vouch.objects.filter(organisation=asked.organisation, invitation=invitation).delete()
        return self._issue(request, grant)

    def renew(self, request: Asked[Renewal]) -> Issuance:
        """Give who knows the words of a member credentials of all open epochs; a second code is not needed.

        Raises: `Malformed`, `Refused` or `Conflict`, all with words for the person.
        """
        point, asked = self._asked(request, RENEW)
        with _transaction():
            opened = _opened(asked.organisation)
            subject = _owner(asked.organisation, point)
            before = _state(subject)
            if before.member is not None:
                opened = _opened(asked.organisation, before.member.method)
            grant = rules.renew(before, point, opened, self._today)
            _save(subject, asked.organisation, before, grant.state)
        return self._issue(request, grant)

    def replace(self, request: Asked[AdmissionMessage]) -> str:
        """Let new words wait in place of lost ones; returns the day from which they are in force.

        Raises: `Malformed`, `Refused` or `Conflict`, all with words for the person.
        """
        point, asked = self._asked(request, REPLACE)
        way, proved = self._proved(asked, point)
        if not way.replaces:
            raise Refused("not-replaced", way.said.nobody)
        with _transaction():
            before = _state(proved.subject)
            wish = _asked(asked.organisation, point, proved.subject, way)
            after = rules.ask_replacement(before, wish, self._today)
            _save(proved.subject, asked.organisation, before, after)
        assert after.waiting is not None
        return after.waiting.ready

    def cancel(self, request: Asked[Cancellation]) -> None:
        """Stop a replacement that waits; only who knows the words in force can.

        Raises: `Malformed`, `Refused` or `Conflict`, all with words for the person.
        """
        point, asked = self.door.check(request, CANCEL), request.wish
        with _transaction():
            subject = _owner(asked.organisation, point)
            before = _state(subject)
            _save(subject, asked.organisation, before, rules.cancel(before, point, self._today))

    def mail(self, asked: MailRequest, spend: Callable[[Solution], None]) -> None:
        """Mail a code to an address, unless one was mailed within the hour: nothing tells which, nor who is known.

        `spend` takes the proof of work, after what anybody may know was checked and before anybody else is asked.

        Raises: `Refused` or `Unavailable`, with words for the person.
        """
        settings = self._offered(asked.organisation, Emails.method)
        way = self._way(Emails.method)
        assert isinstance(way, Emails)
        way.allowed(asked.address, settings)
        spend(asked.work)
        way.send(asked.organisation, asked.address, asked.language)

    def vouch(self, signed: SignedAct) -> bool:
        """Take a member's vouch for somebody; true where exactly this one was taken before.

        1. the epoch is open and admits by vouching; the context is one of its five slots; 2. the proofs hold, of one
        member who was not vouched for; 3. slot and invitation, in one transaction.

        Raises: `Refused` or `Conflict` with words for the member who vouches.
        """
        act = signed.act
        if act.kind != "vouch":
            raise Refused("other-kind", "Only vouches are taken here.")
        _vouching(act.organisation, act.epoch)  # 1
        slots = [vouch_context(act.organisation, act.epoch, slot) for slot in range(1, VOUCH_SLOTS + 1)]
        if act.context not in slots:
            raise Refused("no-slot", "A member has five vouches a quarter. This is none of them.")
        accepts = Accepts((self._name,), frozenset({ORGANISATION, EPOCH, METHOD}))
        _, public = self._pair(act.organisation, act.epoch)
        keys = KeyRing({(self._name, act.organisation, act.epoch): public})
        verify(signed, ContextRule(act.context, act.kind, act.epoch, {act.organisation: accepts}), keys)  # 2
        with _transaction():  # 3
            _vouching(act.organisation, act.epoch)
            return _take_vouch(act)

    @property
    def _today(self) -> str:
        return self._clock.today()

    @cached_property
    def _nonce_key(self) -> bytes:
        return self._keys.derived("nonce")

    @cached_property
    def _subject_key(self) -> bytes:
        return self._keys.subject()

    def _asked(self, request: Asked[R], action: str) -> tuple[bytes, R]:
        """Return who asks, by the point that is proved, and what."""
        taxonomy().check(request.wish.role_family)
        return self.door.check(request, action), request.wish

    def _proved(self, asked: AdmissionMessage, point: bytes) -> tuple[Way, Proved]:
        """Judge the evidence by its way, outside any transaction: a way may ask other processes."""
        settings = self._offered(asked.organisation, asked.method)
        way = self._way(asked.method)
        return way, way.prove(asked, point, settings)

    def _offered(self, organisation: str, method: str) -> dict[str, Any]:
        """Return an organisation's settings of a way. Raises: `Refused` when it does not offer that."""
        settings = self._settings(organisation)
        if method not in settings:
            offered = " or ".join(sorted(settings))
            raise Refused("method-not-offered", f"{organisation} admits members by {offered}.")
        return settings[method]

    def _way(self, method: str) -> Way:
        found = self._ways.get(method)
        if found is None:
            raise Unavailable("way-not-set-up", f"This issuer is not set up to admit members by {method}.")
        return found

    def _settings(self, organisation: str) -> dict[str, dict[str, Any]]:
        rows = Joining.objects.filter(organisation=organisation).values_list("method", "settings")
        return {method: json.loads(settings) for method, settings in rows} or {USUAL: {}}

    def _pair(self, organisation: str, quarter: str) -> tuple[int, bytes]:
        found = self._pairs.get((organisation, quarter))
        if found is None:
            found = (self._keys.issuer(organisation, quarter), self._keys.issuer_public(organisation, quarter))
            self._pairs[organisation, quarter] = found
        return found

    def _issue(self, request: Asked[R], grant: rules.Grant) -> Issuance:
        """Sign one credential an epoch. All was decided and stored before, so a crash here loses nothing."""
        assert grant.state.member is not None
        asked: AdmissionMessage | Renewal = request.wish
        method, out = grant.state.member.method, []
        for quarter in grant.epochs:
            attributes = Attributes(asked.organisation, quarter, asked.role_family, asked.standing, method)
            secret, public = self._pair(asked.organisation, quarter)
            fresh = self._entropy(_FRESH)
            signature = blind_sign(secret, public, request.commitment, self._header, attributes.messages(), fresh)
            out.append(Credential(self._name, attributes, signature))
        return Issuance(tuple(out))

    # ── sheets of codes ──

    def new_sheet(self, organisation: str, count: int, note: str = "") -> Sheet:
        """Make a sheet of `count` codes. The codes are in the returned value and nowhere else, ever.

        Raises: `Malformed`.
        """
        domain(organisation)
        integer(count, least=1, most=MAX_CODES, what="The number of codes")
        if "\n" in text(note, limit=200, what="The note"):
            raise Malformed("bad-note", "A note is one line.")
        sheet = Sheet(
            self._entropy(_SHEET_OCTETS).hex(),
            organisation,
            note,
            tuple(codes.draw(self._entropy) for _ in range(count)),
        )
        with _transaction():
            row = SheetRow.objects.create(id=sheet.id, organisation=organisation, note=note)
            made = [codes.subject(self._subject_key, organisation, code) for code in sheet.codes]
            Code.objects.bulk_create([Code(subject=each, sheet=row) for each in sorted(made)], batch_size=500)
        return sheet

    def void_sheet(self, sheet: str) -> None:
        """Make all codes of a sheet that nobody used yet worthless; members who joined with it stay members.

        Raises: `Withheld` when there is no such sheet.
        """
        with _transaction():
            if not SheetRow.objects.filter(pk=sheet).update(is_void=True):
                raise Withheld("unknown-sheet", "There is no sheet with this identifier.")

    def void_code(self, code: str) -> None:
        """Make one code worthless.

        Raises: `Withheld` when there is no such code; `Conflict` when it was spent, because the member stays a member.
        """
        with _transaction():
            for organisation in SheetRow.objects.values_list("organisation", flat=True).distinct():
                subject = codes.subject(self._subject_key, organisation, code)
                if not Code.objects.filter(pk=subject).exists():
                    continue
                if Admission.objects.filter(pk=subject).exists():
                    raise Conflict("code-spent", "Someone joined with this code already, so it cannot be made void.")
                Code.objects.filter(pk=subject).update(is_void=True)
                return
        raise Withheld("unknown-code", "There is no such code.")

    def sheets(self) -> list[SheetSummary]:
        """List the sheets, in the order of their random identifiers."""
        used = Count("codes", filter=Exists(Admission.objects.filter(pk=OuterRef("codes__subject"))))
        return [
            SheetSummary(row.pk, row.organisation, row.note, row.made, rules.rounded_down(row.used), row.is_void)
            for row in SheetRow.objects.annotate(made=Count("codes"), used=used).order_by("pk")
        ]

    # ── ways of joining ──

    def set_way(self, organisation: str, method: str, settings: Mapping[str, Any], *, besides: bool = False) -> None:
        """Say by which way an organisation's members join, before its first epoch; later what no subject depends on.

        With `besides` the way is offered beside those that are there, from the next epoch on: a person who is
        admitted by two ways counts twice.

        Raises: `Malformed` for wrong settings; `Refused` when the way is fixed or cannot be used.
        """
        domain(organisation)
        way = self._way(method)
        checked = way.check(organisation, settings)
        text = canonical(checked).decode()
        with _transaction():
            here = Joining.objects.filter(organisation=organisation)
            before = set(here.values_list("method", flat=True))
            begun = Epoch.objects.filter(organisation=organisation).exists()
            if not before and (begun or besides):
                before = {USUAL}
                Joining.objects.create(organisation=organisation, method=USUAL, settings="{}")
            if method == Vouching.method and not (before - {method} and (besides or method in before)):
                raise Refused("vouch-alone", "Somebody has to be a member first: offer vouching beside another way.")
            if begun and method in before:
                _stays(way, self._settings(organisation)[method], checked)
            if begun and method not in before and not besides:
                raise Refused(
                    "way-fixed",
                    f"Members of {organisation} join by {' or '.join(sorted(before))}, which is in the registry for "
                    "ever. Another way can be offered beside it, and then a person may count twice.",
                )
            if not besides:
                here.exclude(method__in=before if method in before else ()).delete()
            Joining.objects.update_or_create(organisation=organisation, method=method, defaults={"settings": text})

    def ways(self) -> dict[str, list[dict[str, Any]]]:
        """Return what everybody may know of the ways of joining, by organisation: the same for whoever asks."""
        names = sorted(
            {*Joining.objects.values_list("organisation", flat=True), *(name for name, _ in self.open_epochs())}
        )
        return {
            name: [
                {"method": method} | self._way(method).public(settings)
                for method, settings in sorted(self._settings(name).items())
                if method in self._ways
            ]
            for name in names
        }

    # ── epochs and counts ──

    def open_epoch(self, organisation: str, quarter: str) -> IssuerKey:
        """Issue credentials of an epoch from now on; returns the registry's entry, signed.

        Opening it again changes nothing.

        The ways of joining are those that are set for the organisation when the epoch is first opened.

        Raises: `Unavailable` for a way that this issuer is not set up for, and for an epoch whose key is lost.
        """
        here = Epoch.objects.filter(organisation=domain(organisation), quarter=epoch(quarter))
        with _transaction():
            if here.exists():
                self._pair(organisation, quarter)
            if not here.update(is_open=True):
                methods = sorted(self._settings(organisation))
                for each in methods:
                    self._way(each)
                self._keys.make_issuer(organisation, quarter)
                Epoch.objects.create(
                    organisation=organisation, quarter=quarter, methods=",".join(methods), is_open=True
                )
            fixed = tuple(here.values_list("methods", flat=True)[0].split(","))
        entry = IssuerKey(self._name, organisation, quarter, fixed, self._pair(organisation, quarter)[1])
        return stated(entry, self._keys.identity(self._name))

    def close_epoch(self, organisation: str, quarter: str) -> None:
        """Issue nothing of an epoch any more; its number of members stays as it is now.

        Raises: `Withheld` when it was never opened.
        """
        with _transaction():
            row = Epoch.objects.filter(organisation=organisation, quarter=quarter).first()
            if row is None:
                raise _unknown_epoch(organisation, quarter)
            if row.is_open:
                members = _members(row)
                Epoch.objects.filter(organisation=organisation, quarter=quarter).update(is_open=False, members=members)
                for table in (Slot, Vouch):
                    table.objects.filter(organisation=organisation, quarter=quarter).delete()

    def open_epochs(self) -> list[tuple[str, str]]:
        """List the open epochs as pairs of organisation and quarter, in order."""
        return sorted(Epoch.objects.filter(is_open=True).values_list("organisation", "quarter"))

    def issued(self) -> list[Issued]:
        """Count, for every organisation and epoch, all who were ever admitted, rounded up to the next ten."""
        with _transaction():
            rows = Epoch.objects.order_by("organisation", "quarter")
            return [Issued(self._name, row.organisation, row.quarter, rules.rounded_up(_members(row))) for row in rows]

    # ── for letters on other machines ──

    def statement(self, organisation: str, quarter: str) -> bytes:
        """Return the signed statement of the key of an epoch that was opened. Raises: `Withheld`."""
        domain(organisation)
        row = Epoch.objects.filter(organisation=organisation, quarter=epoch(quarter)).first()
        if row is None:
            raise _unknown_epoch(organisation, quarter)
        public = self._pair(organisation, quarter)[1]
        entry = IssuerKey(self._name, organisation, quarter, tuple(row.methods.split(",")), public)
        return signed(KeyStatement(entry), self._keys.identity(self._name))

    def answer(self, data: bytes, askers: Sequence[Pin]) -> bytes:
        """Answer a signed question for numbers of members, of one of `askers`, with a signed statement.

        Asked again at the same tick by the same asker it says the same, whoever joined meanwhile; what it says to
        others changes nothing of that. What an asker may not ask about is left out, like what is not known here.

        Raises: as `questions.heard`.
        """
        question, places = questions.heard(data, askers, self._name, self._clock)
        with _transaction():
            figures = tuple(self._say(row, question) for row in map(_epoch, places) if row is not None)
        answer = Figures(question.asker, self._name, question.nonce, figures, question.tick)
        return signed(answer, self._keys.identity(self._name))

    def _say(self, row: Epoch, question: Question) -> Issued:
        number = rules.rounded_up(_members(row))
        said = Said.tell((question.asker, row.organisation, row.quarter), question.tick, number, rules.said)
        return Issued(self._name, row.organisation, row.quarter, said)

    def correct(self, organisation: str, quarter: str, was: int, reason: str) -> bytes:
        """Return the signed statement that the number `was` was too large, and the present one is right.

        Whoever was told another number hears the present one next. Raises: `Withheld`, `Malformed`.
        """
        if (row := _epoch((domain(organisation), epoch(quarter)))) is None:
            raise _unknown_epoch(organisation, quarter)
        now = Issued(self._name, organisation, quarter, rules.rounded_up(_members(row)))
        correction = questions.correction(now, was, self._clock.tick(), reason)
        with _transaction():
            Said.objects.filter(organisation=organisation, quarter=quarter).delete()
        return signed(correction, self._keys.identity(self._name))

    def epochs(self) -> list[EpochSummary]:
        """List all epochs that were ever opened, in order."""
        rows = Epoch.objects.order_by("organisation", "quarter")
        return [EpochSummary(row.organisation, row.quarter, row.methods.split(","), row.is_open) for row in rows]

    def settle(self) -> None:
        """Write the whole database anew, so that the layout of its pages does not tell the order of joining.

        Called at every round. What is left in an emptied journal's former blocks on disk is the file system's.

        Raises: `Unavailable` when the database stays busy.
        """
        try:
            write_anew(DATABASE, grid=self._grid)
        except DatabaseError as error:
            raise Unavailable("busy", "The issuer's database is busy. Try again in a moment.") from error


def _unknown_epoch(organisation: str, quarter: str) -> Withheld:
    return Withheld("unknown-epoch", f"{quarter} was never opened for {organisation}.")


# ── tables ──


def _epoch(place: Place) -> Epoch | None:
    return Epoch.objects.filter(organisation=place[0], quarter=place[1]).first()


@contextmanager
def _transaction() -> Iterator[None]:
    """One transaction, on SQLite the only writing one from its start (`transaction_mode` IMMEDIATE)."""
    try:
        with transaction.atomic(using=DATABASE):
            yield
    except DatabaseError as error:
        raise Unavailable("busy", "This is busy right now. Try again in a moment.") from error


def _stays(way: Way, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Refuse to change a setting on which subjects depend, once there may be members."""
    changed = [name for name in way.fixed if before.get(name) != after.get(name)]
    if changed:
        raise Refused(
            "way-fixed",
            f"The setting {changed[0]} is fixed since the first letter: with another one the same people would be "
            "admitted a second time.",
        )


def _opened(organisation: str, method: str | None = None) -> list[str]:
    """Read the open epochs for which a way admits: public knowledge, so its refusal may come before a subject's."""
    rows = Epoch.objects.filter(organisation=organisation, is_open=True).values_list("quarter", "methods")
    found = [quarter for quarter, methods in rows if method is None or method in methods.split(",")]
    if not found:
        raise Refused("no-open-epoch", f"{organisation} has no open letter at the moment. Come back when it has.")
    return found


def _vouching(organisation: str, quarter: str) -> None:
    """Check that members vouch in an epoch. In one that was closed before its used slots are forgotten, so they do not.

    Raises: `Refused`.
    """
    here = Epoch.objects.filter(organisation=organisation, quarter=quarter, members=0).exists()
    if quarter not in _opened(organisation, Vouching.method) or not here:
        raise Refused("other-epoch", "Vouches count in the quarter in which they are given. This one is over.")


def _members(row: Epoch) -> int:
    """Count subjects whose newest epoch is this one or a later one: at least all who were issued this one."""
    if not row.is_open:
        return row.members
    counted = Admission.objects.filter(organisation=row.organisation, newest__gte=row.quarter).count()
    return max(counted, row.members)


def _owner(organisation: str, point: bytes) -> bytes:
    """Find the subject for which a point is in force or waits; empty when there is none."""
    here = Q(organisation=organisation, point=point)
    for table in (Admission, Replacement):
        for (subject,) in table.objects.filter(here).values_list("subject"):
            return bytes(subject)
    return b""


def _asked(organisation: str, point: bytes, subject: bytes, way: Way) -> rules.Asked:
    return rules.Asked(point, way.said, way.method, taken=_owner(organisation, point) not in {b"", subject})


def _state(subject: bytes) -> rules.State:
    """Read all that is known of a subject, by the same three queries whether or not it is known."""
    members = list(Admission.objects.filter(pk=subject).values_list("point", "newest", "method"))
    floors = list(Floor.objects.filter(pk=subject).values_list("quarter", flat=True))
    waiting = list(Replacement.objects.filter(pk=subject).values_list("point", "ready"))
    floor = floors[0] if floors else ""
    return rules.State(
        rules.Member(bytes(members[0][0]), members[0][1], floor, members[0][2]) if members else None,
        rules.Replacement(bytes(waiting[0][0]), waiting[0][1]) if waiting else None,
    )


def _save(subject: bytes, organisation: str, before: rules.State, after: rules.State) -> None:
    """Write what differs."""
    old, new = before.member, after.member
    assert new is not None
    if old is None:
        Admission.objects.create(
            subject=subject, organisation=organisation, point=new.point, newest=new.newest, method=new.method
        )
    elif (old.point, old.newest) != (new.point, new.newest):
        Admission.objects.filter(pk=subject).update(point=new.point, newest=new.newest)
    if old is not None and old.floor != new.floor:
        Floor.objects.update_or_create(subject=subject, defaults={"quarter": new.floor})
    if before.waiting != after.waiting:
        Replacement.objects.filter(pk=subject).delete()
        if after.waiting is not None:
            point, ready = after.waiting.point, after.waiting.ready
            Replacement.objects.create(subject=subject, organisation=organisation, point=point, ready=ready)


def _take_vouch(act: Act) -> bool:
    """Decide about a verified vouch and write it; true where it was there before."""
    (_, own), (other, there) = act.presentations
    slot, invitation = parse_context(act.context)[1], parse_context(other)[1]
    digest = bytes.fromhex(act.digest)
    used = Slot.objects.filter(context=slot, pseudonym=own).values_list("act", flat=True)
    name = {"organisation": act.organisation, "quarter": act.epoch}
    vouched = Vouch.objects.filter(invitation=invitation, pseudonym=there, **name)
    known = rules.Vouches(bytes(used[0]) if used else b"", vouched.exists())
    if rules.vouch(known, digest):
        return True
    Slot.objects.create(context=slot, pseudonym=own, act=digest, **name)
    Vouch.objects.create(invitation=invitation, pseudonym=there, **name)
    return False
