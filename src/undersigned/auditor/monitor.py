"""A look at an instance that is made again and again: what it signs, what it serves, and that it takes nothing back.

1. Both checkpoints are signed by the keys pinned at the first look, or asked for by a policy.
2. Both logs grew out of what was seen last: the registry read whole, of the log a proof from its tiles. Where that
   proof fails the log is read whole too, so that damaged tiles and a log of another history are told apart.
3. The registry holds its rules; letters and terms are those that it names; issuers' keys are signed by those given.
4. What is served as script is what the registry says (`auditor.client`).

Presentations are not verified and nothing is counted: that is what an audit is for.

Trust: whoever can modify the state file can make the next look forget what was seen; they cannot make a log look as if
it had grown out of the checkpoints in it. Two signed checkpoints that contradict each other stay in it as evidence.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from undersigned import PROFILE
from undersigned.auditor.findings import Failure, Findings, one_line
from undersigned.auditor.heads import Head, Heads, read_heads
from undersigned.auditor.registry import read_registry
from undersigned.auditor.report import place
from undersigned.auditor.source import LOG, REGISTRY, TROUBLE, Source, within
from undersigned.auditor.state import Earlier
from undersigned.auditor.tree import Tree
from undersigned.errors import Malformed, Unavailable, UndersignedError
from undersigned.tlog.merkle import verify_consistency
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.policy import Log, Policy
from undersigned.tlog.tile import TileReader
from undersigned.values import check_depth, fields, text

FORMAT: Final = "undersigned-monitor/1"
#: Contradictions that are kept: one is enough for a proof.
KEPT: Final = 20
_MAX: Final = 1 << 21
_FIELDS: Final = ("contradictions", "format", "log", "page", "profile", "registry")
#: A finding of these codes means that the checkpoint shown is not one to go on from.
_BROKEN: Final = frozenset(("log-rewritten", "log-shorter", "other-log", "root"))


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two signed checkpoints of one log that cannot both be true: what was seen before, and what was shown."""

    log: str
    seen: str
    shown: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What is kept from one look to the next; `page` says whether the client's files were served."""

    registry: Earlier
    log: Earlier
    page: bool = False
    contradictions: tuple[Contradiction, ...] = ()

    def of(self, log: str) -> Earlier:
        """Return one of the two logs."""
        return self.registry if log == REGISTRY else self.log

    @property
    def policy(self) -> Policy:
        """The policy that asks for the keys pinned at the first look."""
        return Policy(logs=tuple(Log(VerifierKey.parse(each.key)) for each in (self.registry, self.log)))


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found, a sentence each; `trouble` is what may pass. `memory` is None where nothing can be kept."""

    findings: tuple[str, ...]
    trouble: tuple[str, ...]
    memory: Memory | None


def look(
    source: Source,
    policy: Policy | None = None,
    memory: Memory | None = None,
    issuer_keys: Mapping[str, VerifierKey] | None = None,
) -> Looked:
    """Look at an instance once; `issuer_keys` are long-term keys of issuers, by name, from elsewhere.

    Raises: `Unavailable` when it cannot be reached; at a first look also `Withheld` and `Malformed` where there is
    no log to look at.
    """
    findings = Findings()
    try:
        heads = read_heads(source, policy or (memory.policy if memory is not None else None), findings)
    except Unavailable:
        raise
    except UndersignedError as error:
        if memory is None:
            raise
        return Looked((one_line(f"The logs that were here before cannot be read: {error.words}"),), (), memory)
    served = _registry(source, heads, memory, findings, issuer_keys)
    if memory is not None and heads.log.key is not None:
        _log(source, heads.log, memory.log, findings)
    return _told(heads, served, policy, memory, findings)


def _registry(
    source: Source,
    heads: Heads,
    memory: Memory | None,
    findings: Findings,
    issuer_keys: Mapping[str, VerifierKey] | None,
) -> int:
    """Steps 2 to 4 for the registry; how many of the client's files are right."""
    earlier = memory.registry if memory is not None else None
    chunks = Tree(heads.registry, source, findings, earlier).chunks()
    register = read_registry(chunks, source, heads, findings, issuer_keys)
    told = any(each.code.startswith("client-") for each in findings.kept)
    if memory is not None and memory.page and register.registry.client and not register.served and not told:
        words = "The files of the signing and checking page were served before, and are gone."
        findings.fail(4, REGISTRY, None, "client-gone", words)
    return register.served


def _log(source: Source, head: Head, earlier: Earlier, findings: Findings) -> None:
    """Step 2 for the log."""
    old, new = earlier.checkpoint, head.checkpoint
    if 0 < old.size < new.size and head.key == earlier.key:
        # Anything but trouble: the whole log is read to say what is wrong.
        with contextlib.suppress(UndersignedError):
            path = TileReader(new.size, within(source, LOG)).consistency_proof(old.size)
            verify_consistency(old.size, old.root, new.size, new.root, path)
            return
    elif (old, head.key) == (new, earlier.key):
        return
    before = findings.total
    for _ in Tree(head, source, findings, earlier).chunks():
        pass
    if findings.total == before and 0 < old.size < new.size:
        findings.fail(2, LOG, None, "tiles", "Its tiles were not those of its entries when they were first read.")


# ── saying and keeping ──


def _told(heads: Heads, served: int, policy: Policy | None, memory: Memory | None, findings: Findings) -> Looked:
    failures = findings.in_order()
    kept = _remembered(heads, served, memory, failures)
    said = [one_line(_sentence(each, pinned=policy is None)) for each in failures if each.code not in TROUBLE]
    if findings.total > len(failures):
        said.append(f"There are {findings.total - len(failures):,} more findings; an audit names them.")
    if memory is not None and memory.contradictions:
        said.append("At an earlier look two signed checkpoints contradicted each other; they are in the state file.")
    trouble = [one_line(_sentence(each, pinned=False)) for each in failures if each.code in TROUBLE]
    return Looked(tuple(said), tuple(trouble), kept)


def _sentence(failure: Failure, *, pinned: bool) -> str:
    if failure.code == "policy-log" and pinned:
        return f"{place(failure)}: The checkpoint is not signed by the key that was pinned at the first look."
    return f"{place(failure)}: {failure.words}"


def _remembered(heads: Heads, served: int, memory: Memory | None, failures: list[Failure]) -> Memory | None:
    broken = {each.log for each in failures if each.code in _BROKEN or each.step == 1}
    now = {head.log: _earlier(head, memory, keep=head.log in broken) for head in (heads.registry, heads.log)}
    registry, log = now[REGISTRY], now[LOG]
    if registry is None or log is None:
        return None
    if memory is None:
        return Memory(registry, log, served > 0)
    again = [
        Contradiction(head.log, memory.of(head.log).note, head.note.decode())
        for head in (heads.registry, heads.log)
        if _contradicts(head, failures)
    ]
    new = [each for each in again if each not in memory.contradictions]
    kept = (*memory.contradictions, *new)[:KEPT]
    return replace(memory, registry=registry, log=log, page=memory.page or served > 0, contradictions=kept)


def _contradicts(head: Head, failures: list[Failure]) -> bool:
    """Only where the entries do make the new root is it the log that differs, not what is damaged on the way."""
    codes = {each.code for each in failures if each.log == head.log}
    return "log-rewritten" in codes and "root" not in codes and head.key is not None


def _earlier(head: Head, memory: Memory | None, *, keep: bool) -> Earlier | None:
    if keep or head.key is None:
        return memory.of(head.log) if memory is not None else None
    return Earlier(head.note.decode(), head.key, head.checkpoint)


# ── the file ──


def read_memory(path: Path) -> Memory | None:
    """Return what an earlier look left, None where there is no such file.

    Raises: `Malformed` when the file is not what a look writes.
    """
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Malformed("bad-state", f"The state file {path} cannot be read: {error.strerror}.") from error
    try:
        check_depth(octets)
        return _parse(json.loads(octets))
    except (ValueError, UndersignedError) as error:
        words = error.words if isinstance(error, UndersignedError) else "it is not JSON."
        raise Malformed("bad-state", f"The state file {path} is of no use: {words} Remove it to begin anew.") from error


def _parse(value: object) -> Memory:
    got = fields(value, _FIELDS, "The state file")
    if got["format"] != FORMAT or got["profile"] != PROFILE or not isinstance(got["page"], bool):
        raise Malformed("bad-state", "it was written by another version.")
    if not isinstance(got["contradictions"], list):
        raise Malformed("bad-state", "its contradictions are no list.")
    found = tuple(_contradiction(each) for each in got["contradictions"])
    return Memory(Earlier.parse(got[REGISTRY]), Earlier.parse(got[LOG]), got["page"], found)


def _contradiction(value: object) -> Contradiction:
    got = fields(value, ("log", "seen", "shown"), "A contradiction in the state file")
    return Contradiction(**{name: text(each, limit=_MAX, what="A checkpoint") for name, each in got.items()})


def write_memory(path: Path, memory: Memory) -> None:
    """Replace the state file, whole or not at all; nobody else can read it.

    Raises: `Unavailable` when it cannot be written.
    """
    octets = json.dumps(_record(memory), indent=1).encode() + b"\n"
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(octets)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Unavailable("not-written", f"The state file {path} cannot be written: {error.strerror}.") from error


def _record(memory: Memory) -> Mapping[str, Any]:
    logs = {log: {"checkpoint": memory.of(log).note, "key": memory.of(log).key} for log in (REGISTRY, LOG)}
    found = [{"log": each.log, "seen": each.seen, "shown": each.shown} for each in memory.contradictions]
    return {"format": FORMAT, "profile": PROFILE, "page": memory.page, **logs, "contradictions": found}
