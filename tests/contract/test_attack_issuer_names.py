"""Whoever runs the letters enters a key of their own under another issuer's name, and invents its members."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from support import elsewhere, instances
from support.auditing import audited, found
from support.elsewhere import UNION
from support.instances import EPOCH, HERE, ISSUER, enrol, fresh, letter, opened, sign, terms
from undersigned.asking.issuer import key_of
from undersigned.asking.pins import Pin
from undersigned.auditor.audit import Options
from undersigned.auditor.monitor import look
from undersigned.auditor.source import open_source
from undersigned.bootstrap import Instance
from undersigned.cli.audit import audit
from undersigned.cli.monitor import monitor
from undersigned.errors import Refused
from undersigned.protocol.entry import IssuerKey
from undersigned.protocol.letter import Organisation
from undersigned.protocol.statement import KeyStatement, signed, stated
from undersigned.tlog.note import SigningKey
from undersigned.web.operations import add_issuer_key, open_letter, pin_issuer, turn

#: The union's own key, as it stands on its members' noticeboard. Who runs the letters does not have it.
REAL = SigningKey(UNION, b"the union's own long-term secret")
PINNED = Options(issuer_keys={UNION: REAL.verifier})


@dataclass
class Place:
    """An instance with a letter whose twelve signatories an issuer of the union's name admitted."""

    instance: Instance

    @property
    def public(self) -> Path:
        return self.instance.config.public

    def own(self) -> SigningKey:
        return self.instance.keys.identity(ISSUER)

    def counted(self, entry: IssuerKey, union: elsewhere.Elsewhere) -> None:
        pin_issuer(self.instance, Pin.issuer(UNION, union.key.vkey, union.url))
        assert add_issuer_key(self.instance, entry)
        of = replace(letter("theirs"), organisations=(Organisation(HERE, (UNION,)),))
        self.instance.letters.draft(of, terms(of))
        open_letter(self.instance, of.slug)
        sign(self.instance, [union.admit(number) for number in range(12)], of)
        union.number = 20
        assert [each.count for each in turn(self.instance, "2026-12-02T00:00:00Z").report.rounds] == [12]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = fresh(tmp_path / "instance")
    opened(made, letter("mine"))
    yield Place(made)
    instances.close()


@pytest.fixture
def union() -> Iterator[elsewhere.Elsewhere]:
    """Says of itself that it is the union: under a key of its own, unless a test gives it the real one."""
    with elsewhere.elsewhere() as running:
        yield running


def run(verb: object, *arguments: object) -> Result:
    app = typer.Typer()
    app.command()(verb)  # type: ignore[type-var] # a command
    return CliRunner().invoke(app, [str(each) for each in arguments])


def given(*keys: SigningKey) -> list[str]:
    return [part for key in keys for part in ("--issuer-key", f"{key.name}={key.vkey}")]


def test_keys_that_their_issuers_signed_hold(place: Place, union: elsewhere.Elsewhere) -> None:
    union.key = REAL
    pin = Pin.issuer(UNION, REAL.vkey, union.url)
    place.counted(key_of(signed(KeyStatement(union.entry), REAL), pin, HERE, EPOCH), union)
    assert place.instance.ledger.registry().identities == {ISSUER: place.own().vkey, UNION: REAL.vkey}
    plain = audited(place.public)
    assert plain.passed
    assert not any("signed by the issuer itself" in each for each in plain.remarks)
    both = run(audit, place.public, "--workers", 1, *given(REAL, place.own()))
    assert both.exit_code == 0, both.output
    for name in (UNION, ISSUER):
        assert f"Note: 1 key of {name} in the registry: signed by the key that you gave." in both.output
    far = SigningKey("far.example", bytes(32))
    assert "The registry has no key of far.example" in run(audit, place.public, "--workers", 1, *given(far)).output
    assert run(monitor, place.public, *given(REAL, place.own())).exit_code == 0


@pytest.mark.parametrize("unsigned", [False, True], ids=["signed by another", "unsigned"])
def test_a_false_key_under_the_unions_name(place: Place, union: elsewhere.Elsewhere, *, unsigned: bool) -> None:
    """The union never admitted these twelve. Its own key, from elsewhere, shows it; nothing else could."""
    place.counted(union.entry if unsigned else union.stated, union)
    plain = audited(place.public)
    assert plain.passed
    said = [each for each in plain.remarks if "not signed by the issuer itself" in each]
    assert [UNION in each for each in said] == [True] * unsigned
    at = 2 + [each.issuer for each in place.instance.ledger.registry().issuer_keys.values()].index(UNION)
    report = audited(place.public, PINNED)
    assert ("issuer-differs" in {code for *_, code in found(report)}, report.passed) == (True, False)
    (entry,) = {each.entry for each in report.failures}
    assert entry is not None
    assert entry > at
    told = run(audit, place.public, "--workers", 1, *given(REAL))
    assert told.exit_code == 1
    why = "is not signed by the issuer itself" if unsigned else "is signed by another key"
    assert f"The key of {UNION} for {HERE} and {EPOCH} {why}" in told.output
    source = open_source(str(place.public))
    assert look(source).findings == ()
    (finding,) = look(source, issuer_keys=PINNED.issuer_keys).findings
    assert why in finding
    watched = run(monitor, place.public, *given(REAL))
    assert (watched.exit_code, watched.output.count("\n")) == (1, 1)


def test_a_key_in_the_unions_name_does_not_follow_one_that_it_signed(place: Place, union: elsewhere.Elsewhere) -> None:
    assert add_issuer_key(place.instance, stated(union.entry, REAL))
    assert not add_issuer_key(place.instance, union.entry)
    later = replace(union.entry, epoch="2027Q1")
    real = stated(later, REAL)
    copied = replace(stated(later, union.key), identity=REAL.vkey)
    for false, code in (
        (later, "other-identity"),
        (stated(later, union.key), "other-identity"),
        (copied, "note-signature"),
        (replace(real, public_key=stated(union.entry, REAL).public_key, methods=("vouch",)), "note-signature"),
    ):
        with pytest.raises(Refused) as caught:
            add_issuer_key(place.instance, false)
        assert caught.value.code == code
    assert add_issuer_key(place.instance, real)


def test_a_key_from_before_issuers_signed_stays_and_is_named(place: Place, union: elsewhere.Elsewhere) -> None:
    assert add_issuer_key(place.instance, union.entry)
    assert not add_issuer_key(place.instance, stated(union.entry, REAL))
    assert add_issuer_key(place.instance, stated(replace(union.entry, epoch="2027Q1"), REAL))
    (words,) = [each for each in audited(place.public).remarks if "signed by the issuer itself" in each]
    assert words.startswith(f"{UNION}: 1 of 2 keys in the registry not signed by the issuer itself.")


def test_keys_that_are_given_wrongly(place: Place) -> None:
    enrol(place.instance, 1)
    other = SigningKey(UNION, bytes(32))
    for wrong in (
        ["--issuer-key", REAL.vkey],
        ["--issuer-key", f"{ISSUER}={REAL.vkey}"],
        ["--issuer-key", f"{UNION}=no key"],
        given(REAL, other),
    ):
        for verb in (audit, monitor):
            done = run(verb, place.public, *wrong)
            assert done.exception is not None
            assert "holds" not in done.output
