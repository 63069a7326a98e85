"""Letters whose issuer is on another machine: while it is silent or lies only they wait, and nothing is lost."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support import elsewhere, instances
from support.auditing import audited
from support.elsewhere import LIES, UNION, Bend, Elsewhere
from support.instances import CLOSES, HERE, Member, enrol, fresh, letter, opened, sign, terms
from undersigned.asking.issuer import correction_of
from undersigned.asking.pins import Pin, Pins
from undersigned.auditor.audit import Options
from undersigned.bootstrap import Instance
from undersigned.cli.issuer import issuer
from undersigned.clock import LATE
from undersigned.errors import Conflict, Malformed, Refused, Withheld
from undersigned.protocol.entry import IssuedCorrected
from undersigned.protocol.letter import Letter, Organisation
from undersigned.protocol.statement import Correction, Question, read, signed
from undersigned.tlog.note import SigningKey
from undersigned.web import clockwork
from undersigned.web import members as asking
from undersigned.web.operations import Owed, Turn, add_issuer_key, again, correct_issued, open_letter, pin_issuer, turn


@dataclass
class There:
    """An instance with an issuer of its own, a letter of that one, and a letter of an issuer elsewhere."""

    instance: Instance
    union: Elsewhere
    mine: Letter
    theirs: Letter
    members: list[Member]

    def turn(self, tick: str) -> Turn:
        return turn(self.instance, tick)

    def count(self, of: Letter) -> int:
        found = self.instance.ledger.counts(of.context).get(HERE)
        return found.signed if found else 0

    def waiting(self) -> int:
        found = self.instance.ledger.waiting(self.theirs.context).get(HERE)
        return found.acts if found else 0


def _tick(hour: int) -> str:
    return f"2026-12-02T{hour:02}:00:00Z"


def _theirs(slug: str = "theirs", goal: int | None = None) -> Letter:
    return replace(letter(slug, goal), organisations=(Organisation(HERE, (UNION,)),))


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    monkeypatch.setattr(asking, "PATIENCE", 5.0)
    instance = fresh(tmp_path / "instance")
    with elsewhere.elsewhere() as union:
        pin_issuer(instance, Pin.issuer(UNION, union.key.vkey, union.url))
        assert add_issuer_key(instance, union.stated)
        assert not add_issuer_key(instance, union.stated)
        mine, theirs = opened(instance, letter("mine")), _theirs()
        instance.letters.draft(theirs, terms(theirs))
        open_letter(instance, theirs.slug)
        members = [union.admit(number) for number in range(12)]
        union.number = 20
        yield There(instance, union, mine, theirs, members)
    instances.close()


def test_whatever_an_issuer_does_only_its_letters_wait_and_nothing_is_lost(there: There) -> None:
    sign(there.instance, there.members[:10], there.theirs)
    sign(there.instance, enrol(there.instance, 10), there.mine)
    first = there.turn(_tick(0))
    assert [each.count for each in first.report.rounds] == [10, 10]
    assert first.waiting == ()
    sign(there.instance, there.members[10:], there.theirs)
    sign(there.instance, there.members[:10], there.theirs, "withdraw")
    there.union.number = 20
    for hour, lie in enumerate(LIES, 1):
        there.union.bend = lie
        mine = hour in {1, len(LIES)}
        if mine:
            sign(there.instance, enrol(there.instance, 10), there.mine)
        done = there.turn(_tick(hour))
        # The other letter goes on, and the operator is told in a sentence that names letter and issuer.
        assert [each.context for each in done.report.rounds] == [there.mine.context] * mine, lie
        (words,) = done.waiting
        assert words.startswith("theirs waits for the next count: "), lie
        assert there.count(there.theirs) == 10
        assert there.waiting() == 12
    there.union.bend = elsewhere.honest
    done = there.turn(_tick(len(LIES) + 1))
    assert [each.count for each in done.report.rounds] == [12]
    assert (there.count(there.theirs), there.count(there.mine)) == (12, 30)
    assert audited(there.instance.config.public).failures == ()


def test_more_signatures_than_members_wait_until_the_issuer_says_enough(there: There) -> None:
    """A number that is true in form but too low would stand in the log for ever beside more signatures."""
    there.union.number = 10
    sign(there.instance, there.members, there.theirs)
    done = there.turn(_tick(0))
    assert "admitted fewer than signed" in done.waiting[0]
    assert (there.count(there.theirs), there.waiting()) == (0, 12)
    there.union.number = 20
    assert [each.count for each in there.turn(_tick(1)).report.rounds] == [12]


def test_a_letter_does_not_end_while_its_issuer_is_silent(there: There) -> None:
    """Least of all as one that missed its goal: its acts would be erased."""
    sealed = _theirs("sealed", goal=11)
    there.instance.letters.draft(sealed, terms(sealed))
    open_letter(there.instance, sealed.slug)
    for of in (there.theirs, sealed):
        sign(there.instance, there.members, of)
    there.union.bend = elsewhere.silent
    for hour in (0, 1):
        done = there.turn(CLOSES.replace("T00", f"T0{hour}"))
        assert sorted(slug for slug, _ in done.report.waiting) == ["sealed", "theirs"]
        assert done.report.closed == ["mine"][hour:]
        assert done.report.missed == []
    there.union.bend = elsewhere.honest
    done = there.turn(CLOSES.replace("T00", "T02"))
    assert sorted(done.report.closed) == ["sealed", "theirs"]
    assert there.count(sealed) == there.count(there.theirs) == 12
    assert audited(there.instance.config.public).failures == ()


def test_what_is_asked_is_the_same_whatever_waits(there: There) -> None:
    there.turn(_tick(0))
    sign(there.instance, there.members, there.theirs)
    there.turn(_tick(1))
    asked = [read(Question, each)[0] for each in there.union.asked]
    assert [each.tick for each in asked] == [_tick(0), _tick(1)]
    assert asked[0].places == asked[1].places == ((HERE, instances.EPOCH),)
    assert asked[0].nonce != asked[1].nonce
    assert len({len(each) for each in there.union.asked}) == 1


# ── asked again ──


def _published(instance: Instance) -> dict[str, bytes]:
    public = instance.config.public
    return {str(each.relative_to(public)): each.read_bytes() for each in public.rglob("*") if each.is_file()}


def test_who_was_silent_is_asked_again_for_what_waited_and_for_nothing_else(there: There) -> None:
    small = _theirs("small")
    there.instance.letters.draft(small, terms(small))
    open_letter(there.instance, small.slug)
    mine = enrol(there.instance, 10)
    sign(there.instance, there.members[:11], there.theirs)
    sign(there.instance, mine[:9], there.mine)
    sign(there.instance, there.members[:9], small)
    there.union.bend = elsewhere.silent
    done = there.turn(_tick(0))
    assert done.owed.silent == {UNION}
    assert done.owed.rounds == {(there.theirs.context, HERE)}
    # The tenth act of two other letters comes meanwhile: when it came must not show.
    sign(there.instance, mine[9:], there.mine)
    sign(there.instance, there.members[9:], small)
    before = _published(there.instance)
    still = again(there.instance, done.owed)
    assert (still.report.rounds, still.owed) == ([], done.owed)
    assert _published(there.instance) == before
    there.union.bend = elsewhere.honest
    late = again(there.instance, still.owed)
    assert [(each.context, each.tick, each.count) for each in late.report.rounds] == [
        (there.theirs.context, _tick(0), 11)
    ]
    assert (late.waiting, late.owed.silent) == ((), frozenset())
    assert (there.count(there.mine), there.count(small)) == (0, 0)
    assert [each.count for each in there.turn(_tick(1)).report.rounds] == [10, 12]
    assert audited(there.instance.config.public).failures == ()


def test_how_often_is_asked_again_follows_from_silence_alone(there: There) -> None:
    """Whether or not anything waits: the same questions, and the tables are written anew as soon as one is answered."""
    for number, acts in enumerate((0, 12)):
        sign(there.instance, there.members[:acts], there.theirs)
        there.union.asked.clear()
        there.union.bend = elsewhere.silent
        owed = there.turn(_tick(number)).owed
        assert owed.silent == {UNION}
        assert len(owed.rounds) == bool(acts)
        owed = again(there.instance, owed).owed
        there.union.bend = elsewhere.honest
        done = again(there.instance, owed)
        assert len(done.report.rounds) == bool(acts)
        assert done.owed.silent == frozenset()
        assert [read(Question, each)[0].tick for each in there.union.asked] == [_tick(number)] * 3
        assert len({len(each) for each in there.union.asked}) == 1


def test_a_letter_ends_late_when_its_issuer_speaks_late(there: There) -> None:
    sign(there.instance, there.members, there.theirs)
    there.union.bend = elsewhere.silent
    owed = there.turn(CLOSES).owed
    there.union.bend = elsewhere.honest
    done = again(there.instance, owed)
    assert (done.report.closed, there.count(there.theirs)) == (["theirs"], 12)
    assert audited(there.instance.config.public).failures == ()


def test_tries_are_few_bounded_and_stop_when_they_are_told(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockwork, "_left", lambda: 3600.0)
    sign(there.instance, there.members, there.theirs)
    there.union.bend = elsewhere.silent
    owed = there.turn(_tick(0)).owed
    slept: list[float] = []

    def wait(seconds: float) -> bool:
        slept.append(seconds)
        return False

    kept = clockwork.insist(there.instance, owed, wait)
    assert (kept, len(slept)) == (owed, len(asking.PAUSES))
    assert all(most / 2 <= each <= most for each, most in zip(slept, asking.PAUSES, strict=True))
    assert len({each / most for each, most in zip(slept, asking.PAUSES, strict=True)}) > 1
    # Answers are given that long after the hour; the clocks of the two may differ by minutes.
    assert sum(asking.PAUSES) + 10.0 * (len(asking.PAUSES) + 1) < LATE.total_seconds() - 180
    assert clockwork.insist(there.instance, owed, lambda _: True) is None
    monkeypatch.setattr(clockwork, "_left", lambda: 20.0)
    assert clockwork.insist(there.instance, owed, wait) is owed  # the next hour is near: its rounds are not delayed
    monkeypatch.setattr(clockwork, "_left", lambda: 3600.0)
    slept.clear()
    there.union.bend = elsewhere.silent_for(2)
    kept = clockwork.insist(there.instance, owed, wait)
    assert kept is not None
    assert (kept.silent, len(slept), there.count(there.theirs)) == (frozenset(), 3, 12)


def test_what_waited_is_tried_at_the_next_hour_too(there: There) -> None:
    sign(there.instance, there.members, there.theirs)
    there.union.bend = elsewhere.silent
    first = there.turn(_tick(0))
    # An hour at which only endings are due: nobody is asked, and what waited stays owed.
    instances.move(there.instance, _tick(1))
    owed = Owed(tick=_tick(1), regular=False).and_from(first.owed)
    assert (owed.silent, owed.rounds) == (first.owed.silent, first.owed.rounds)
    there.union.bend = elsewhere.honest
    done = again(there.instance, owed)
    assert [(each.tick, each.count) for each in done.report.rounds] == [(_tick(1), 12)]
    # Where all were asked anew, what was owed before is no longer.
    assert Owed(tick=_tick(2)).and_from(first.owed).rounds == frozenset()


# ── a number taken back ──


def _correction(there: There, was: int, at_most: int, hour: int = 1) -> bytes:
    entry = IssuedCorrected(UNION, HERE, instances.EPOCH, was, at_most, _tick(hour), "A zero too many.")
    return signed(Correction(entry), there.union.key)


def _says(there: There) -> int:
    """The union's number that the log says; what else is read from it agrees."""
    (said,) = [number for name, number in there.instance.ledger.said().items() if name[0] == UNION]
    assert [each.at_most for each in there.instance.ledger.figures() if each.issuer == UNION] == [said]
    return said


def _corrected(there: There, note: bytes) -> None:
    correct_issued(there.instance, correction_of(note, there.instance.pins().of_issuer(UNION)))


def test_a_number_that_was_far_too_large_is_taken_back_in_public(there: There, tmp_path: Path) -> None:
    there.union.number = 10_000_000
    sign(there.instance, there.members[:10], there.theirs)
    assert [each.count for each in there.turn(_tick(0)).report.rounds] == [10]
    there.union.number = 20
    sign(there.instance, [there.union.admit(number) for number in range(20, 30)], there.theirs)
    # The right number is less than the log says: for ever, were there no way back.
    assert "than it said before" in there.turn(_tick(1)).waiting[0]
    for wrong, code in (
        (_correction(there, 9_000_000, 20), "other-number"),
        (_correction(there, 10_000_000, 0), "too-small"),
        (signed(read(Correction, _correction(there, 10_000_000, 20))[0], SigningKey(UNION, bytes(32))), "other-key"),
    ):
        with pytest.raises(Refused) as caught:
            _corrected(there, wrong)
        assert caught.value.code == code, caught.value.words
    note = tmp_path / "correction.txt"
    note.write_bytes(_correction(there, 10_000_000, 20))
    done = CliRunner().invoke(issuer, ["corrected", str(note), "--dir", str(there.instance.config.directory)])
    assert done.output == f"The registry says that {UNION} had at most 20 members, not 10,000,000.\n", done.exception
    # At once: with a letter that ended there is no next round.
    assert _says(there) == 20
    assert audited(there.instance.config.public).failures == ()
    assert [each.count for each in there.turn(_tick(2)).report.rounds] == [10]
    report = audited(there.instance.config.public, Options(issuer_keys={UNION: there.union.key.verifier}))
    assert report.failures == ()
    (said,) = [each for each in report.remarks if "took back" in each]
    assert said == (
        f"{UNION} took back its number of members of {HERE} in 2026Q4 on 2026-12-02: not 10,000,000 but at most 20 "
        "(“A zero too many.”)."
    )
    (counted,) = [each for each in report.letters if each.slug == "theirs"]
    assert [each.at_most for each in counted.organisations[0].issued] == [20]
    # From here on nothing falls again.
    there.union.number = 10
    sign(there.instance, [there.union.admit(number) for number in range(40, 50)], there.theirs)
    assert there.turn(_tick(3)).waiting
    with pytest.raises(Refused):
        _corrected(there, _correction(there, 10_000_000, 20))


def test_a_number_that_grew_again_is_not_taken_back_by_an_old_correction(there: There) -> None:
    there.union.number = 30
    sign(there.instance, there.members[:10], there.theirs)
    there.turn(_tick(0))
    _corrected(there, _correction(there, 30, 20))
    assert _says(there) == 20
    there.union.number = 30
    sign(there.instance, [there.union.admit(number) for number in range(20, 30)], there.theirs)
    there.turn(_tick(2))
    assert _says(there) == 30
    there.union.number = 20
    sign(there.instance, [there.union.admit(number) for number in range(30, 40)], there.theirs)
    assert there.turn(_tick(3)).waiting
    assert _says(there) == 30
    # Another one lets it fall once more.
    _corrected(there, _correction(there, 30, 20, hour=3))
    assert _says(there) == 20
    assert audited(there.instance.config.public).failures == ()


def test_a_correction_that_a_crash_kept_from_the_log_is_followed_at_the_next_tick(there: There) -> None:
    there.union.number = 30
    sign(there.instance, there.members[:10], there.theirs)
    there.turn(_tick(0))
    note = _correction(there, 30, 20)
    there.instance.ledger.append_registry(
        [correction_of(note, there.instance.pins().of_issuer(UNION))], {}, there.instance.clock.tick()
    )
    assert [each.at_most for each in there.instance.ledger.figures() if each.issuer == UNION] == [20]
    with pytest.raises(Refused) as caught:
        _corrected(there, _correction(there, 30, 10, hour=2))
    assert caught.value.code == "other-number"
    there.union.number = 20
    assert there.turn(_tick(2)).report.rounds == []
    assert _says(there) == 20
    assert audited(there.instance.config.public).failures == ()


@pytest.mark.parametrize("lie", [elsewhere.other_key, elsewhere.no_form])
def test_between_the_rounds_nobody_is_asked(there: There, lie: Bend) -> None:
    there.union.bend = lie
    there.turn(_tick(0))
    before = len(there.union.asked)
    assert there.instance.letters.asked(_tick(1), regular=False) == {}
    assert asking.ask(there.instance, _tick(1), regular=False) == asking.Asked((), {})
    assert len(there.union.asked) == before


def test_a_letter_whose_issuer_is_not_pinned_waits_and_says_so(there: There) -> None:
    sign(there.instance, there.members, there.theirs)
    Pins().write(there.instance.config.pins)
    assert "not pinned" in there.turn(_tick(0)).waiting[0]


def test_a_pinned_key_never_changes(there: There) -> None:
    other = replace(there.union.key, seed=bytes(32))
    with pytest.raises(Conflict) as caught:
        pin_issuer(there.instance, Pin.issuer(UNION, other.vkey, there.union.url))
    assert caught.value.code == "other-key"
    pin_issuer(there.instance, Pin.issuer(UNION, there.union.key.vkey, "https://union.example"))
    assert [each.url for each in there.instance.pins().issuers] == ["https://union.example"]
    published = (there.instance.config.public / "issuers.json").read_bytes()
    assert published == (
        b'{"issuers":[{"name":"union.example","url":"https://union.example"}],"profile":"undersigned/1"}'
    )


def test_pins_are_read_strictly(there: There) -> None:
    key = there.union.key.vkey
    with pytest.raises(Malformed):
        Pin.issuer("other.example", key, "https://union.example")
    with pytest.raises(Malformed):
        Pin.letters(key, "https://letters.example")
    with pytest.raises(Malformed):
        Pin.issuer(UNION, key, "https://union.example/path")
    with pytest.raises(Withheld):
        there.instance.pins().of_issuer("other.example")
    data = there.instance.pins().encoded()
    assert Pins.parse(data) == there.instance.pins()
    for other in (data + b" ", data.replace(b"union", b"onion"), b"{}", data.replace(b'"letters":[]', b'"letters":{}')):
        with pytest.raises(Malformed):
            Pins.parse(other)


def test_a_second_key_of_an_issuer_is_refused(there: There) -> None:
    other = replace(there.union, secret=there.union.secret + 1)
    with pytest.raises(Refused):
        add_issuer_key(there.instance, other.entry)
