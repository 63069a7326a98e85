"""Acts that wait at the same time are checked together: one look at what is published, and pairings that are merged.

That costs less than one by one. One bad proof takes no other with it, and nothing gets in beside it: the weights are
drawn after all proofs are there.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from undersigned.batches import Batches
from undersigned.bbs.octets import Rng
from undersigned.errors import UndersignedError
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.presentation import ContextRule, KeyRing, VerifiedAct, verify_batch

#: Acts that are checked at once at most: whoever comes late waits for this many.
MOST: Final = 32

#: A receipt that was given before, or the evidence that the proofs hold.
Checked = bytes | VerifiedAct
#: Receipts of acts that are published already, None for others, in their places.
Known = Callable[[Sequence[Act]], Sequence[bytes | UndersignedError | None]]


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """What acts are checked against: what each context accepts, and the issuers' keys."""

    rules: Mapping[str, ContextRule]
    ring: KeyRing


@dataclass(frozen=True, slots=True)
class _Claim:
    signed: SignedAct
    grounds: Grounds


class Checking:
    """Checks acts for many threads."""

    def __init__(self, known: Known, rng: Rng = secrets.token_bytes) -> None:
        self._known = known
        self._rng = rng
        self._batches: Batches[_Claim, Checked] = Batches(self._check, window=0, most=MOST)

    def check(self, signed: SignedAct, grounds: Grounds) -> Checked:
        """Check one act, together with those that wait.

        Raises: `Conflict` when what is published excludes it; `Refused` or `Malformed` when a proof does not hold.
        """
        return self._batches.put(_Claim(signed, grounds))

    def _check(self, claims: Sequence[_Claim]) -> list[Checked | Exception]:
        outcomes: dict[int, Checked | Exception] = {}
        unknown: dict[int, tuple[Grounds, list[int]]] = {}
        for place, answer in enumerate(self._known([each.signed.act for each in claims])):
            if answer is None:
                grounds = claims[place].grounds
                unknown.setdefault(id(grounds), (grounds, []))[1].append(place)
            else:
                outcomes[place] = answer
        for grounds, places in unknown.values():
            acts = [claims[place].signed for place in places]
            outcomes |= zip(places, verify_batch(acts, grounds.rules, grounds.ring, self._rng), strict=True)
        return [outcomes[place] for place in range(len(claims))]
