"""Three engines and two ways to multiply say the same; only one of them ever sees a secret."""

import sys
from functools import reduce
from operator import add
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.bbs_samples import CONTEXT, HEADER, MESSAGES, bad_points, dice, issuer, member, some_point
from undersigned.bbs import blind, curve, pseudonym, signature, tables
from undersigned.bbs.ciphersuite import P1, P2, PUBLIC_KEY, R
from undersigned.bbs.curve import BLST
from undersigned.bbs.octets import expand_message, random_scalars
from undersigned.bbs.proof import Verifier
from undersigned.errors import Malformed, Refused, Unavailable

ENGINES = ["blst", "arkworks", "reference"]
FAST = ["blst", "arkworks"]
NAMES = st.binary(max_size=40)
SCALARS = st.one_of(
    st.integers(0, R - 1), st.sampled_from([0, 1, 2, 127, 128, 129, 255, 256, R - 1, R - 2, 1 << 254, 0x80 << 240])
)


# ── decoding ──


@pytest.mark.parametrize("library", ENGINES)
@pytest.mark.parametrize("case", bad_points())
def test_every_engine_refuses_what_is_no_point(library: str, case: str) -> None:
    with pytest.raises(Malformed) as caught:
        curve.engine(library).decode(bad_points()[case], "It")
    assert caught.value.code == "bad-point"


@pytest.mark.parametrize("library", ENGINES)
def test_every_engine_refuses_other_lengths(library: str) -> None:
    good = some_point()
    for octets in (b"", good[:-1], good + b"\x00", good + good):
        with pytest.raises(Malformed) as caught:
            curve.engine(library).decode(octets, "It")
        assert caught.value.code == "bad-length"
    with pytest.raises(Malformed) as caught:
        curve.engine(library).decode_key(good)
    assert caught.value.code == "bad-length"


def bad_keys() -> list[bytes]:
    good = issuer().public
    outside = bytearray(96)
    outside[0] = 0x80
    return [
        b"\xc0" + bytes(95),
        b"\xe0" + bytes(95),
        b"\xc0" + bytes(94) + b"\x01",
        bytes(96),
        bytes([good[0] & 0x7F]) + good[1:],
        bytes([good[0] | 0x40]) + good[1:],
        good[48:] + good[:48],
        b"\xff" * 96,
        *(bytes(outside[:95]) + bytes([x]) for x in range(1, 8)),
    ]


@pytest.mark.parametrize("library", ENGINES)
def test_every_engine_refuses_what_is_no_key(library: str) -> None:
    for octets in bad_keys():
        assert len(octets) == PUBLIC_KEY
        with pytest.raises(Malformed) as caught:
            Verifier(octets, HEADER, library)
        assert caught.value.code == "bad-key"


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(min_size=48, max_size=48), NAMES.map(some_point)), st.integers(0, 383))
def test_engines_read_the_same_points(octets: bytes, bit: int) -> None:
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    for candidate in (octets, bytes(changed)):
        read = []
        for library in ENGINES:
            engine = curve.engine(library)
            try:
                read.append(engine.encode(engine.decode(candidate, "It")))
            except Malformed:
                read.append(b"")
        assert read[0] in {b"", candidate}
        assert read == [read[0]] * len(ENGINES)


# ── arithmetic ──


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(NAMES, SCALARS), max_size=5), st.integers(0, 5))
def test_engines_add_up_to_the_same(terms: list[tuple[bytes, int]], split: int) -> None:
    sums = set()
    for library in ENGINES:
        engine = curve.engine(library)
        points = [(engine.hash_to_point(name, b"tests"), scalar) for name, scalar in terms]
        fixed = [(tables.Base(point), scalar) for point, scalar in points[:split]]
        sums.add(engine.encode(engine.total(fixed, points[split:])))
    assert len(sums) == 1


@settings(max_examples=60, deadline=None)
@given(SCALARS)
def test_a_table_multiplies_as_the_library_does(scalar: int) -> None:
    point = BLST.hash_to_point(b"base", b"tests")
    plus: list[Any] = []
    minus: list[Any] = []
    tables.collect(_ROWS, scalar, plus, minus)
    found = tables.difference(plus, minus, BLST.multiply([]))
    assert BLST.encode(found) == BLST.encode(BLST.multiply([(point, scalar)]))


_BASE = tables.Base(BLST.hash_to_point(b"base", b"tests"))
for _ in range(tables.WORTH_A_TABLE):
    assert _BASE.rows() is None
_ROWS = _BASE.rows() or []


def test_a_table_is_built_once_it_is_worth_it_and_stays_small() -> None:
    assert _BASE.rows() is _ROWS
    size = sum(sys.getsizeof(row) + sum(sys.getsizeof(point) for point in row[1:]) for row in _ROWS)
    assert 500_000 < size < 800_000
    assert 14 * size < 11_000_000, "all generators of the profile together"


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 90), st.integers(0, 2**32))
def test_buckets_weigh_as_the_library_does(count: int, seed: int) -> None:
    draw = dice(str(seed))
    weights = [int.from_bytes(draw(16), "big") for _ in range(count)]
    points = [BLST.hash_to_point(b"%d" % number, b"tests") for number in range(count)]
    slow = BLST.multiply(zip(points, weights, strict=True))
    zero = BLST.multiply([])
    assert BLST.encode(BLST.weighted(points, weights)) == BLST.encode(slow)
    assert BLST.encode(tables.weighted_sum(points, weights, curve.WEIGHT_BITS, zero)) == BLST.encode(slow)


def test_the_sum_of_differences() -> None:
    a, b = (BLST.hash_to_point(name, b"tests") for name in (b"a", b"b"))
    zero = BLST.multiply([])
    whole: Any = reduce(add, [a, b])
    assert tables.difference([a, b], [], zero) == whole
    assert tables.difference([whole], [b], zero) == a
    assert tables.difference([], [a], zero) == tables.difference([zero], [a], zero)


def test_fixed_points_are_those_of_the_curve() -> None:
    assert BLST.encode(BLST.decode(P1, "P1")) == P1
    assert BLST.public_key(1) == P2


# ── verifying ──


@pytest.mark.parametrize("library", ENGINES)
def test_engines_agree_about_presentations(library: str) -> None:
    verifier = Verifier(issuer().public, HEADER, library)
    good = member().present()
    verifier.verify(good)
    assert verifier.verify_batch([good, member("another member").present()], dice("weights")) == {}
    for changed in (
        good.proof[:-1] + bytes([good.proof[-1] ^ 1]),
        good.proof[48:96] + good.proof[:48] + good.proof[96:],
    ):
        wrong = type(good)(good.context_id, good.ph, good.disclosed, good.pseudonym, changed)
        with pytest.raises(Refused):
            verifier.verify(wrong)


@pytest.mark.parametrize("library", FAST)
def test_a_long_run_says_the_same_before_and_after_the_tables(library: str) -> None:
    verifier = Verifier(issuer("long run").public, HEADER, library)
    good = member("long run", "long run").present()
    bad = type(good)(good.context_id, b"other", good.disclosed, good.pseudonym, good.proof)
    for _ in range(tables.WORTH_A_TABLE + 4):
        verifier.verify(good)
        with pytest.raises(Refused):
            verifier.verify(bad)


# ── who may see a secret ──


def test_nothing_secret_meets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """With tables, sums of varying time and the other engines forbidden, everything but verifying still works."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a way that is not for secrets was taken")

    for owner, name in ((tables.Base, "rows"), (curve.BlstEngine, "total"), (curve.BlstEngine, "weighted")):
        monkeypatch.setattr(owner, name, forbidden)
    who = member()
    blind.commit(who.secrets, who.blind, dice("fresh"))
    blind.verify_signature(who.key.public, who.signature, HEADER, MESSAGES, who.secrets, who.blind)
    pseudonym.pseudonym(CONTEXT, who.secrets)
    who.present()
    signature.sign(who.key.secret, who.key.public, HEADER, MESSAGES)
    monkeypatch.setattr(blind, "verify_commitment", lambda octets, **_: octets[:48])
    blind.blind_sign(who.key.secret, who.key.public, who.commitment, HEADER, MESSAGES, bytes(32))
    with pytest.raises(AssertionError):
        Verifier(who.key.public, HEADER)


@pytest.mark.parametrize("library", ["arkworks", "reference"])
def test_other_engines_cannot_multiply_secrets_or_make_keys(library: str) -> None:
    engine = curve.engine(library)
    assert not hasattr(engine, "multiply")
    assert not hasattr(engine, "public_key")


@pytest.mark.parametrize(("library", "module"), [("arkworks", "py_arkworks_bls12381"), ("reference", "py_ecc")])
def test_an_engine_that_is_not_installed(library: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    curve.engine.cache_clear()
    monkeypatch.delitem(sys.modules, f"undersigned.bbs.curve_{library}", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Unavailable) as caught:
        Verifier(issuer().public, HEADER, library)
    assert caught.value.code == "engine-not-installed"
    assert f"undersigned[{library}]" in caught.value.words
    monkeypatch.undo()
    curve.engine.cache_clear()
    assert curve.engine(library).name == library


def test_an_unknown_engine() -> None:
    with pytest.raises(Unavailable) as caught:
        curve.engine("abacus")
    assert caught.value.code == "engine-unknown"


# ── octets ──


def test_broken_randomness_makes_no_scalar() -> None:
    for rng in (bytes, lambda count: R.to_bytes(48, "big") * (count // 48), lambda count: b"\x01" * (count - 1)):
        with pytest.raises(Unavailable):
            random_scalars(3, rng)
        with pytest.raises(Unavailable):
            member().present(rng=rng)


def test_expand_message_has_limits() -> None:
    assert len(expand_message(b"", b"dst", 8160)) == 8160
    for arguments in ((b"", b"dst", 8161), (b"", b"d" * 256, 32)):
        with pytest.raises(ValueError, match="at most"):
            expand_message(*arguments)


def test_keys_need_material() -> None:
    assert 0 < signature.keygen(bytes(32)) < R
    assert signature.keygen(bytes(32)) != signature.keygen(bytes(32), b"another use")
    for material, info in ((bytes(31), b""), (bytes(32), bytes(1 << 16))):
        with pytest.raises(Malformed):
            signature.keygen(material, info)


@settings(max_examples=30, deadline=None)
@given(st.lists(SCALARS.filter(bool), min_size=1, max_size=10), NAMES, NAMES)
def test_pseudonyms_depend_on_context_and_secrets(secrets: list[int], one: bytes, other: bytes) -> None:
    shown = pseudonym.pseudonym(one, secrets)
    assert len(shown) == 48
    assert (shown == pseudonym.pseudonym(other, secrets)) is (one == other)
    assert shown != pseudonym.pseudonym(one, [*secrets[:-1], secrets[-1] % (R - 1) + 1])
    z = pseudonym.point_of_evaluation(one)
    assert pseudonym.evaluate(one, secrets) == sum(a * pow(z, i, R) for i, a in enumerate(secrets)) % R
