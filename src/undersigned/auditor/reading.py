"""Steps 4 and 6 for the log: entries parsed, presentations verified (`docs/protocol.md`, section 6).

This is what the worker processes do: it needs no other entry than those that it is given, so that any number of
them work side by side. What depends on order is `rounds` and `uniqueness`.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.protocol.act import MAX_WIRE, SignedAct
from undersigned.protocol.credential import METHOD
from undersigned.protocol.entry import Issued, Round, parse_log_entry
from undersigned.protocol.presentation import Accepts, ContextRule, KeyRing, verify_batch

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ActSeen:
    """What the steps after the proof need of an act; `error` is why its presentation does not hold."""

    context: str
    organisation: str
    epoch: str
    issuers: tuple[str, ...]
    action: str
    pseudonym: bytes
    method: str | None
    error: UndersignedError | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry that is not in the one spelling of a known kind."""

    error: UndersignedError


Seen = Issued | Round | ActSeen | Unread


@dataclass(frozen=True)
class Rules:
    """All that a worker must know: what contexts accept, and the issuers' keys.

    `untold` are contexts of letters that were taken down, each with the keys that stood in the registry before it.
    """

    contexts: Mapping[str, ContextRule]
    untold: Mapping[str, frozenset[Key]]
    keys: Mapping[Key, bytes]
    methods: Mapping[Key, tuple[str, ...]]
    engine: str = "blst"


@dataclass
class Reader:
    """Parses entries and verifies presentations; keeps tables, so one per process."""

    rules: Rules
    _keys: KeyRing = field(init=False)

    def __post_init__(self) -> None:
        self._keys = KeyRing(self.rules.keys, self.rules.engine)

    def read(self, entries: Sequence[bytes], proofs_from: int) -> list[Seen]:
        """Return what each entry is; presentations are verified from place `proofs_from` of the list on."""
        parsed = [_parse(octets) for octets in entries]
        places = [at for at, each in enumerate(parsed) if at >= proofs_from and isinstance(each, SignedAct)]
        errors = dict(
            zip(
                places,
                self._verify([each for each in parsed[proofs_from:] if isinstance(each, SignedAct)]),
                strict=True,
            )
        )
        return [_seen(each, errors.get(at)) if isinstance(each, SignedAct) else each for at, each in enumerate(parsed)]

    def verify(self, octets: Sequence[bytes]) -> list[UndersignedError | None]:
        """Verify acts given as entries: for each, why it does not hold, or None."""
        return self._verify([SignedAct.parse(each) for each in octets])

    def _verify(self, acts: Sequence[SignedAct]) -> list[UndersignedError | None]:
        rules = {**self.rules.contexts, **self._derived(acts)}
        # The kernel's randomness weighs the pairings of a batch.
        outcome = verify_batch(acts, rules, self._keys, os.urandom)
        return [each if isinstance(each, UndersignedError) else None for each in outcome]

    def _derived(self, acts: Iterable[SignedAct]) -> dict[str, ContextRule]:
        """Rules of letters that were taken down, each from its first acts here: all others have to agree."""
        rules: dict[str, ContextRule] = {}
        for act in (signed.act for signed in acts if signed.act.context in self.rules.untold):
            rule = rules.get(act.context) or ContextRule(act.context, "letter", act.epoch, {})
            if act.organisation not in rule.organisations:
                accepts = {
                    **rule.organisations,
                    act.organisation: self._accepts(act.context, act.epoch, act.organisation, act.issuers),
                }
                rules[act.context] = ContextRule(act.context, "letter", rule.epoch, accepts)
        return rules

    def _accepts(self, context: str, epoch: str, organisation: str, issuers: tuple[str, ...]) -> Accepts:
        names = [(issuer, organisation, epoch) for issuer in issuers]
        known = all(name in self.rules.untold[context] for name in names)
        ways = {way for name in names for way in self.rules.methods.get(name, ())}
        # A set of issuers that no act can name stands for keys that were not there before the letter.
        return Accepts(issuers if known else (), frozenset({0, 1, 4} if "vouch" in ways else {0, 1}))


def _parse(octets: bytes) -> Issued | Round | SignedAct | Unread:
    try:
        value = parse_log_entry(octets)
        if isinstance(value, Issued | Round):
            return value
        if len(octets) > MAX_WIRE:
            raise Malformed("too-long", f"The act is longer than {MAX_WIRE:,} octets.")
        return SignedAct.from_record(value)
    except UndersignedError as error:
        return Unread(error)


def _seen(signed: SignedAct, error: UndersignedError | None) -> ActSeen:
    act = signed.act
    # Equal texts as one object: they cross to the parent process once a chunk.
    return ActSeen(
        intern(act.context),
        intern(act.organisation),
        intern(act.epoch),
        tuple(map(intern, act.issuers)),
        intern(act.action),
        act.pseudonym,
        intern(act.disclosed[METHOD]) if METHOD in act.disclosed else None,
        None if error is None else _plain(error),
    )


def _plain(error: UndersignedError) -> UndersignedError:
    """Return the error without the chain of causes, which need not survive a process boundary."""
    kind = type(error) if type(error) in {Malformed, Refused} else Refused
    return kind(error.code, error.words)


# ── in a worker process, which imports this module and what it needs, and nothing else ──

_own: Reader | None = None


def start(rules: Rules) -> None:
    """Make the reader of this process."""
    global _own  # noqa: PLW0603 - a worker process has one reader, made when it starts
    _own = Reader(rules)


def work_on(verb: str, arguments: tuple[object, ...]) -> Any:  # noqa: ANN401 - whatever the verb gives
    """Call a method of this process's reader by its name."""
    return getattr(_own, verb)(*arguments)
