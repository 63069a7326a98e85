"""The holder and the real server, as processes of their own, from the sheet of codes to the proof."""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.instance_double import ORGANISATION, octets
from undersigned.cli.letter_file import EXAMPLE
from undersigned.demo.server import Server, free_port
from undersigned.errors import Conflict, Refused
from undersigned.holder.client import Client
from undersigned.holder.log import read_log
from undersigned.holder.registry import read_registry
from undersigned.holder.transport import FolderTransport, HttpTransport
from undersigned.holder.wallet import Wallet
from undersigned.tlog.policy import Policy, log_only

SLUG = "on-how-ai-is-used-here"
_CODE = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\b")

_SETUP = """
import json, sys
from pathlib import Path
from undersigned.bootstrap import create_instance
from undersigned.cli.app import app
from undersigned.config import Config
folder, port, steps = sys.argv[1:]
config = Config(Path(folder), "letters.example", f"http://127.0.0.1:{port}", "issuer.example", True, "demonstration")
create_instance(config, "2026-12-01T00:00:00Z")
for step in json.loads(steps):
    app(step, standalone_mode=False)
"""


@dataclass
class Running:
    """A real instance: its folder, its address, unused codes."""

    folder: Path
    url: str
    codes: list[str]
    way: HttpTransport

    def holder(self, number: int) -> Client:
        wallet = Wallet(octets("real", number))
        wallet.trust(self.url, log_only(self.way.get("registry.vkey", 1000).decode().strip()))
        wallet.agree(self.url, "issuer.example", self.url)
        return Client(self.url, wallet, secrets.token_bytes, self.way)

    def join(self, number: int) -> Client:
        client = self.holder(number)
        client.enrol(ORGANISATION, self.codes.pop())
        return client

    def command(self, *arguments: str) -> str:
        return command(*arguments, "--dir", str(self.folder))


def command(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "undersigned", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    top = tmp_path_factory.mktemp("real")
    folder, port = top / "instance", free_port()
    sheet = ["--organisation", ORGANISATION, "--count", "40", "--out", str(top / "sheet.html")]
    # One process for all: each of them would load Django anew.
    steps = [
        ["letter", "new", str(top / "letter.toml")],
        ["letter", "open", SLUG],
        ["codes", "new", *sheet],
    ]
    (top / "letter.toml").write_text(re.sub(r"(?m)^goal.*\n", "", EXAMPLE))
    setup = json.dumps([[*step, "--dir", str(folder)] for step in steps])
    subprocess.run([sys.executable, "-c", _SETUP, str(folder), str(port), setup], check=True, timeout=60)
    codes = _CODE.findall(re.sub(r"<[^>]*>", "", (top / "sheet.html").read_text()))
    assert len(set(codes)) == 40
    with Server(folder, port, top / "server.txt") as server:
        way = HttpTransport(server.url)
        yield Running(folder, server.url, codes, way)
        way.close()


def test_from_the_code_to_the_proof(running: Running) -> None:
    members = [running.join(number) for number in range(12)]
    sent = [each.sign(SLUG) for each in members]
    assert not any(each.repeated for each in sent)
    assert members[0].sign(SLUG).receipt == sent[0].receipt
    # One withdraws before the count: neither act is ever published.
    members[11].wallet.keep(running.url, sent[11].receipt)
    gone = members[11].withdraw(SLUG)
    members[11].wallet.keep(running.url, gone.receipt)
    assert members[0].find_proof(SLUG) is None
    now = "2026-01-01T00:00:00Z"
    assert members[0].check(sent[0].receipt, now).state == "waiting"

    assert "11 acts published" in running.command("round", "--tick", "2026-12-02T00:00:00Z")

    view = read_registry(running.way, members[0].policy)
    log = read_log(running.way, view, members[0].policy)
    found = [each.find_proof(SLUG, log=log) for each in members]
    assert [each is not None for each in found] == [True] * 11 + [False]
    later = running.holder(0)
    assert later.check(sent[0].receipt, now).state == "counted"


def test_the_server_refuses_in_words_that_arrive(running: Running) -> None:
    member = running.join(20)
    spent = running.codes[-1]
    other = running.holder(21)
    other.enrol(ORGANISATION, running.codes.pop())
    with pytest.raises(Refused, match="already used") as caught:
        running.holder(22).enrol(ORGANISATION, spent)
    assert caught.value.code == "code-spent"
    with pytest.raises(Refused, match="does not work here"):
        running.holder(22).enrol(ORGANISATION, "0000-0000-0000-0000")
    with pytest.raises(Conflict) as nothing:
        member.withdraw(SLUG)
    assert nothing.value.code == "nothing-to-withdraw"
    member.sign(SLUG)
    member.withdraw(SLUG)
    with pytest.raises(Conflict) as final:
        member.sign(SLUG)
    assert final.value.code == "withdrawn"


def test_renewing_restoring_replacing_and_cancelling(running: Running) -> None:
    code = running.codes[-1]
    member = running.join(30)
    held = member.wallet.at(running.url)[0]
    # The signature is on the same messages and the same point, with fresh randomness of the signer.
    assert member.renew(held).credentials.keys() == held.credentials.keys()
    again = running.holder(30)
    assert again.restore(ORGANISATION).credentials.keys() == held.credentials.keys()
    with pytest.raises(Refused):
        running.holder(31).restore(ORGANISATION)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", running.holder(31).replace(ORGANISATION, code))
    member.cancel(ORGANISATION)


def test_the_commands_against_the_real_server(running: Running, tmp_path: Path) -> None:
    file = ["--pass", str(tmp_path / "pass.json")]
    letter = f"{running.url}/letters/{SLUG}/"
    quiet = ["--role-family", "undeclared", "--standing", "undeclared", "--skip-check"]
    code = ["--code", running.codes.pop(), "--at", running.url]
    joined = command("enrol", running.url, "--organisation", ORGANISATION, *code, *quiet, *file)
    assert "You have joined" in joined
    assert "Signed." in command("sign", letter, "--yes", *file)
    assert "Not counted yet" in command("receipt", "check", *file)
    assert "Withdrawn." in command("withdraw", letter, "--yes", *file)
    assert "Burned" in command("burn", "--yes", *file)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names are what is compared


def test_the_published_folder_is_read_like_the_address(running: Running) -> None:
    vkey = (running.folder / "public" / "registry.vkey").read_text().strip()
    view = read_registry(FolderTransport(running.folder / "public"), Policy.parse(log_only(vkey)))
    letter = view.letter(SLUG)
    assert letter.slug == SLUG
    assert view.terms(letter)[-1].closes.startswith("2027-03-01")
