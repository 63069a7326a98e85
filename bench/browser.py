"""What the browser client costs: a proof, the bytes of the pages, the audit of 1,039 signatures.

Everything happens in the system's own Chromium, driven by Playwright, on this machine. Proofs are made on the page's
main thread, where the browser can be slowed down six times as on a cheap phone; cold is the first one after the script
has been read, warm the median of those after it. Targets: warm 0.25 s, slowed down 1.5 s; what joining with a code
and signing load 80,000 octets with Brotli (English; other languages, passphrases and what is rare load more), the
letter's page 30 KiB before fonts and ring; an audit of 1,039 signatures 120 s, and two Workers at least 1.7 times as
fast as one. A check is started two seconds after its page was opened, as by somebody who chooses what to check: its
Workers have made their tables and given their known answers by then.
"""

import json
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import corpus
from harness import Figure, Options, arguments, report
from undersigned.auditor.page import listen, packed_page
from undersigned.bbs import blind as issuance
from undersigned.bbs import signature
from undersigned.protocol.act import Act
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.presentation import pseudonym_of

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
CLIENT = Path(__file__).parent.parent / "client"
SIGNATURES, FEWER = 1_039, 312
WARM = 7
SLOWER = 6
RUNS = 3
CHOOSING = 2_000
EPOCH, ISSUER, ORGANISATION = "2026Q4", "issuer.example", "example.com"
KIB = 1024

_PREPARE = """
({ act, credential, issuer, key, seed }) => {
  const { protocol, values } = core;
  const random = (length) => crypto.getRandomValues(new Uint8Array(length));
  window.prove = () => {
    const started = performance.now();
    const holding = {
      credentials: [protocol.parseCredential(credential)],
      keys: new Map([[issuer, values.fromHex(key)]]),
      seed: values.fromHex(seed),
    };
    const made = protocol.present(protocol.parseAct(act), holding, random);
    if (made.encoded.length < 1000) throw new Error("that is no presentation");
    return (performance.now() - started) / 1000;
  };
}
"""
_BROTLI = """
const { readFileSync } = require("node:fs");
const { brotliCompressSync } = require("node:zlib");
const size = (path) => brotliCompressSync(readFileSync(path)).length;
console.log(JSON.stringify(Object.fromEntries(process.argv.slice(1).map((path) => [path, size(path)]))));
"""


# ── what is measured with ──


def node() -> str:
    """The program `node`, or the end."""
    found = shutil.which("node")
    if found is None or not (CLIENT / "node_modules" / "esbuild").is_dir():
        raise SystemExit("The client cannot be built here: Node, and (cd client && npm ci --ignore-scripts).")
    return found


def built(folder: Path) -> Path:
    """Build the client into a folder."""
    subprocess.run([node(), "build.mjs", str(folder)], cwd=CLIENT, check=True)
    return folder


def core(folder: Path) -> str:
    """The client's core as one script, built like the application's own."""
    out = folder / "core.js"
    options = ["--bundle", "--format=iife", "--global-name=core", "--minify", "--target=es2020", "--charset=utf8"]
    options += ["--supported:class-field=true", "--supported:class-static-field=true", f"--outfile={out}"]
    program = CLIENT / "node_modules" / ".bin" / "esbuild"
    subprocess.run([str(program), "src/index.ts", *options, "--log-level=error"], cwd=CLIENT, check=True)
    return out.read_text(encoding="utf-8")


class _Mirror(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        """Let other pages read this."""
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    """Serve until the block ends; gives the port."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def brotli(paths: list[Path]) -> dict[str, int]:
    """Octets of files once they are packed, by name."""
    done = subprocess.run([node(), "-e", _BROTLI, *map(str, paths)], capture_output=True, text=True, check=True)
    return {Path(path).name: size for path, size in json.loads(done.stdout).items()}


# ── proofs ──


def member() -> dict[str, object]:
    """What a holder has and signs, as the page takes it."""
    seed = secrets.token_bytes(64)
    secret = signature.keygen(secrets.token_bytes(32))
    said = Attributes(ORGANISATION, EPOCH, "undeclared", "undeclared", "code")
    asked = issuance.commit(nym_secrets(seed), blind(seed, ISSUER), secrets.token_bytes)
    public = signature.public_key(secret)
    signed = issuance.blind_sign(secret, public, asked, header(ISSUER), said.messages(), secrets.token_bytes(32))
    context = f"undersigned/1/letter/{'0a' * 32}"
    act = Act(
        kind="letter",
        action="sign",
        context=context,
        organisation=ORGANISATION,
        epoch=EPOCH,
        disclosed={0: ORGANISATION, 1: EPOCH},
        issuers=(ISSUER,),
        pseudonym=pseudonym_of(context, seed),
    )
    credential = Credential(ISSUER, said, signed).record()
    return {"act": act.record(), "credential": credential, "issuer": ISSUER, "key": public.hex(), "seed": seed.hex()}


def proofs(browser: Browser, script: str, slower: int) -> tuple[float, float]:
    """Seconds of a first proof and of later ones, on a processor that is so many times slower."""
    page = browser.new_page()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto("about:blank")
    page.add_script_tag(content=script)
    page.evaluate(_PREPARE, member())
    first, *later = (float(page.evaluate("prove()")) for _ in range(1 + WARM))
    page.close()
    return first, statistics.median(later)


def of_proofs(browser: Browser, folder: Path) -> list[Figure]:
    """Proofs at the processor's own speed and slowed down; of several runs the quickest."""
    script, figures = core(folder), []
    for slower, most in ((1, 0.25), (SLOWER, 1.5)):
        runs = [proofs(browser, script, slower) for _ in range(RUNS)]
        cold, warm = (min(each) for each in zip(*runs, strict=True))
        at = "" if slower == 1 else f", processor {slower} times slower"
        figures.append(Figure(f"a proof, cold{at}", cold, "seconds"))
        figures.append(Figure(f"a proof, warm{at}", warm, "seconds", at_most=most))
    return figures


# ── bytes ──


def of_bytes(client: Path, folder: Path) -> list[Figure]:
    """What a phone loads."""
    files = list((client / "client").iterdir())

    def packed(*patterns: str) -> float:
        found = [path for path in files if any(path.match(pattern) for pattern in patterns)]
        return sum(brotli(found).values()) / KIB

    pages = [brotli([client / path / "index.html"])["index.html"] / KIB for path in ("sign", "check/run")]
    signing = pages[0] + packed("sign.*", "sign-code.*", "worker.*")
    return [
        Figure("the letter's page, with its style", letter(folder), "KiB", at_most=30),
        Figure("what joining and signing load", round(signing * KIB), "octets", at_most=80_000),
        Figure("what is rare loads besides", packed("sign-more.*", "worker-more.*"), "KiB"),
        Figure("what a passphrase loads besides", packed("seal.*"), "KiB"),
        Figure("what checking loads", pages[1] + packed("check.*", "check-worker.*"), "KiB"),
    ]


def letter(folder: Path) -> float:
    """KiB of a letter's page and what it needs to be shown, fonts and ring apart."""
    subprocess.run([sys.executable, __file__, "--letter", str(folder / "instance")], check=True)
    public = folder / "instance" / "public"
    needed = [public / "letters" / "letter" / "index.html", *(public / "assets").glob("*.css")]
    return sum(brotli(needed).values()) / KIB


def make_letter(directory: Path) -> None:
    """Make an instance with a letter whose page is that of any letter; in a process of its own, for Django's sake."""
    from undersigned.bootstrap import create_instance  # noqa: PLC0415 - Django is set up by it
    from undersigned.config import Config  # noqa: PLC0415 - as above
    from undersigned.protocol.letter import Letter, Organisation, Terms, Text, Workforce  # noqa: PLC0415 - as above
    from undersigned.web.operations import open_letter  # noqa: PLC0415 - as above

    config = Config(directory, "letters.example", "https://letters.example", ISSUER, demo=True, clock="demonstration")
    instance = create_instance(config, "2026-10-01T00:00:00Z")
    sentences = " ".join(["We ask for what was promised to us in spring."] * 8)
    body = "\n\n".join(f"Paragraph {number}. {sentences}" for number in range(6))
    text = Text("en", "On the machines that read our messages", body, tuple(f"Demand {number}." for number in range(5)))
    made = Letter("letter", "To the board", EPOCH, None, (Organisation(ORGANISATION, (ISSUER,)),), (text,), "t2026-1")
    figures = (Workforce(ORGANISATION, 21_000, "2026-01-31", "annual report"),)
    instance.letters.draft(made, Terms(made.digest, 1, "2026-10-01", "2026-12-01T00:00:00Z", figures))
    open_letter(instance, made.slug)


# ── audits ──


def audit(page: Page, address: str, workers: int, signatures: int) -> float:
    """Seconds of a whole check in the browser, by the page's own clock."""
    page.goto("about:blank")
    page.goto(address)
    page.get_by_text("Keys, and how many Workers").click()
    page.get_by_role("spinbutton", name="Workers").fill(str(workers))
    page.wait_for_timeout(CHOOSING)
    page.get_by_role("button", name="Start the check").click()
    page.get_by_role("button", name="Save the result").wait_for(timeout=600_000)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the result").click()
    said = json.loads(waiting.value.path().read_bytes())
    if not said["passed"] or said["verified"] != signatures or said["workers"] != workers:
        raise SystemExit("The check of an honest log does not pass: nothing here means anything.")
    return float(said["seconds"])


def of_audits(browser: Browser, client: Path, folder: Path, signatures: int) -> list[Figure]:
    """The whole audit, with one Worker and with two in turn; of several runs the quickest."""
    log = corpus.write(folder / "log", signatures)
    mirror = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Mirror, directory=str(log)))
    with serving(mirror) as port, listen(packed_page(client), 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        address = f"{server.address}#http://127.0.0.1:{port}"
        runs = [(audit(page, address, 1, signatures), audit(page, address, 2, signatures)) for _ in range(RUNS)]
        page.close()
        server.shutdown()
    one, two = (min(each) for each in zip(*runs, strict=True))
    return [
        Figure("signatures audited", signatures, "signatures"),
        Figure("audit with one Worker", one, "seconds"),
        Figure("audit with two Workers", two, "seconds", at_most=120 * signatures / SIGNATURES),
        # Of few signatures the start of the Workers and their tables are a large part.
        Figure("two Workers against one", one / two, "times as fast", at_least=1.7 if signatures > FEWER else None),
        Figure("one signature", 1000 * one / signatures, "milliseconds of a core"),
    ]


def main(options: Options) -> int:
    """Measure and report."""
    signatures = FEWER if options.quick else SIGNATURES
    fewer = f"an audit of {SIGNATURES:,} signatures, and how much two Workers gain: {FEWER:,} stand for them"
    left = [fewer] if options.quick else []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        client = built(folder / "client")
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        figures = [
            *of_proofs(browser, folder),
            *of_bytes(client, folder),
            *of_audits(browser, client, folder, signatures),
        ]
        browser.close()
    return report("browser", figures, options, left)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--letter"]:
        make_letter(Path(sys.argv[2]))
    else:
        sys.exit(main(arguments(__doc__)))
