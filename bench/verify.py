"""How long a presentation takes to verify, and a credential to issue, counted in multiplications of the same library.

The case is a letter: organisation and epoch disclosed of six messages, eight nym secrets. The unit is
one multiplication in G1, timed in the same round on the same core. Targets: one presentation at most
30, one in a batch of 1,000 at most 24, one issuance with the check of its commitment at most 30.
"""

import contextlib
import secrets
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from harness import Figure, Rounds, arguments, interleaved, one_core, report
from undersigned.bbs import blind, signature, tables
from undersigned.bbs.ciphersuite import N_SECRETS, R
from undersigned.bbs.curve import BLST, engine
from undersigned.bbs.proof import Statement, Verifier, prove
from undersigned.bbs.pseudonym import pseudonym
from undersigned.errors import Unavailable

BATCH = 1_000
SINGLE = 100
ISSUED = 40
MULTIPLIED = 300
OPTIONAL = ("arkworks", "reference")

HEADER = b'{"issuer":"issuer.example","profile":"undersigned/1"}'
MESSAGES = (b"works.example", b"2026Q4", b"undeclared", b"non-manager", b"code", b"")
CONTEXT = b"undersigned/1/letter/" + b"0" * 64


def _scalar() -> int:
    return 1 + secrets.randbelow(R - 1)


class Case:
    """One issuer, a few members and their presentations under one letter."""

    def __init__(self, members: int, statements: int) -> None:
        self.secret = signature.keygen(secrets.token_bytes(32))
        self.public = signature.public_key(self.secret)
        self.commitments: list[bytes] = []
        self.statements: list[Statement] = []
        for _ in range(members):
            self._join(statements // members)

    def _join(self, acts: int) -> None:
        nyms, blinding = [_scalar() for _ in range(N_SECRETS)], _scalar()
        commitment = blind.commit(nyms, blinding, secrets.token_bytes)
        self.commitments.append(commitment)
        signed = self.issue(commitment)
        blind.verify_signature(self.public, signed, HEADER, MESSAGES, nyms, blinding)
        shown = {0: MESSAGES[0], 1: MESSAGES[1]}
        for _ in range(acts):
            ph = secrets.token_bytes(600)
            proof = prove(
                self.public, signed, HEADER, ph, MESSAGES, [0, 1], nyms, blinding, CONTEXT, secrets.token_bytes
            )
            self.statements.append(Statement(CONTEXT, ph, shown, pseudonym(CONTEXT, nyms), proof))

    def issue(self, commitment: bytes) -> bytes:
        """What an issuer does for one member."""
        return blind.blind_sign(self.secret, self.public, commitment, HEADER, MESSAGES, secrets.token_bytes(32))


class Work:
    """The tasks that are timed; each returns how many items it did."""

    def __init__(self, case: Case, engines: Sequence[str]) -> None:
        self._case = case
        self._verifiers = {name: Verifier(case.public, HEADER, name) for name in ("blst", *engines)}
        self._point = cast("Any", BLST.hash_to_point(b"unit", b"bench"))
        self._scalar = R - _scalar() // 2
        self._base = tables.Base(self._point)

    def multiply(self) -> int:
        """The unit."""
        for _ in range(MULTIPLIED):
            self._point.scalar_mul(self._scalar)
        return MULTIPLIED

    def single(self, name: str = "blst", count: int = SINGLE) -> int:
        """Presentations, one by one."""
        for statement in self._case.statements[:count]:
            self._verifiers[name].verify(statement)
        return count

    def batch(self) -> int:
        """All presentations at once."""
        if self._verifiers["blst"].verify_batch(self._case.statements, secrets.token_bytes):
            sys.exit("A good presentation was refused: the figures mean nothing.")
        return len(self._case.statements)

    def issue(self) -> int:
        """Issuances, each with the check of its commitment."""
        for at in range(ISSUED):
            self._case.issue(self._case.commitments[at % len(self._case.commitments)])
        return ISSUED

    def table(self) -> int:
        """One table of a fixed base."""
        self._base.build()
        return 1


def measure(case: Case, engines: Sequence[str], count: int) -> Rounds:
    """Time everything in turn, round after round, as in a server that has run for a while."""
    work = Work(case, engines)
    tasks = {
        "unit": work.multiply,
        "single": work.single,
        "batch": work.batch,
        "issue": work.issue,
        "table": work.table,
    }
    tasks |= {name: partial(work.single, name, 2) for name in engines}
    interleaved(tasks, rounds=1)
    return interleaved(tasks, count)


def installed(engines: Sequence[str]) -> list[str]:
    """The optional engines that are there."""
    found = []
    for name in engines:
        with contextlib.suppress(Unavailable):
            found.append(engine(name).name)
    return found


def main() -> int:
    """Measure and report."""
    options = arguments(__doc__)
    one_core()
    engines = [] if options.quick else installed(OPTIONAL)
    rounds = measure(Case(members=20, statements=BATCH), engines, 9 if options.quick else 21)
    unit = "multiplications"
    figures = [
        Figure("one presentation verified", rounds.ratio("single", "unit"), unit, at_most=30),
        Figure("one of a batch of 1,000", rounds.ratio("batch", "unit"), unit, at_most=24),
        Figure("one issuance with its commitment's check", rounds.ratio("issue", "unit"), unit, at_most=30),
        Figure("one G1 multiplication", rounds.median("unit") * 1e6, "µs"),
        Figure("one presentation verified, in time", rounds.median("single") * 1e3, "ms"),
        Figure("one of a batch, in time", rounds.median("batch") * 1e3, "ms"),
        Figure("one table built", rounds.median("table") * 1e3, "ms"),
        *(Figure(f"one presentation verified by {name}", rounds.ratio(name, "unit"), unit) for name in engines),
    ]
    left_out = [f"one presentation verified by {name}" for name in OPTIONAL if name not in engines]
    return report("verify", figures, options, left_out)


if __name__ == "__main__":
    sys.exit(main())
