"""Every parser against damaged and invented octets: it writes back what it takes, or refuses with words.

No coverage is measured: seeds are the good vectors, damage is of octets and of JSON values, and two seeds
are spliced. Only `Malformed` and `Refused` may come out; what is taken must come back octet for octet.
A failure is printed as hex, with the target's name. `--seed` repeats a run, `--seconds` sets its length.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from harness import Figure, arguments, report

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.formats import REWRITES, changed, seeds  # noqa: E402 - lies with the tests, which use it too
from support.own import key_ring, rule, vectors  # noqa: E402 - as above
from undersigned.bbs.blind import verify_commitment  # noqa: E402 - kept together with the above
from undersigned.errors import Malformed, Refused  # noqa: E402 - as above
from undersigned.holder.wallet import Membership, Wallet  # noqa: E402 - as above
from undersigned.protocol import keeping  # noqa: E402 - as above
from undersigned.protocol.act import SignedAct  # noqa: E402 - as above
from undersigned.protocol.credential import Credential  # noqa: E402 - as above
from undersigned.protocol.presentation import verify  # noqa: E402 - as above
from undersigned.protocol.receipt import open_receipt  # noqa: E402 - as above
from undersigned.tlog.checkpoint import Checkpoint  # noqa: E402 - as above
from undersigned.tlog.cosignature import CosignatureKey, CosignatureVerifierKey  # noqa: E402 - as above
from undersigned.tlog.note import Note, SigningKey, VerifierKey  # noqa: E402 - as above
from undersigned.tlog.policy import Policy, log_only  # noqa: E402 - as above
from undersigned.tlog.proof import TlogProof  # noqa: E402 - as above
from undersigned.tlog.tile import TilePath, encode_bundle, parse_bundle  # noqa: E402 - as above

QUICK: Final = 30
FULL: Final = 900
#: Values that parsers trip over.
VALUES: Final[tuple[object, ...]] = (
    None, True, False, 0, -1, 1, 2**53 - 1, "", " ", "\x00", "é", "e\u0301", "\u2028", "a" * 300, [], {},
    [[]], {"": {}}, "undersigned/1", "example.com", "2026Q4", "2026-02-30", "2026-12-03T00:00:00Z", "0" * 64,
    "AA==", "AB",
)  # fmt: skip
TOKENS: Final = (
    b"", b"\x00", b"\xff", b"\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\r\n", b"\n\n", b"\n", b" ", b'"', b"\\",
    b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b"1e9", b"NaN", b"null", b"=", b"+", b"/", b"_", b"9" * 40,
    "— ".encode(), "\ufeff".encode(),
)  # fmt: skip
LOG: Final = SigningKey("log.example/letters", bytes(range(32)))
WITNESS: Final = CosignatureKey("witness.example/w", bytes(range(1, 33)))

#: Reads octets; gives what it would write, or None where there is nothing to write.
Target = Callable[[bytes], bytes | None]


def _text(parse: Callable[[str], str]) -> Target:
    """A target that reads text: octets that are no UTF-8 never reach it."""

    def target(data: bytes) -> bytes | None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        return parse(text).encode()

    return target


def _reads(parse: Callable[[bytes], object]) -> Target:
    def target(data: bytes) -> None:
        parse(data)

    return target


def _notes() -> dict[str, tuple[Target, list[bytes]]]:
    """Targets of the log's formats."""
    checkpoint = Checkpoint(LOG.name, 3, bytes(range(32)))
    note = Note(checkpoint.text(), (LOG.sign(checkpoint.text()), WITNESS.sign(checkpoint.text(), 1_790_000_000)))
    proof = TlogProof(1, (bytes(32), bytes([1]) * 32), note.encode(), b"extra")
    bundle = encode_bundle([b"one", b"", b"three" * 40])
    policy = f"log {LOG.vkey}\nwitness w {WITNESS.vkey} https://w.example\ngroup g any w\nquorum g\n"
    paths = ["tile/0/000", "tile/0/x001/234.p/17", "tile/entries/x999/999", "tile/62/000.p/1"]
    return {
        "note": (lambda data: Note.parse(data).encode(), [note.encode()]),
        "checkpoint": (_text(lambda text: Checkpoint.parse(text).text()), [checkpoint.text().encode()]),
        "tlog-proof": (lambda data: TlogProof.parse(data).encode(), [proof.encode()]),
        "verifier key": (_text(lambda text: VerifierKey.parse(text).encode()), [LOG.vkey.encode()]),
        "witness key": (_text(lambda text: CosignatureVerifierKey.parse(text).encode()), [WITNESS.vkey.encode()]),
        "tile path": (_text(lambda text: str(TilePath.parse(text))), [path.encode() for path in paths]),
        "entry bundle": (lambda data: encode_bundle(parse_bundle(data, 3)), [bundle]),
        # People write policies by hand, so there are many spellings.
        "policy": (_reads(Policy.parse), [policy.encode(), log_only(LOG.vkey).encode()]),
    }


def _wallet() -> bytes:
    made = Wallet(bytes(range(32)))
    made.trust("https://letters.example", log_only(LOG.vkey))
    held = Credential.parse(vectors("acts.json")["acts"][0]["credentials"][0])
    membership = Membership(
        "https://letters.example", held.issuer, held.attributes.organisation, held.attributes.role_family,
        held.attributes.standing, held.attributes.method, {held.attributes.epoch: held},
    )  # fmt: skip
    made.hold(membership)
    made.keep("https://letters.example", vectors("receipts.json")["good"][0]["note"].encode())
    return made.encoded()


_NAME: Final = "example.com"
_ASKED: Final[tuple[keeping.Request, ...]] = (
    keeping.Evaluate(_NAME, bytes(32)), keeping.Make(_NAME), keeping.Destroy(_NAME, _NAME), keeping.List(),
    keeping.Count(_NAME, bytes(32), "mail", 1),
)  # fmt: skip
_ANSWERED: Final[tuple[keeping.Answer, ...]] = (
    keeping.Evaluated(bytes(32)), keeping.Made(bytes(32)), keeping.Destroyed(_NAME), keeping.Counted(allowed=True),
    keeping.Listed(((_NAME, "there"),)), keeping.Failed("Refused", "not-yours", "Only its own account can."),
)  # fmt: skip


def targets() -> dict[str, tuple[Target, list[bytes]]]:
    """All parsers, each with good octets to start from."""
    own = seeds()
    receipts, acts = vectors("receipts.json"), vectors("acts.json")
    ring, here = key_ring(acts["keys"]), rule(acts["acts"][0]["rule"])
    commitments = [bytes.fromhex(case["commitment"]) for case in vectors("issuance.json")["good"]]
    found: dict[str, tuple[Target, list[bytes]]] = {name: (REWRITES[name], own[name]) for name in REWRITES}
    return found | _notes() | {
        "wallet": (lambda data: Wallet.parse(data).encoded(), [_wallet()]),
        "keeper request": (lambda data: keeping.encoded(keeping.parse_request(data)), [*map(keeping.encoded, _ASKED)]),
        "keeper answer": (lambda data: keeping.encoded(keeping.parse_answer(data)), [*map(keeping.encoded, _ANSWERED)]),
        "signed receipt": (
            _reads(lambda data: open_receipt(data, receipts["keys"])),
            [case["note"].encode() for case in receipts["good"]],
        ),
        "commitment": (_reads(verify_commitment), commitments),
        "presentation": (
            _reads(lambda data: verify(SignedAct.parse(data), here, ring)),
            [acts["acts"][0]["wire"].encode()],
        ),
    }  # fmt: skip


# ── damage ──


def _flip(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) or 1)
    return data[:at] + bytes([data[at] ^ (1 << dice.randrange(8))]) + data[at + 1 :] if data else b"\x00"


def _token(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(TOKENS) + data[at + dice.choice((0, 0, 1, 2, 8)) :]


def _cut(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data) + 1)
    return data[:start] + data[start + dice.randrange(1, 64) :]


def _repeat(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data) + 1)
    end = min(len(data), start + dice.randrange(1, 64))
    return data[:end] + data[start:end] * dice.choice((1, 2, 200)) + data[end:]


def _value(data: bytes, dice: random.Random) -> bytes:
    """One JSON value replaced and the whole written canonically, so that it gets past the JSON reader."""
    try:
        return changed(data, [dice.randrange(40) for _ in range(dice.randrange(1, 5))], dice.choice(VALUES))
    except (ValueError, RecursionError):
        return _token(data, dice)


def damaged(good: list[bytes], dice: random.Random) -> bytes:
    """One to three kinds of damage to one of the seeds, or two of them spliced, or octets of no origin."""
    data = dice.choice(good)
    choice = dice.random()
    if choice < 0.03:
        return dice.randbytes(dice.randrange(200))
    if choice < 0.08:
        other = dice.choice(good)
        return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]
    for _ in range(dice.randrange(1, 4)):
        data = dice.choice((_flip, _token, _cut, _repeat, _value, _value))(data, dice)
    return data


def wrong(target: Target, data: bytes) -> str | None:
    """What is wrong with how a parser met these octets, None where nothing is."""
    try:
        again = target(data)
    except (Malformed, Refused) as error:
        return None if error.code and error.words else "a refusal without words"
    except Exception as error:  # noqa: BLE001 - whatever else comes out is what this program looks for
        return f"{type(error).__name__}: {error}"
    return None if again is None or again == data else "taken, and not written back as it was"


def fuzz(seconds: float, seed: int) -> tuple[dict[str, int], list[str]]:
    """Give every parser its share of the time; the number of inputs by target, and what went wrong."""
    found = targets()
    counts, failures = dict.fromkeys(found, 0), []
    for name, (target, good) in found.items():
        dice = random.Random(f"{seed}/{name}")
        end = time.monotonic() + seconds / len(found)
        while time.monotonic() < end:
            data = damaged(good, dice)
            counts[name] += 1
            reason = wrong(target, data)
            if reason is not None:
                failures.append(f"{name}: {reason}: {data[:4000].hex()}")
                break
    return counts, failures


def _extra(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="where the dice start")
    parser.add_argument("--seconds", type=float, help=f"how long in all ({FULL}; with --quick {QUICK})")


def main() -> int:
    """Fuzz and report."""
    options = arguments(__doc__, _extra)
    seconds = options.rest.seconds or (QUICK if options.quick else FULL)
    counts, failures = fuzz(seconds, options.rest.seed)
    for failure in failures:
        print(failure, file=sys.stderr)
    figures = [
        Figure("parsers that broke", len(failures), "parsers", at_most=0),
        Figure("parsers", len(counts), "parsers", at_least=20),
        Figure("fewest inputs that a parser met", min(counts.values()), "inputs", at_least=50),
        *(Figure(name, count, "inputs") for name, count in counts.items()),
    ]
    return report("fuzz", figures, options, [])


if __name__ == "__main__":
    sys.exit(main())
