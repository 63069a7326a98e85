"""Trust policies (C2SP tlog-policy): which logs, which witnesses, and how many of them must agree.

People write this file, so blank lines, comments and runs of spaces and tabs are allowed as in the
specification; `Policy.text` writes the plain form. Only Ed25519 keys are understood: logs of
signature type 0x01, witnesses of type 0x04.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from undersigned.errors import Malformed, Refused
from undersigned.tlog.checkpoint import Checkpoint, read_signed
from undersigned.tlog.cosignature import CosignatureVerifierKey
from undersigned.tlog.note import Note, VerifierKey

#: Octets of the longest policy.
MAX_POLICY: Final = 64 * 1024
#: Lines of each kind at most.
MAX_LINES: Final = 256
NONE: Final = "none"

_CONTROL = re.compile(r"[^\t\n\x20-\x7e\x80-\U0010ffff]")
_BLANKS = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Log:
    """A log that is trusted to sign; its key's name is its origin."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True)
class Witness:
    """A witness that may cosign."""

    key: CosignatureVerifierKey
    url: str | None = None


@dataclass(frozen=True)
class Group:
    """At least `needed` of the `members` (names of witnesses and groups) must have agreed."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A set of logs, named witnesses and groups in their order, and the name that must agree."""

    logs: tuple[Log, ...] = ()
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Read a policy.

        Octets that are not UTF-8 are kept as they are in names, addresses and comments, as the
        specification wants. Raises: `Malformed` naming the line.
        """
        # surrogateescape keeps foreign octets apart; a key's name with one is refused.
        plain = text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text
        if len(plain) > MAX_POLICY:
            raise Malformed("too-long", f"The policy is longer than {MAX_POLICY:,} characters.")
        if _CONTROL.search(plain):
            raise Malformed("policy-control", "The policy holds a control character other than tab and line end.")
        if not plain.endswith("\n"):
            raise Malformed("policy-line", "The last line of the policy has no line end.")
        reader = _Reader()
        for number, line in enumerate(plain[:-1].split("\n"), 1):
            try:
                reader.line(line)
            except Malformed as error:
                raise Malformed(error.code, f"Line {number} of the policy: {error.words}") from error
        if reader.quorum is None:
            raise Malformed("policy-quorum", "The policy has no quorum line.")
        return cls(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)

    def text(self) -> str:
        """Return the policy in its plain form, which `parse` reads."""
        lines = [_line("log", log.key.encode(), log.url) for log in self.logs]
        lines += [_line("witness", name, w.key.encode(), w.url) for name, w in self.witnesses.items()]
        lines += [_line("group", name, str(g.needed), *g.members) for name, g in self.groups.items()]
        return "".join([*lines, _line("quorum", self.quorum)])

    def check(self, checkpoint: bytes, origin: str, key: VerifierKey | None = None) -> Checkpoint:
        """Return the checkpoint of the log `origin`, believed under this policy.

        Where the policy names no log at all, `key` is the log's, known from elsewhere.
        Raises: `Malformed`; `Refused` when the log's signature or the quorum is missing, or when a
        known log's or witness's signature does not hold.
        """
        note = Note.parse(checkpoint)
        named = [log.key for log in self.logs] or ([] if key is None else [key])
        if not note.verified([k for k in named if k.name == origin]):
            raise Refused("policy-log", f"No log that the policy knows as “{origin}” signed the checkpoint.")
        agreed = set(self._agreed(note))
        for name, group in self.groups.items():
            if sum(member in agreed for member in group.members) >= group.needed:
                agreed.add(name)
        if self.quorum != NONE and self.quorum not in agreed:
            raise Refused("policy-quorum", "Not enough witnesses cosigned the checkpoint.")
        return read_signed(note, origin)

    def witnessed(self, checkpoint: bytes) -> dict[str, int]:
        """Return the witnesses that cosigned, by name, with the POSIX time in seconds of each.

        Raises: `Malformed`; `Refused` when a known witness's cosignature does not hold.
        """
        return self._agreed(Note.parse(checkpoint))

    def _agreed(self, note: Note) -> dict[str, int]:
        """Latest time of each witness that cosigned; a bad cosignature of any raises."""
        out = {}
        for name, witness in self.witnesses.items():
            times = [witness.key.timestamp(note.text, s.signature) for s in note.of(witness.key)]
            if times:
                out[name] = max(times)
        return out


def log_only(vkey: str) -> str:
    """Return the policy that trusts one log and asks for no witness."""
    return _line("log", vkey) + _line("quorum", NONE)


def _line(*items: str | None) -> str:
    return " ".join(item for item in items if item is not None) + "\n"


class _Reader:
    """What the lines of a policy have defined so far."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def line(self, line: str) -> None:
        """Read one line. Raises: `Malformed`."""
        keyword, *items = _BLANKS.split(line.strip(" \t"))
        if not keyword or keyword.startswith("#"):
            return
        readers = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}
        if keyword not in readers:
            raise Malformed("policy-line", "a line begins with log, witness, group or quorum.")
        readers[keyword](items)

    def _log(self, items: Sequence[str]) -> None:
        key, url = _items(items, 1, "log <vkey> [<url>]")
        log = Log(VerifierKey.parse(key[0]), url)
        if any(other.key.public == log.key.public for other in self.logs):
            raise Malformed("policy-duplicate", "this log stands in the policy already.")
        _room(self.logs)
        self.logs.append(log)

    def _witness(self, items: Sequence[str]) -> None:
        (name, key), url = _items(items, 2, "witness <name> <vkey> [<url>]")
        witness = Witness(CosignatureVerifierKey.parse(key), url)
        self._new(name)
        if any(other.key.public == witness.key.public for other in self.witnesses.values()):
            raise Malformed("policy-duplicate", "this witness stands in the policy already.")
        _room(self.witnesses)
        self.witnesses[name] = witness

    def _group(self, items: Sequence[str]) -> None:
        if len(items) < 3:  # noqa: PLR2004 - a name, a number and one member, as the sentence says
            raise Malformed("policy-line", "a group is written group <name> <number> <name>…")
        name, count, *members = items
        self._new(name)
        for member in members:
            self._known(member)
            # Once in all groups: so a witness can count in one way only.
            if member in self._members:
                raise Malformed("policy-duplicate", f"“{_shown(member)}” is in a group already.")
            self._members.add(member)
        _room(self.groups)
        self.groups[name] = Group(_needed(count, len(members)), tuple(members))

    def _quorum(self, items: Sequence[str]) -> None:
        if len(items) != 1 or self.quorum is not None:
            raise Malformed("policy-quorum", "there is one quorum line, written quorum <name>.")
        if items[0] != NONE:
            self._known(items[0])
        self.quorum = items[0]

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Malformed("policy-duplicate", f"the name “{_shown(name)}” is taken.")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise Malformed("policy-name", f"“{_shown(name)}” is not defined on a line before.")


def _shown(name: str) -> str:
    """Return a name for a sentence: short, and without the octets that no text can hold."""
    return name[:80].encode("utf-8", "replace").decode()


def _items(items: Sequence[str], count: int, form: str) -> tuple[Sequence[str], str | None]:
    """Return `count` items and the address after them, if any."""
    if not count <= len(items) <= count + 1:
        raise Malformed("policy-line", f"this line is written {form}.")
    return items[:count], items[count] if len(items) > count else None


def _needed(count: str, members: int) -> int:
    """How many members must agree."""
    if count in {"any", "all"}:
        return 1 if count == "any" else members
    if not _COUNT.fullmatch(count) or int(count) > members:
        raise Malformed("policy-count", f"a group of {members} needs all, any or a number from 1 to {members}.")
    return int(count)


def _room(lines: Sequence[object] | Mapping[str, object]) -> None:
    if len(lines) >= MAX_LINES:
        raise Malformed("policy-lines", f"a policy has at most {MAX_LINES} lines of a kind.")
