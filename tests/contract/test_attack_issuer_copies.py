"""Keys in a known issuer's name that it did not sign, made to look right by entries that it did sign elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.auditing import audited
from support.client_core import Core, built, core
from support.instance_double import (
    ADDRESS,
    CODE,
    EPOCH,
    ISSUER,
    ORGANISATION,
    Double,
    dice,
    identity,
    octets,
    served,
    wallet,
)
from support.kinds import everything, places
from support.published import ONE
from undersigned.auditor.audit import Options
from undersigned.bbs.blind import commit
from undersigned.bbs.ciphersuite import POINT
from undersigned.bbs.signature import keygen, public_key
from undersigned.errors import Refused
from undersigned.holder.client import Client
from undersigned.holder.wallet import Wallet
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.entry import IssuerKey, parse_registry_entry
from undersigned.protocol.statement import stated
from undersigned.tlog.note import SigningKey
from undersigned.values import b64u

SLUG, LATER = "safer-warehouses", "2027Q1"
KNOWN = {ISSUER: identity(ISSUER).vkey}


def forged(methods: tuple[str, ...] = ("code",)) -> Double:
    """Its keeper entered a key of its own in the issuer's name, and after it an entry that the issuer once signed."""
    double = Double(methods=methods)
    entries = list(double.registry.entries)
    false = parse_registry_entry(entries[2])
    assert isinstance(false, IssuerKey)
    entries[2] = false.unsigned.encoded
    genuine = IssuerKey(ISSUER, "any.example", "2026Q3", ("code",), public_key(keygen(octets("genuine"))))
    double.registry.rewrite([*entries, stated(genuine, identity(ISSUER)).encoded])
    return double


def joined(double: Double) -> Client:
    """Somebody who joined before this device knew the issuer."""
    client = Client(ADDRESS, wallet(policy=double.policy), dice("member"), double)
    client.enrol(ORGANISATION, CODE)
    return client


def knowing(client: Client, double: Double) -> Client:
    """The same person later, who got to know the issuer elsewhere."""
    client.wallet.identities.update(KNOWN)
    double.sent.clear()
    return Client(ADDRESS, Wallet.parse(client.wallet.encoded()), dice("again"), double)


def differs(act: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.code == "issuer-differs"
    assert "by nobody" in caught.value.words


def test_what_was_signed_elsewhere_teaches_nothing_about_a_key() -> None:
    assert joined(forged()).wallet.identities == {}


def test_a_pass_under_a_key_beside_a_copied_entry_is_not_kept() -> None:
    double = forged()
    made = wallet(policy=double.policy)
    made.identities.update(KNOWN)
    client = Client(ADDRESS, made, dice("member"), double)
    differs(lambda: client.enrol(ORGANISATION, CODE))
    assert made.memberships == {}


def test_nothing_is_signed_under_a_key_beside_a_copied_entry() -> None:
    double = forged()
    client = joined(double)
    ready = client.prepare(SLUG, "sign")
    there = knowing(client, double)
    differs(lambda: there.prepare(SLUG, "sign"))
    differs(lambda: there.submit(ready))
    differs(lambda: there.renew(there.wallet.at(ADDRESS)[0]))
    assert [path for path, _ in double.sent] == ["api/issuer/renewals"]


def test_nobody_vouches_under_a_key_beside_a_copied_entry() -> None:
    double = forged(("code", "vouch"))
    there = knowing(joined(double), double)
    other = wallet(1)
    point = commit(nym_secrets(other.seed), blind(other.seed, ISSUER), dice("other"))[:POINT]
    differs(lambda: there.vouch(point))
    assert double.sent == []


@pytest.mark.parametrize("signed", [True, False], ids=["by another", "by nobody"])
def test_withdrawing_and_cancelling_always_go_through(*, signed: bool) -> None:
    """Who learned a false key of the issuer first, or got to know the true one since, can still take things back."""
    double = Double() if signed else forged()
    client = joined(double)
    client.sign(SLUG)
    client.wallet.identities[ISSUER] = SigningKey(ISSUER, bytes(32)).vkey
    there = Client(ADDRESS, client.wallet, dice("again"), double)
    with pytest.raises(Refused) as caught:
        there.sign(SLUG)
    assert caught.value.code == "issuer-differs"
    assert not there.withdraw(SLUG).repeated
    there.cancel(ORGANISATION)


def test_quarters_from_before_the_issuer_signed_do_not_stop_later_ones() -> None:
    double = Double()
    entries = list(double.registry.entries)
    old = parse_registry_entry(entries[2])
    assert isinstance(old, IssuerKey)
    entries[2] = old.unsigned.encoded
    double.registry.rewrite(entries)
    client = joined(double)
    client.sign(SLUG)
    double.key(ISSUER, ORGANISATION, LATER)
    again = Client(ADDRESS, client.wallet, dice("again"), double)
    assert sorted(again.renew(again.wallet.at(ADDRESS)[0]).credentials) == [EPOCH, LATER]
    assert again.wallet.identities == KNOWN
    # From now on nothing under the old key is new; what was signed under it can be taken back.
    again.renew(again.wallet.at(ADDRESS)[0])
    elsewhere = wallet(1, policy=double.policy)
    elsewhere.identities.update(KNOWN)
    other = Client(ADDRESS, elsewhere, dice("other"), double)
    assert sorted(other.enrol(ORGANISATION, "7K3M-9QXA-2B4C-D5EG").credentials) == [LATER]
    again.withdraw(SLUG)


@pytest.fixture(scope="module", name="partner")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    with core(built(tmp_path_factory.mktemp("core"))) as running:
        yield running


def test_the_browser_refuses_the_same(partner: Core) -> None:
    double = forged(("code", "vouch"))
    with served(double) as (address, _):
        empty = wallet(policy=double.policy, address=address)
        partner.ask("open", address=address, wallet=empty.encoded().decode())
        partner.ask("enrol", address=address, organisation=ORGANISATION, code=CODE, said={})
        held = Wallet.parse(partner.ask("wallet", address=address).encode())
        assert held.identities == {}
        empty.identities.update(KNOWN)
        partner.ask("open", address=address, wallet=empty.encoded().decode())
        differs(lambda: partner.ask("enrol", address=address, organisation=ORGANISATION, code=CODE, said={}))
        assert partner.ask("wallet", address=address).count('"credentials"') == 0
        held.identities.update(KNOWN)
        partner.ask("open", address=address, wallet=held.encoded().decode())
        other = wallet(1)
        point = commit(nym_secrets(other.seed), blind(other.seed, ISSUER), dice("other"))[:POINT]
        differs(lambda: partner.ask("sign", address=address, slug=SLUG))
        differs(lambda: partner.ask("vouch", address=address, invitation=b64u(point)))
        differs(lambda: partner.ask("renew", address=address, issuer=ISSUER))
        assert double.held == {}
        partner.ask("cancel", address=address, organisation=ORGANISATION, said={})
        partner.ask("withdraw", address=address, slug=SLUG)
        assert [each.act.action for each in double.held.values()] == ["withdraw"]


def test_the_browser_passes_over_a_quarter_that_nobody_signed(partner: Core) -> None:
    double = forged()
    double.key(ISSUER, ORGANISATION, LATER)
    with served(double) as (address, _):
        made = wallet(policy=double.policy, address=address)
        made.identities.update(KNOWN)
        partner.ask("open", address=address, wallet=made.encoded().decode())
        assert partner.ask("enrol", address=address, organisation=ORGANISATION, code=CODE, said={}) == [LATER]


def test_a_pass_of_the_same_words_brings_what_protects_it(partner: Core) -> None:
    """Issuers' long-term keys and addresses come with the memberships; what this device knew before stays."""
    double = Double()
    brought = joined(double).wallet
    brought.identities["union.example"] = SigningKey("union.example", bytes(32)).vkey
    brought.agree(ADDRESS, "union.example", "https://union.example")
    brought.agree(ADDRESS, ISSUER, "https://elsewhere.example")
    here = wallet(policy=double.policy)

    def bring(own: Wallet) -> Wallet:
        asked = {"own": own.encoded().decode(), "other": brought.encoded().decode()}
        return Wallet.parse(partner.ask("bring", **asked).encode())

    after = bring(here)
    assert after.identities == brought.identities
    assert after.pin(ADDRESS).issuers == {ISSUER: ADDRESS, "union.example": "https://union.example"}
    assert after.memberships == brought.memberships
    assert bring(Wallet(here.entropy)).pins == brought.pins
    own = SigningKey(ISSUER, bytes(32)).vkey
    here.identities[ISSUER] = own
    assert bring(here).identities == brought.identities | {ISSUER: own}


def test_corrections_are_compared_with_the_key_that_was_given(tmp_path: Path) -> None:
    """Key and correction by somebody else under the issuer's name: an audit that knows the issuer names both."""
    folder = everything().write(tmp_path / "false")
    assert audited(folder).passed
    report = audited(folder, Options(issuer_keys={ONE: SigningKey(ONE, bytes(32)).verifier}))
    wrong = {each.entry for each in report.failures if each.code == "issuer-differs"}
    assert wrong == {places()["issuer-key"][1], places()["issued-corrected"][1]}
