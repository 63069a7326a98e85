"""An issuer and letters as two instances, served as `undersigned serve` does it, each with a folder of its own.

Every process of theirs notes which files it opens, so that tests can see whether one opened a file of the other.
"""

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from support.instance_double import ORGANISATION
from support.serving import free_port, gone
from undersigned.cli.letter_file import EXAMPLE
from undersigned.holder.client import Client
from undersigned.holder.transport import HttpTransport, Transport
from undersigned.holder.wallet import Wallet
from undersigned.tlog.policy import log_only

LETTERS, ISSUER, SLUG = "letters.example", "issuer.example", "on-how-ai-is-used-here"
BEGIN, EPOCH = "2026-12-01T00:00:00Z", "2026Q4"
_CODE = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\b")

#: Put where Python looks for it, this notes every file of either machine that is opened, and every database.
_NOTING = """
import os, sys
_out = os.open(os.environ["OPENED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_both = os.path.dirname(os.path.dirname(os.environ["OPENED"]))
def _note(event, arguments):
    if event in ("open", "sqlite3.connect") and isinstance(arguments[0], (str, bytes, os.PathLike)):
        path = os.path.join(os.getcwd(), os.fsdecode(arguments[0]).removeprefix("file:").partition("?")[0])
        if path.startswith(_both):
            os.write(_out, os.path.realpath(path).encode() + b"\\n")
sys.addaudithook(_note)
"""
#: Makes a demonstration, whose clock can be moved, and runs commands, all in one process.
_SETUP = """
import json, sys
from pathlib import Path
from undersigned.bootstrap import create_instance
from undersigned.cli.app import app
from undersigned.config import Config
folder, name, issuer, url, room, steps = sys.argv[1:]
if not Path(folder).exists():
    config = Config(Path(folder), name, url, issuer, True, "demonstration", workers=1, room=room)
    instance = create_instance(config, "2026-12-01T00:00:00Z")
    key = instance.keys.identity(issuer) if room == "issuer" else instance.keys.signing("registry", name)
    print(key.vkey)
for step in json.loads(steps):
    app([*step, "--dir", folder], standalone_mode=False)
"""
#: Runs commands as `undersigned` does, all in one process: what each said, and its exit code.
_COMMANDS = """
import contextlib, io, json, sys
from undersigned.cli import main
done = []
for step in json.loads(sys.argv[1]):
    said, sys.argv = io.StringIO(), ["undersigned", *step]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as end:
            done.append([end.code, said.getvalue()])
print(json.dumps(done))
"""


@dataclass
class Machine:
    """One side: a folder that holds its instance and nothing of the other's."""

    top: Path
    room: str
    name: str
    port: int = field(default_factory=free_port)
    key: str = ""
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def folder(self) -> Path:
        return self.top / "instance"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        (self.top / "noting").mkdir(parents=True, exist_ok=True)
        (self.top / "noting" / "sitecustomize.py").write_text(_NOTING)
        return os.environ | {"PYTHONPATH": str(self.top / "noting"), "OPENED": str(self.top / "opened.txt")}

    def opened(self) -> set[Path]:
        """Every file that a process of this machine opened."""
        return {Path(line) for line in (self.top / "opened.txt").read_text().splitlines()}

    def python(self, *arguments: str, typed: str = "", code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            input=typed,
            env=self.environment,
            cwd=self.top,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def command(self, *arguments: str) -> str:
        return self.python("-m", "undersigned", *arguments, "--dir", str(self.folder))

    def commands(self, *steps: list[str]) -> list[tuple[int, str]]:
        """Run commands, one after the other in one process."""
        said = self.python("-c", _COMMANDS, json.dumps([[*step, "--dir", str(self.folder)] for step in steps]))
        return [(code, words) for code, words in json.loads(said)]

    def setup(self, *steps: list[str]) -> str:
        arguments = (str(self.folder), self.name, ISSUER, self.url, self.room, json.dumps(steps))
        return self.python("-c", _SETUP, *arguments)

    def start(self, *options: str) -> None:
        with (self.top / "server.txt").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "undersigned", "serve", "--dir", str(self.folder), "--port", str(self.port),
                 *options],
                stdout=output, stderr=output, env=self.environment, cwd=self.top,
            )  # fmt: skip
        until = time.monotonic() + 120
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/api/issuer/role-families", timeout=2)
                return
            time.sleep(0.05)
        raise AssertionError((self.top / "server.txt").read_text())

    def kill(self) -> None:
        """End every process of the server at once, as a power cut does."""
        assert self.process is not None
        server = psutil.Process(self.process.pid)
        for each in (server, *server.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            family = psutil.Process(self.process.pid).children(recursive=True)
            self.process.terminate()
            self.process.wait(20)
            assert gone(family, 20)


@dataclass
class Apart:
    """Both sides, running; codes that nobody used yet."""

    issuer: Machine
    letters: Machine
    codes: list[str]
    way: HttpTransport
    elsewhere: HttpTransport

    def reach(self, address: str) -> Transport:
        return {self.letters.url: self.way, self.issuer.url: self.elsewhere}[address]

    def holder(self) -> Client:
        wallet = Wallet(secrets.token_bytes(32))
        wallet.trust(self.letters.url, log_only(self.letters.key))
        wallet.agree(self.letters.url, ISSUER, self.issuer.url)
        return Client(self.letters.url, wallet, secrets.token_bytes, self.way, reach=self.reach)

    def join(self) -> Client:
        client = self.holder()
        client.enrol(ORGANISATION, self.codes.pop())
        return client

    def round(self, tick: str) -> str:
        """Move both clocks and close what is due."""
        self.issuer.command("round", "--tick", tick)
        return self.letters.command("round", "--tick", tick)


@contextmanager
def apart(top: Path, listen: Callable[[Machine], str] = lambda issuer: issuer.url) -> Iterator[Apart]:
    """Make and serve both; `listen` gives the address under which the letters know the issuer."""
    issuer = Machine(top / "issuer", "issuer", ISSUER)
    letters = Machine(top / "letters", "letters", LETTERS)
    for each in (issuer, letters):
        each.top.mkdir()
    letters.key = letters.setup().split()[0]
    sheet = issuer.top / "sheet.html"
    said = issuer.setup(
        ["issuer", "allow", letters.key, "--url", letters.url, "--organisation", ORGANISATION],
        ["epoch", "open", ORGANISATION, EPOCH],
        ["codes", "new", "--organisation", ORGANISATION, "--count", "40", "--out", str(sheet)],
    )
    issuer.key = said.split()[0]
    assert f"It goes to <b>{issuer.url}</b>" in sheet.read_text()
    assert letters.url in sheet.read_text()
    (letters.top / "letter.toml").write_text(re.sub(r"(?m)^goal.*\n", "", EXAMPLE))
    with ExitStack() as stack:
        stack.callback(issuer.stop)
        issuer.start("--room", "issuer")
        letters.setup(
            ["issuer", "pin", ISSUER, issuer.key, "--url", listen(issuer)],
            ["issuer", "add", ISSUER, ORGANISATION, EPOCH],
            ["letter", "new", str(letters.top / "letter.toml")],
            ["letter", "open", SLUG],
        )
        stack.callback(letters.stop)
        letters.start("--room", "letters")
        way = stack.enter_context(contextlib.closing(HttpTransport(letters.url)))
        elsewhere = stack.enter_context(contextlib.closing(HttpTransport(issuer.url)))
        codes = _CODE.findall(re.sub(r"<[^>]*>", "", sheet.read_text()))
        yield Apart(issuer, letters, codes, way, elsewhere)
