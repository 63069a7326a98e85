"""Generators of G1 that nobody knows a relation between (core draft, create_generators), and the domain made of them.

A signed sum has one slot per scalar. In the blind interfaces the order is: signer messages, the
blind, committed messages, nym secrets.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from undersigned.bbs import ciphersuite
from undersigned.bbs.ciphersuite import Interface
from undersigned.bbs.curve import Engine, Point
from undersigned.bbs.octets import expand_message, hash_to_scalar, i2osp8
from undersigned.bbs.tables import Base


@lru_cache
def create_generators(engine: Engine, api_id: bytes, count: int) -> tuple[Point, ...]:
    """`count` generators of an interface, the first being Q_1. They never change, so they are kept."""
    seed_dst = api_id + b"SIG_GENERATOR_SEED_"
    state = expand_message(api_id + b"MESSAGE_GENERATOR_SEED", seed_dst, 48)
    points = []
    for index in range(1, count + 1):
        state = expand_message(state + i2osp8(index), seed_dst, 48)
        points.append(engine.hash_to_point(state, api_id + b"SIG_GENERATOR_DST_"))
    return tuple(points)


@dataclass(frozen=True, slots=True)
class Layout:
    """How many scalars are signed under an interface: signer messages, committed messages, nym secrets.

    The core interface has neither a blind nor anything committed.
    """

    interface: Interface = ciphersuite.PSEUDONYMOUS
    messages: int = ciphersuite.N_MESSAGES
    committed: int = 0
    secrets: int = ciphersuite.N_SECRETS

    @property
    def slots(self) -> int:
        """Scalars in the signed sum."""
        return self.messages + (self.interface.blinded + self.committed + self.secrets)

    def header(self, header: bytes) -> bytes:
        """The effective header: the nym interface appends the number of secrets as eight octets."""
        return header + i2osp8(self.secrets) if self.secrets else header

    def may_disclose(self, index: int) -> bool:
        """Whether a slot holds a message: the blind and the nym secrets are never disclosed."""
        first = self.messages + self.interface.blinded
        return 0 <= index < self.messages or first <= index < first + self.committed


#: Six signer messages and eight secrets, with pseudonyms.
PROFILE: Final = Layout()


@dataclass(frozen=True, slots=True)
class Generators:
    """The points of one layout: P1, Q_1 and one base per slot; `octets` is Q_1 and the slots, encoded."""

    p1: Point
    q1: Base
    slots: tuple[Base, ...]
    octets: bytes


@lru_cache
def _bases(engine: Engine, api_id: bytes, count: int) -> tuple[Base, ...]:
    return tuple(Base(point) for point in create_generators(engine, api_id, count))


@lru_cache
def generators(engine: Engine, layout: Layout) -> Generators:
    """The generators of a layout, as elements of `engine`."""
    q1, *slots = _bases(engine, layout.interface.api_id, layout.messages + 1)
    if layout.interface.blinded:
        slots += _bases(engine, layout.interface.blind_api_id, 1 + layout.committed + layout.secrets)
    octets = b"".join(engine.encode(base.point) for base in (q1, *slots))
    return Generators(engine.decode(ciphersuite.P1, "P1"), q1, tuple(slots), octets)


def domain(public_key: bytes, layout: Layout, octets: bytes, header: bytes) -> int:
    """The scalar that binds key, generators and header (core draft, calculate_domain; the fixtures include Q_2).

    `octets` are those of `Generators`; `header` is the application's.
    """
    full = layout.header(header)
    body = public_key + i2osp8(layout.slots) + octets + layout.interface.api_id + i2osp8(len(full)) + full
    return hash_to_scalar(body, layout.interface.hash_dst)
