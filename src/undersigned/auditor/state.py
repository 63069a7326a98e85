"""Step 3's memory: the checkpoints of an earlier audit that held, in a file of the auditor's own.

Whoever can change this file can make the next audit believe that proofs were checked which were not; they cannot
make it accept a log that does not grow out of the checkpoints in the file. The checkpoints are kept signed:
two that contradict each other are proof that the server showed two logs.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from undersigned import PROFILE
from undersigned.auditor.heads import Head, Heads
from undersigned.auditor.source import LOG, REGISTRY
from undersigned.errors import Malformed, UndersignedError
from undersigned.tlog.checkpoint import Checkpoint
from undersigned.tlog.note import Note, VerifierKey
from undersigned.values import check_depth, fields, text

FORMAT: Final = "undersigned-audit-state/1"
_MAX: Final = 1 << 21


@dataclass(frozen=True, slots=True)
class Earlier:
    """One log as an earlier audit saw it and found it right."""

    note: str
    key: str
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, value: object) -> "Earlier":
        """Read a log's part of the file, its signature checked. Raises: `Malformed`, `Refused`."""
        got = fields(value, ("checkpoint", "key"), "A log in the state file")
        key = VerifierKey.parse(text(got["key"], what="The key in the state file"))
        note = Note.parse(text(got["checkpoint"], limit=_MAX, what="The checkpoint in the state file").encode())
        if not note.verified([key]):
            raise Malformed("state-unsigned", "A checkpoint in the state file is not signed by the key beside it.")
        return cls(got["checkpoint"], got["key"], Checkpoint.parse(note.text))


@dataclass(frozen=True, slots=True)
class State:
    """Both logs as an earlier audit saw them."""

    registry: Earlier
    log: Earlier

    def of(self, log: str) -> Earlier:
        """Return one of the two."""
        return self.registry if log == REGISTRY else self.log


def read_state(path: Path) -> State | None:
    """Return what an earlier audit left, None where there is no such file.

    Raises: `Malformed` when the file is not what an audit writes.
    """
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Malformed("bad-state", f"The state file {path} cannot be read: {error.strerror}.") from error
    try:
        check_depth(octets)
        got = fields(json.loads(octets), ("format", "log", "profile", "registry"), "The state file")
        if got["format"] != FORMAT or got["profile"] != PROFILE:
            raise Malformed("bad-state", "it was written by another version")
        return State(Earlier.parse(got[REGISTRY]), Earlier.parse(got[LOG]))
    except (ValueError, UndersignedError) as error:
        words = error.words if isinstance(error, UndersignedError) else "it is not JSON."
        raise Malformed("bad-state", f"The state file {path} is of no use: {words} Remove it to begin anew.") from error


def write_state(path: Path, heads: Heads) -> None:
    """Keep the checkpoints of an audit that held, in place of those of an earlier one."""
    value = {"format": FORMAT, "profile": PROFILE} | {head.log: _record(head) for head in (heads.registry, heads.log)}
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(json.dumps(value, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _record(head: Head) -> dict[str, str | None]:
    return {"checkpoint": head.note.decode(), "key": head.key}
