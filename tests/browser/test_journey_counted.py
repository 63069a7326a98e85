"""After the count: the device finds its own act, makes the proof, or proves that it was left out."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from support.browsing import Place
from support.people import Person
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.proof import TlogProof, verify
from undersigned.tlog.tile import parse_bundle

pytestmark = pytest.mark.xdist_group("journey-counted")

Come = Callable[..., Person]


@pytest.fixture(scope="module")
def here(passing: Place) -> Place:
    """Shared with other modules."""
    return passing


def check_receipt(here: Place, receipt: Path) -> "subprocess.CompletedProcess[str]":
    """What the command line says of a saved receipt, on a machine that has no pass."""
    command = [sys.executable, "-m", "undersigned", "receipt", "check", str(receipt), "--at", here.url]
    environment = {"HOME": str(receipt.parent), "PATH": "", "XDG_DATA_HOME": str(receipt.parent)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_xenia_finds_herself_in_the_second_round(here: Place, somebody: Come, tmp_path: Path) -> None:
    here.opens("second", days=4)
    here.colleagues(10, "second")
    here.days_pass(1)
    xenia = somebody().joins("second", here.code()).goes_on().signs()
    receipt = tmp_path / "second.receipt"
    xenia.downloads("Save the receipt", receipt)
    xenia.presses("Am I counted?").reads("Not counted yet, and not due before")
    here.colleagues(9, "second")
    here.days_pass(1)
    asked = len(xenia.sent)
    xenia.presses("Am I counted?").reads("You are counted: your signature is entry")
    assert not any("pseudonym" in each.url or "acts" in each.url for each in xenia.sent[asked:]), "nothing is looked up"

    proof = TlogProof.parse(xenia.downloads("Save the proof", tmp_path / "second.tlog-proof"))
    public = here.instance.config.public
    size = int((public / "log/checkpoint").read_text(encoding="utf-8").splitlines()[1])
    entry = parse_bundle((public / f"log/tile/entries/000.p/{size}").read_bytes(), size)[proof.index]
    key = VerifierKey.parse((public / "log.vkey").read_text(encoding="utf-8").strip())
    verify(proof, entry, key.name, key)
    said = json.loads(entry)
    assert (said["action"], said["context"]) == ("sign", here.letters["second"].context)

    checked = check_receipt(here, receipt)
    assert checked.returncode == 0, checked.stderr
    assert f"Counted: it is entry {proof.index:,} of the public log." in checked.stdout


def test_yusuf_was_dropped_and_his_receipt_proves_it(here: Place, somebody: Come, tmp_path: Path) -> None:
    here.opens("dropped", days=2)
    yusuf = somebody().joins("dropped", here.code()).goes_on().signs()
    with closing(sqlite3.connect(here.instance.config.database("ledger"))) as ledger, ledger:
        dropped = ledger.execute("DELETE FROM ledger_heldact WHERE context = ?", [here.letters["dropped"].context])
        assert dropped.rowcount == 1
    here.colleagues(10, "dropped")
    here.days_pass(2)
    yusuf.presses("Am I counted?").reads("The last count is published, and you are not in it.")
    yusuf.reads("Your receipt proves that you were dropped.")

    receipt = tmp_path / "dropped.receipt"
    yusuf.downloads("Save the receipt", receipt)
    checked = check_receipt(here, receipt)
    assert checked.returncode == 1
    assert "this receipt proves that it was dropped" in checked.stdout
    yusuf.opens("dropped").sees("You have signed this letter")
    yusuf.page.goto(f"{here.url}/letters/dropped/")
    yusuf.reads("10 people who work at example.com had signed")


def test_zoe_signs_a_letter_that_misses_its_goal(here: Place, somebody: Come) -> None:
    here.opens("goal", days=2, goal=50)
    zoe = somebody().joins("goal", here.code())
    zoe.goes_on().reads("Nothing is shown until 50 people have signed.").reads("everything is erased").signs()
    zoe.page.goto(f"{here.url}/letters/goal/")
    zoe.reads("Nothing is shown until 50 people have signed, not even how many have.")
    here.days_pass(2)
    zoe.opens("goal").presses("Am I counted?")
    zoe.reads("The letter missed its goal. Nothing was published, and everything was erased.")


def test_arun_forgets_his_receipt_and_still_finds_himself(here: Place, somebody: Come) -> None:
    here.opens("forget", days=4)
    arun = somebody().joins("forget", here.code()).goes_on().signs()
    arun.presses("Forget the receipt")
    arun.page.wait_for_url(f"{here.url}/letters/forget/")
    here.colleagues(9, "forget")
    here.days_pass(1)
    arun.opens("forget").sees("Sign this letter?").presses("Sign this letter")
    arun.sees("You have signed this letter").reads("it counts once")
    arun.presses("Am I counted?").reads("You are counted")
