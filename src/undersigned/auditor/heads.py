"""Step 1: both checkpoints, the logs' signatures and the quorum of witnesses (`docs/protocol.md`, section 6).

One policy file names both logs, each with a `log` line; its quorum holds for both. Without a policy the keys
beside the logs are taken: then the server itself said whom to believe.
"""

from dataclasses import dataclass
from typing import Final

from undersigned.auditor.findings import Findings
from undersigned.auditor.source import LOG, REGISTRY, Source
from undersigned.errors import Malformed, UndersignedError
from undersigned.tlog.checkpoint import Checkpoint
from undersigned.tlog.note import Note, VerifierKey
from undersigned.tlog.policy import Policy, log_only

#: How often the two checkpoints are read again when the log grew in between.
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Head:
    """A log's checkpoint; `key` is the verifier key that signed it, None where none did: then nothing is believed."""

    log: str
    note: bytes
    checkpoint: Checkpoint
    key: str | None
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heads:
    """Both checkpoints, of one moment."""

    registry: Head
    log: Head


def parse_policy(octets: bytes) -> Policy:
    """Read a policy file for an audit. Raises: `Malformed`, also when it names no log."""
    policy = Policy.parse(octets)
    if not policy.logs:
        raise Malformed(
            "policy-logs", "The policy names no log: it needs a “log” line for the registry and one for the log."
        )
    return policy


def read_heads(source: Source, policy: Policy | None, findings: Findings) -> Heads:
    """Step 1.

    Raises: `Withheld` or `Unavailable` where there is no checkpoint, `Malformed` where it cannot even be read.
    """
    notes = both_checkpoints(source)
    registry, log = (_head(source, name, notes[name], policy, findings) for name in (REGISTRY, LOG))
    if registry.checkpoint.origin == log.checkpoint.origin or (registry.key and registry.key == log.key):
        findings.fail(1, LOG, None, "same-log", "Registry and log bear the same name or key: they are two logs.")
    return Heads(registry, log)


def both_checkpoints(source: Source) -> dict[str, bytes]:
    """Read both checkpoints of one moment: rounds speak of letters, and closings of rounds, that are there before.

    Raises: `Withheld` or `Unavailable`.
    """
    log = source.read(f"{LOG}/checkpoint")
    for _ in range(_TRIES):
        registry = source.read(f"{REGISTRY}/checkpoint")
        again = source.read(f"{LOG}/checkpoint")
        if again == log:
            break
        log = again
    return {REGISTRY: registry, LOG: log}


def _head(source: Source, log: str, octets: bytes, policy: Policy | None, findings: Findings) -> Head:
    note = Note.parse(octets)
    checkpoint = Checkpoint.parse(note.text)
    try:
        used = policy or Policy.parse(log_only(served_key(source, log)))
        used.check(octets, checkpoint.origin)
        keys = note.verified([each.key for each in used.logs if each.key.name == checkpoint.origin])
        witnesses = tuple(used.witnessed(octets))
    except UndersignedError as error:
        findings.error(1, log, None, error)
        return Head(log, octets, checkpoint, None)
    return Head(log, octets, checkpoint, keys[0].encode(), witnesses)


def served_key(source: Source, log: str) -> str:
    """Return the verifier key that the server shows beside a log. Raises: `Malformed`, `Withheld`."""
    octets = source.read(f"{log}.vkey")
    try:
        text = octets.decode("ascii").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise Malformed("vkey", f"{log}.vkey is not a verifier key.") from error
    return VerifierKey.parse(text).encode()
