"""What became of a promise: whether the act behind a receipt is counted (section 5, “Receipt”).

Anyone with the receipt can check it; no secret is needed.
"""

from dataclasses import dataclass

from undersigned.errors import Withheld
from undersigned.holder.log import Found, LogView, read_log
from undersigned.holder.registry import RegistryView
from undersigned.protocol.context import parse_context
from undersigned.protocol.receipt import Receipt, open_receipt
from undersigned.tlog.policy import Policy

COUNTED, WAITING, GOAL_MISSED, CANCELLED, LATE, MISSING = (
    "counted", "waiting", "goal-missed", "cancelled", "late", "missing",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """The state of a promise, in a code and in words; `found` where the act is in the log."""

    state: str
    words: str
    promise: Receipt
    found: Found | None = None

    @property
    def kept(self) -> bool:
        """False where the receipt proves that something was dropped."""
        return self.state != MISSING


def check_receipt(
    receipt: bytes,
    registry: RegistryView,
    policy: Policy,
    now: str,
    log: LogView | None = None,
    withdrawal: str | None = None,
) -> Verdict:
    """Say what became of the act that a receipt promises; `now` is a full hour in UTC.

    `withdrawal` is the digest of the holder's withdrawal, or of the signature where the receipt is for the
    withdrawal, where the holder knows that both were sent: then both may rightly be absent.
    Raises: `Refused` for a receipt that is not from here; as `read_log`.
    """
    promise = open_receipt(receipt, registry.registry.receipt_keys)
    if log is None:
        context = promise.context.encode()
        log = read_log(registry.transport, registry, policy, None, lambda entry: context in entry)
    found = log.find(promise.act)
    if found is not None:
        return Verdict(COUNTED, f"Counted: it is entry {found.index:,} of the public log.", promise, found)
    letter = parse_context(promise.context)[1]
    closed = registry.registry.closed.get(letter)
    if closed is not None and closed.outcome == "goal-missed":
        return Verdict(
            GOAL_MISSED, "The letter missed its goal. Nothing was published and everything was erased.", promise
        )
    ended = closed is not None or (promise.context, promise.organisation) in log.ended
    if not ended:
        return _open(promise, max(promise.deadline, _closes(registry, letter)), now)
    if withdrawal is not None and log.find(withdrawal) is None:
        return Verdict(
            CANCELLED, "Signature and withdrawal met before a count. So neither was ever published.", promise
        )
    return Verdict(
        MISSING,
        "Missing: the last count is published and this is not in it. Unless you signed and withdrew before a count, "
        "this receipt proves that it was dropped. Keep it, and show it to a journalist with a copy of the log.",
        promise,
    )


def _open(promise: Receipt, deadline: str, now: str) -> Verdict:
    day = f"{deadline[:10]}, {deadline[11:16]} UTC"
    if now <= deadline:
        return Verdict(WAITING, f"Not counted yet, and not due before {day}. Check again then.", promise)
    return Verdict(
        LATE,
        f"Not counted yet, though it was due on {day}: the last count is not published. Keep the receipt.",
        promise,
    )


def _closes(registry: RegistryView, digest: str) -> str:
    """When the letter closes by its newest terms; a later closing moves the promise with it."""
    for entry in registry.registry.letters.values():
        if entry.digest == digest and digest not in registry.registry.redacted:
            try:
                return registry.terms(registry.letter(entry.slug))[-1].closes
            except Withheld:
                # Terms that were taken down, all of them, take no promise back.
                return ""
    return ""
