"""Questions of letters elsewhere for numbers of members: who asks, what is answered, and what is taken back."""

from collections.abc import Sequence

from undersigned.asking.pins import Pin
from undersigned.clock import Clock
from undersigned.errors import Malformed, Refused
from undersigned.protocol.entry import Issued, IssuedCorrected
from undersigned.protocol.statement import Correction, Place, Question, read
from undersigned.tlog.note import Note
from undersigned.values import parse_canonical


def asker(data: bytes, askers: Sequence[Pin], name: str, clock: Clock) -> str | None:
    """Return by name which of `askers` asks the issuer of this name, at its full hour; None for all else.

    An old question, or one to another issuer, is in other hands as well: sent here again, it must not use up what its
    asker may ask. It takes one signature to check at most, and none of a question that would not be answered: so it may
    come before anything is counted or looked up.
    """
    try:
        question, note = read(Question, data)
        _for_now(question, name, clock)
        return _known(question, note, askers).key.name
    except (Malformed, Refused):
        return None


def heard(data: bytes, askers: Sequence[Pin], name: str, clock: Clock) -> tuple[Question, list[Place]]:
    """Return a question that the issuer of this name answers now, and those of its places that its asker may ask about.

    Raises: `Malformed`; `Refused` for a question of anybody else, to another, or not at its own full hour.
    """
    question, note = read(Question, data)
    known = _known(question, note, askers)
    _for_now(question, name, clock)
    return question, [place for place in question.places if known.may_ask(place[0])]


def correction(now: Issued, was: int, tick: str, reason: str) -> Correction:
    """Return what takes back the number `was` for the present one. Raises: `Malformed` where that is no less."""
    entry = IssuedCorrected(now.issuer, now.organisation, now.epoch, was, now.at_most, tick, reason)
    return Correction(IssuedCorrected.from_record(parse_canonical(entry.encoded)))


def _for_now(question: Question, name: str, clock: Clock) -> None:
    if question.issuer != name:
        raise Refused("other-issuer", f"This is {name}, not {question.issuer}.")
    if not clock.strikes(question.tick):
        raise Refused("other-tick", "Ask at the full hour that is asked for. Or set the clocks of both right.")


def _known(question: Question, note: Note, askers: Sequence[Pin]) -> Pin:
    for each in askers:
        if each.key.name == question.asker and note.verified([each.key]):
            return each
    raise Refused("unknown-asker", "Numbers are told to letters that this issuer works with. These are others.")
