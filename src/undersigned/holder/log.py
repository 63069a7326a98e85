"""The log of acts, read whole: nothing looks up a pseudonym, so no server learns whose act was looked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from undersigned.errors import Refused, Withheld
from undersigned.holder.registry import MAX_BUNDLE, MAX_CHECKPOINT, RegistryView, refuse_forked, refuse_shrunk, unsigned
from undersigned.holder.transport import Transport
from undersigned.protocol.act import SignedAct
from undersigned.protocol.entry import Round, parse_log_entry
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.policy import Log, Policy
from undersigned.tlog.proof import TlogProof
from undersigned.tlog.proof import verify as verify_proof
from undersigned.tlog.tile import Rebuilder, TileReader, bundles, read_bundle

#: How an entry that is not an act begins, or goes on: acts have no field of this name.
_ENTRY: Final = b'"entry":"'


def log_policy(policy: Policy, log: VerifierKey) -> Policy:
    """Return the policy for the log that genesis names: the pinned witnesses and quorum, and this log's key.

    Where the pinned policy names logs of this origin itself, it stays as it is.
    """
    if any(each.key.name == log.name for each in policy.logs):
        return policy
    return Policy((Log(log),), policy.witnesses, policy.groups, policy.quorum)


@dataclass(frozen=True)
class Found:
    """One's own act in the log: its index, its entry, and the proof that was verified."""

    index: int
    entry: bytes
    proof: TlogProof


@dataclass
class LogView:
    """A log that was read whole and checked against its signed checkpoint.

    Keeps 33 octets an entry, the acts that were wanted by digest, and which (context, organisation) had
    their last round.
    """

    checkpoint: bytes
    policy: Policy
    key: VerifierKey
    acts: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    ended: set[tuple[str, str]] = field(default_factory=set)
    _files: dict[str, bytes] = field(default_factory=dict, repr=False)

    def find(self, digest: str) -> Found | None:
        """Return the act with this digest, its proof made and verified, or None where it is not in the log.

        Raises: `Refused` when the proof does not hold.
        """
        place = self.acts.get(digest)
        if place is None:
            return None
        index, entry = place
        tiles = TileReader(unsigned(self.checkpoint).size, self._file)
        proof = TlogProof(index, tiles.inclusion_proof(index), self.checkpoint)
        verify_proof(proof, entry, self.key.name, self.key, self.policy)
        return Found(index, entry, proof)

    def _file(self, path: str) -> bytes:
        if path not in self._files:
            raise Withheld("no-file", f"The log has no {path}.")
        return self._files[path]

    def _take(self, index: int, entry: bytes, wanted: Callable[[bytes], bool]) -> None:
        if _ENTRY in entry:
            parsed = parse_log_entry(entry)
            if isinstance(parsed, Round) and parsed.final:
                self.ended.add((parsed.context, parsed.organisation))
        elif wanted(entry):
            self.acts[SignedAct.parse(entry).act.digest] = (index, entry)


def _everything(entry: bytes) -> bool:
    del entry
    return True


def read_log(
    transport: Transport,
    registry: RegistryView,
    policy: Policy,
    seen: bytes | None = None,
    wanted: Callable[[bytes], bool] = _everything,
) -> LogView:
    """Read and check the whole log that a registry names; keep the acts whose entries are `wanted`.

    `seen` is the last signed checkpoint of the log that was checked.
    Raises: `Refused`, `Equivocation`, `Malformed`; `Withheld` and `Unavailable` when something is not served.
    """
    assert registry.registry.genesis is not None, "a registry that was replayed has its first entry"
    key = VerifierKey.parse(registry.registry.genesis.log)
    believed = log_policy(policy, key)
    signed = transport.get("log/checkpoint", MAX_CHECKPOINT)
    head = believed.check(signed, key.name)
    if seen is not None:
        refuse_shrunk(seen, signed)
    view = LogView(signed, believed, key)
    tree = Rebuilder()
    pause = unsigned(seen).size if seen is not None else 0
    if seen is not None and pause == 0:
        refuse_forked(seen, signed, tree.root())
    for path in bundles(head.size):
        entries = read_bundle(path, lambda name: transport.get(f"log/{name}", MAX_BUNDLE))
        for offset, entry in enumerate(entries):
            view._take(tree.size + offset, entry, wanted)  # noqa: SLF001 - the reader fills its own view
        before = max(0, min(pause - tree.size, len(entries)))
        view._files.update(tree.feed(entries[:before]))  # noqa: SLF001 - as above
        if before and tree.size == pause and seen is not None:
            refuse_forked(seen, signed, tree.root())
        view._files.update(tree.feed(entries[before:]))  # noqa: SLF001 - as above
    view._files.update(tree.partial())  # noqa: SLF001 - as above
    if tree.root() != head.root:
        raise Refused("log-root", "The log's entries are not those that its keeper signed.")
    return view
