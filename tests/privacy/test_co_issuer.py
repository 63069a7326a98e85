"""After `undersigned demo --co-issuer`: what people see, and what each of the two bodies has of the other's."""

import base64
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.auditing import audited
from support.paths import ROOT
from undersigned.protocol.act import SignedAct
from undersigned.protocol.entry import parse_log_entry
from undersigned.tlog.tile import parse_bundle

TRANSCRIPT = ROOT / "tests" / "transcripts" / "co-issuer.txt"
MEMBERS = 60
pytestmark = pytest.mark.xdist_group("co-issuer")


@dataclass
class Played:
    """What the command printed, and the folders that it left: of the letters with their issuer, of the other issuer."""

    said: str
    letters: Path
    union: Path

    def files(self, folder: Path) -> bytes:
        """Every octet in a folder, what its server printed included."""
        return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())

    def points(self, folder: Path) -> list[bytes]:
        """Commitment points of the members whom an issuer admitted."""
        database = sqlite3.connect(folder / "data" / "issuer.sqlite3")
        try:
            rows = database.execute("SELECT point FROM admission WHERE organisation LIKE 'harrow%'").fetchall()
        finally:
            database.close()
        return [bytes(point) for (point,) in rows]

    def acts(self) -> list[SignedAct]:
        """The acts in the log."""
        size = int((self.letters / "public/log/checkpoint").read_text().split("\n")[1])
        entries = parse_bundle((self.letters / f"public/log/tile/entries/000.p/{size}").read_bytes(), size)
        values = [parse_log_entry(entry) for entry in entries if b'"proofs"' in entry]
        return [SignedAct.from_record(value) for value in values]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("co-issuer") / "demo"
    done = subprocess.run(
        [sys.executable, "-m", "undersigned", "demo", "--co-issuer", "--members", str(MEMBERS), "--dir", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
        env=os.environ | {"COLUMNS": "110", "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Played(done.stdout, folder, folder.with_name("demo-union"))


def _plain(said: str, folder: Path) -> str:
    """What was printed, up to the change of an octet, without what differs from run to run."""
    text = said[: said.index("7  One octet")].replace(str(folder), "FOLDER")
    for pattern, shown in (
        (r"127\.0\.0\.1:[0-9]+", "127.0.0.1:PORT"),
        (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "DAY"),
        (r"[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}", "DAY"),
        (r" ─+", ""),
        # How many there are hangs on whether the page's script is built here.
        (r"(?<!has )[0-9]+ (entries|files of the page)", r"N \1"),
    ):
        text = re.sub(pattern, shown, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


def test_what_people_see(played: Played) -> None:
    assert _plain(played.said, played.letters) == TRANSCRIPT.read_text(encoding="utf-8")


def test_every_act_is_proved_under_both_keys(played: Played) -> None:
    acts = played.acts()
    assert {(each.act.issuers, len(each.proofs)) for each in acts} == {(("issuer.example", "union.example"), 2)}
    report = audited(played.letters / "public")
    assert report.failures == ()
    (letter,) = report.letters
    assert [each.issuer for each in letter.organisations[0].issued] == ["issuer.example", "union.example"]
    assert len({each.act.pseudonym for each in acts}) == letter.signed


def _spellings(octets: bytes) -> set[bytes]:
    plain, url = base64.b64encode(octets).rstrip(b"="), base64.urlsafe_b64encode(octets).rstrip(b"=")
    return {octets, octets.hex().encode(), octets.hex().upper().encode(), plain, url}


def _found(octets: list[bytes], where: bytes) -> list[bytes]:
    return [each for each in octets if any(spelling in where for spelling in _spellings(each))]


def test_no_body_has_what_would_let_it_tell_who_its_members_are_to_the_other(played: Played) -> None:
    """No point of one is with the other, and both have all of theirs: the search finds what is there."""
    here, there = (played.files(folder) for folder in (played.letters, played.union))
    own, theirs = played.points(played.letters), played.points(played.union)
    assert (len(own), len(theirs)) == (MEMBERS, MEMBERS + 1)
    assert _found(own, here) == own
    assert _found(theirs, there) == theirs
    assert _found(own, there) == []
    assert _found(theirs, here) == []
    assert set(own).isdisjoint(theirs)


def test_the_second_issuer_has_nothing_of_what_was_signed(played: Played) -> None:
    here, there = (played.files(folder) for folder in (played.letters, played.union))
    signed = [each.act.pseudonym for each in played.acts()] + [proof for each in played.acts() for proof in each.proofs]
    digests = [bytes.fromhex(each.act.digest) for each in played.acts()]
    context = bytes.fromhex(played.acts()[0].act.context.rpartition("/")[2])
    assert _found(signed, here) == signed
    assert _found([*signed, *digests, context], there) == []
    planted = there + played.acts()[0].act.pseudonym.hex().encode()
    assert _found(signed[:1], planted) == signed[:1]


def test_the_two_share_no_key_and_no_database(played: Played) -> None:
    assert {path.name for path in (played.union / "data").glob("*.sqlite3")} == {"issuer.sqlite3"}
    assert not (played.union / "public").exists()
    keys = [path.read_bytes() for path in (played.union / "keys").rglob("*") if path.is_file()]
    assert len(keys) > 2
    assert _found(keys, played.files(played.letters)) == []
