"""At a terminal: mail that the employer runs, with its warning; and the next quarter's pass, without a mail."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from support import instances
from support.instances import HERE, letter, opened
from support.keeping import place as keeping
from support.mailing import Post, post
from support.serving import Server, serving
from undersigned.bootstrap import Instance, open_instance
from undersigned.cli.app import app
from undersigned.config import FILE
from undersigned.holder.wallet import Wallet

QUIET = ("--role-family", "undeclared", "--standing", "undeclared", "--skip-check")
#: The new quarter, and a closing in it.
LATER, ENDS = "2027-01-10T00:00:00Z", "2027-01-20T00:00:00Z"


class Town:
    """An instance that is served, and its mail server."""

    def __init__(self, instance: Instance, server: Server, mails: Post) -> None:
        self.instance, self.server, self.post = instance, server, mails


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with keeping() as keeper, post(tmp_path) as mails:
        keeper.start()
        made = instances.fresh(tmp_path / "instance")
        config = replace(made.config, keeper=keeper.socket, mail=mails.settings, work=100)
        (tmp_path / "instance" / FILE).write_bytes(config.encoded())
        keeper.client().make(HERE)
        folder = str(tmp_path / "instance")
        way = ["ways", "set", "email", HERE, "--domain", HERE, "--dir", folder]
        refused = CliRunner().invoke(app, way)
        assert "run by the employer" in str(refused.exception)
        said = CliRunner().invoke(app, [*way, "--employer-runs"])
        assert "Every page says so." in said.output
        instance = open_instance(tmp_path / "instance")
        opened(instance, letter())
        with serving(tmp_path / "instance") as server:
            yield Town(instance, server, mails)
    instances.close()


def test_a_member_by_the_employer_s_mail_is_warned_and_renews_without_a_mail(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, asked = f"rosa@{HERE}", list[str]()

    def typed(question: str, **_options: Any) -> str:
        asked.append(question)
        return address if question == "Your address" else town.post.mailbox.code(address)

    def run(command: str, *more: str) -> str:
        result = CliRunner().invoke(app, [command, *more, "--pass", str(tmp_path / "pass.json")])
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    monkeypatch.setattr("typer.prompt", typed)
    said = run("enrol", town.server.url, "--organisation", HERE, "--email", "--at", town.server.url, *QUIET)
    warning = "The employer runs this mail: it can see that a code came, and could join in your name."
    assert said.index(warning) < said.index("A mail is on its way")
    assert asked == ["Your address", "The eight digits in the mail"]

    instances.move(town.instance, LATER)
    of = replace(letter("spring"), epoch="2027Q1")
    opened(town.instance, of, closes=ENDS)
    came = len(town.post.mailbox.mails)
    assert "for 2026Q4 and 2027Q1." in run("renew", town.server.url)
    assert (len(town.post.mailbox.mails), len(asked)) == (came, 2), "nothing was asked, and no mail was sent"
    (held,) = Wallet.parse((tmp_path / "pass.json").read_bytes()).memberships.values()
    assert (held.method, sorted(held.credentials)) == ("email", ["2026Q4", "2027Q1"])
    assert "Signed." in run("sign", f"{town.server.url}/letters/spring", "--yes")
