"""Questions of letters elsewhere for numbers of members: who asks, what is answered, and what is taken back."""

from collections.abc import Sequence

from undersigned.asking.pins import Pin
from undersigned.clock import Clock
from undersigned.errors import Malformed, Refused
from undersigned.protocol.entry import Issued, IssuedCorrected
from undersigned.protocol.statement import Correction, Place, Question, read
from undersigned.values import parse_canonical


def asker(data: bytes, askers: Sequence[Pin]) -> str | None:
    """Return by name which of `askers` signed a question; None for anybody else, and for what is no question.

    It takes one signature to check at most, and none where the name is not known: so it may come before anything is
    counted or looked up.
    """
    try:
        return _signed(data, askers)[1].key.name
    except (Malformed, Refused):
        return None


def heard(data: bytes, askers: Sequence[Pin], name: str, clock: Clock) -> tuple[Question, list[Place]]:
    """Return a question that the issuer of this name answers now, and those of its places that its asker may ask about.

    Raises: `Malformed`; `Refused` for a question of anybody else, to another, or not at its own full hour.
    """
    question, known = _signed(data, askers)
    if question.issuer != name:
        raise Refused("other-issuer", f"This is {name}, not {question.issuer}.")
    if not clock.strikes(question.tick):
        raise Refused("other-tick", "Ask at the full hour that is asked for. Or set the clocks of both right.")
    return question, [place for place in question.places if known.may_ask(place[0])]


def correction(now: Issued, was: int, tick: str, reason: str) -> Correction:
    """Return what takes back the number `was` for the present one. Raises: `Malformed` where that is no less."""
    entry = IssuedCorrected(now.issuer, now.organisation, now.epoch, was, now.at_most, tick, reason)
    return Correction(IssuedCorrected.from_record(parse_canonical(entry.encoded)))


def _signed(data: bytes, askers: Sequence[Pin]) -> tuple[Question, Pin]:
    question, note = read(Question, data)
    for each in askers:
        if each.key.name == question.asker and note.verified([each.key]):
            return question, each
    raise Refused("unknown-asker", "Numbers are told to letters that this issuer works with. These are others.")
