"""Acts over HTTP, durable before the answer, against what two processes verify without HTTP or disk.

Two workers, SQLite with synchronous=FULL, the load generator on the same machine. The baseline runs before and after
in the same run: two processes that parse and verify the same acts one by one, warm.
"""

import http.client
import multiprocessing
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from pathlib import Path

from harness import Figure, arguments, report
from undersigned.bbs.blind import blind_sign, commit
from undersigned.bbs.signature import public_key
from undersigned.bootstrap import create_instance
from undersigned.config import Config
from undersigned.demo.letter import ISSUER, ORGANISATION, SLUG, make
from undersigned.demo.server import Server, free_port
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.letter import Letter
from undersigned.protocol.presentation import Accepts, ContextRule, KeyRing, present, pseudonym_of, verify
from undersigned.web.operations import open_letter

PROCESSES = 2
CONNECTIONS = 32
TARGET = 0.4
Job = tuple[Letter, int, int]


def rule(letter: Letter) -> ContextRule:
    """What the letter accepts."""
    accepts = {ORGANISATION: Accepts((ISSUER,), frozenset({0, 1}))}
    return ContextRule(letter.context, "letter", letter.epoch, accepts)


def make_acts(job: Job) -> list[bytes]:
    """Make `number` real padded acts of fresh members, with the issuer's secret key."""
    letter, secret, number = job
    public, attributes = public_key(secret), Attributes(ORGANISATION, letter.epoch, "undeclared", "undeclared", "code")
    out = []
    for _ in range(number):
        seed = secrets.token_bytes(64)
        commitment = commit(nym_secrets(seed), blind(seed, ISSUER), secrets.token_bytes)
        fresh = secrets.token_bytes(32)
        signature = blind_sign(secret, public, commitment, header(ISSUER), attributes.messages(), fresh)
        act = Act(
            kind="letter",
            action="sign",
            context=letter.context,
            organisation=ORGANISATION,
            epoch=letter.epoch,
            disclosed={0: ORGANISATION, 1: letter.epoch},
            issuers=(ISSUER,),
            pseudonym=pseudonym_of(letter.context, seed),
        )
        held = [Credential(ISSUER, attributes, signature)]
        out.append(present(act, held, {ISSUER: public}, seed, secrets.token_bytes).padded())
    return out


def verify_acts(job: tuple[Letter, bytes, Sequence[bytes]]) -> float:
    """Parse and verify acts one by one, after warming up; return acts a second."""
    letter, public, acts = job
    ring = KeyRing({(ISSUER, ORGANISATION, letter.epoch): public})
    accepted = rule(letter)
    for padded in acts[:100]:
        verify(SignedAct.parse_padded(padded), accepted, ring)
    start = time.perf_counter()
    for padded in acts:
        verify(SignedAct.parse_padded(padded), accepted, ring)
    return len(acts) / (time.perf_counter() - start)


def baseline(pool: ProcessPoolExecutor, letter: Letter, public: bytes, acts: Sequence[bytes]) -> float:
    """Acts a second that two processes verify side by side."""
    jobs = [(letter, public, acts[place::PROCESSES]) for place in range(PROCESSES)]
    return sum(pool.map(verify_acts, jobs))


def send(port: int, acts: Sequence[bytes]) -> tuple[float, list[float]]:
    """Send every act once over many connections; return acts a second and the seconds of each answer."""
    places, lock, taken, wrong = count(), threading.Lock(), [], []

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while (place := next(places)) < len(acts):
            began = time.perf_counter()
            connection.request("POST", "/api/acts", acts[place], {"Content-Type": "application/octet-stream"})
            answer = connection.getresponse()
            answer.read()
            with lock:
                taken.append(time.perf_counter() - began)
                if answer.status != http.HTTPStatus.CREATED:
                    wrong.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(CONNECTIONS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if wrong:
        message = f"{len(wrong)} acts were not accepted, the first with status {wrong[0]}"
        raise SystemExit(message)
    return len(acts) / seconds, taken


def main() -> int:
    """Measure and report."""
    options = arguments(__doc__)
    number = 1_200 if options.quick else 8_000
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        home = Path(folder) / "instance"
        config = Config(home, name="bench.example", url=url, issuer=ISSUER, demo=True, clock="demonstration")
        instance = create_instance(config, "2026-11-23T00:00:00Z")
        letter, terms = make("2026Q4", 10**6, "2026-11-23", "2026-12-23T00:00:00Z")
        instance.letters.draft(letter, terms)
        open_letter(instance, SLUG)
        secret = instance.keys.issuer(ORGANISATION, letter.epoch)
        with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
            share = number // 8
            acts = [act for made in pool.map(make_acts, [(letter, secret, share)] * 8) for act in made]
            before = baseline(pool, letter, public_key(secret), acts)
            with Server(home, port, Path(folder) / "server.log"):
                warm = acts[:150]
                send(port, warm)
                rate, seconds = send(port, acts[150:])
            after = baseline(pool, letter, public_key(secret), acts)
        held = sum(each.acts for each in instance.ledger.waiting(letter.context).values())
    ceiling = (before + after) / 2
    ordered = sorted(seconds)
    figures = [
        Figure("acts held after it, of those sent", held / len(acts), "", at_least=1.0, at_most=1.0),
        Figure("share of what two processes verify without HTTP or disk", rate / ceiling, "", at_least=TARGET),
        Figure("acts accepted durably", rate, "a second"),
        Figure("two processes that only verify", ceiling, "a second"),
        Figure("answer, median", 1000 * statistics.median(ordered), "ms"),
        Figure("answer, 99th percentile", 1000 * ordered[int(len(ordered) * 0.99)], "ms"),
        Figure("acts sent over connections", float(CONNECTIONS), "connections"),
    ]
    return report("ingest", figures, options, not_measured=[])


if __name__ == "__main__":
    sys.exit(main())
