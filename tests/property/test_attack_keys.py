"""Attacks on what signatures bind to: keys under which anybody can sign, and readers that grow without end."""

import time

import pytest

from support.published import ALPHA, EPOCH, METHODS, NAME, ONE, issuer_key
from undersigned.errors import Malformed, UndersignedError
from undersigned.protocol import presentation
from undersigned.protocol.entry import Genesis, IssuerKey, LetterOpened, ReceiptKey, TermsSet, parse_registry_entry
from undersigned.protocol.presentation import KeyRing
from undersigned.protocol.registry import Registry
from undersigned.tlog import note
from undersigned.tlog.cosignature import COSIGNATURE, CosignatureVerifierKey
from undersigned.tlog.note import ED25519, SigningKey, VerifierKey, encode_vkey
from undersigned.values import canonical, sha256_hex

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P


def _xs(y: int) -> list[int]:
    """Both x of a point of edwards25519 with this y."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    root = pow(square, (P + 3) // 8, P)
    for x in (root, root * pow(2, (P - 1) // 4, P) % P):
        if x * x % P == square:
            return [x, -x % P]
    return []


def _add(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    (a, b), (c, d) = one, two
    t = D * a * b * c * d % P
    return (a * d + b * c) * pow(1 + t, P - 2, P) % P, (b * d + a * c) * pow(1 - t, P - 2, P) % P


def _small(y: int) -> bool:
    points = [(x, y % P) for x in _xs(y % P)]
    for point in points:
        out = point
        for _ in range(3):
            out = _add(out, out)
        if out != (0, 1):
            return False
    return bool(points)


def _all_spellings() -> list[bytes]:
    out = []
    for encoded in sorted(note._SMALL_ORDER):
        last = encoded[-1]
        out += [encoded, encoded[:-1] + bytes([last | 0x80])]
    return out


def test_the_list_of_small_points_is_what_the_curve_says() -> None:
    ys = {int.from_bytes(each, "little") for each in note._SMALL_ORDER}
    assert all(_small(y) for y in ys)
    # Eight points: one, one of order two, two of order four, four of order eight; the ys below 2^255 - P also as y + P.
    assert len({y % P for y in ys}) == 5
    assert ys == {each for y in ys for each in (y % P, y % P + P) if each < 2**255}
    assert not _small(int.from_bytes(SigningKey("a", bytes(32)).verifier.public, "little") & (2**255 - 1))


@pytest.mark.parametrize("public", _all_spellings(), ids=bytes.hex)
def test_a_key_under_which_anybody_signs_is_no_key(public: bytes) -> None:
    for name, kind, parse in (
        ("receipts.example", ED25519, VerifierKey.parse),
        ("witness.example", COSIGNATURE, CosignatureVerifierKey.parse),
    ):
        with pytest.raises(Malformed) as caught:
            parse(encode_vkey(name, kind, public))
        assert caught.value.code == "vkey-small-order"
    with pytest.raises(Malformed):
        VerifierKey("receipts.example", public)
    with pytest.raises(Malformed):
        CosignatureVerifierKey("witness.example", public)


def test_such_a_receipt_key_does_not_enter_a_registry() -> None:
    """The identity as key: R the identity, S zero is a signature over anything, so a receipt would prove nothing."""
    vkey = encode_vkey("receipts.example", ED25519, b"\x01" + bytes(31))
    note.check_ed25519(b"\x01" + bytes(31), b"any receipt at all", b"\x01" + bytes(63), "receipts.example")
    with pytest.raises(UndersignedError) as caught:
        parse_registry_entry(canonical({"entry": "receipt-key", "key": vkey}))
    assert caught.value.code == "vkey-small-order"


# ── readers that would grow without end ──


def test_a_ring_keeps_few_verifiers_whatever_the_registry_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Counted:
        def __init__(self, _key: bytes, header: bytes, _engine: str) -> None:
            made.append(header.decode())

    monkeypatch.setattr(presentation, "Verifier", Counted)
    names = [(ONE, f"o{n}.example", EPOCH) for n in range(300)]
    ring = KeyRing(dict.fromkeys(names, b""))
    first = ring.verifier(*names[0])
    assert ring.verifier(*names[0]) is first
    for name in names:
        ring.verifier(*name)
    assert len(made) == 300
    assert ring._verifier.cache_info().currsize == presentation._VERIFIERS


def test_a_long_registry_is_read_in_time_that_grows_with_its_length_alone() -> None:
    registry_key, log_key = (
        SigningKey(f"{NAME}/{name}", sha256_hex(name.encode())[:32].encode()) for name in ("r", "l")
    )
    registry = Registry()
    registry.add(Genesis(NAME, demo=True, registry=registry_key.vkey, log=log_key.vkey).encoded)
    registry.add(ReceiptKey(log_key.vkey).encoded)
    registry.add(IssuerKey(ONE, ALPHA, EPOCH, METHODS[ALPHA], issuer_key(ONE, ALPHA)).encoded)

    def opened(first: int, count: int) -> float:
        entries = [
            entry
            for n in range(first, first + count)
            for digest in [sha256_hex(b"%d" % n)]
            for entry in (LetterOpened(f"letter-{n}", digest).encoded, TermsSet(digest, 1, digest).encoded)
        ]
        began = time.process_time()
        for entry in entries:
            registry.add(entry)
        return time.process_time() - began

    early = opened(0, 500)
    for first in range(500, 5_500, 500):
        late = opened(first, 500)
    # Looking through all letters took twenty times as long for the last five hundred as for the first.
    assert late < 5 * early
