"""An issuer that keeps what somebody brought to it, and brings it to another one for words of its own.

Its `/ways` name the other's provider and client; page and loopback are the same for both.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import accounts, keeping
from support.accounts import INSTANCE, At, joins
from support.issuing import NAME, Q1, Q4, THERE, Office, Person, office
from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.holder.account import Provider
from undersigned.issuer.ways.oidc import Accounts
from undersigned.issuer.ways.outgoing import Outgoing
from undersigned.issuer.ways.provider import Providers
from undersigned.protocol.account import PAGE, Joining
from undersigned.protocol.enrolment import JOIN, REPLACE, Admission, Bound, Keys, Request
from undersigned.subjects.keeper_client import KeeperClient

ANNA, EVE, NEW = Person(1), Person(2), Person(3)
#: The other issuer, and where it is.
OTHER = "evil-union.example"
LOOPBACK = accounts.loopback(8765)


@pytest.fixture(scope="module")
def provider() -> Iterator[At]:
    with accounts.running() as found:
        yield found


@pytest.fixture(scope="module")
def tagger() -> Iterator[KeeperClient]:
    with keeping.place() as place:
        place.start()
        client = place.client()
        client.make(THERE)
        yield client


@pytest.fixture
def door(tmp_path: Path, provider: At, tagger: KeeperClient) -> Iterator[Office]:
    """The issuer that is attacked."""
    way = Accounts(NAME, Providers(Outgoing(), unencrypted=True), tagger, lambda _: "", (INSTANCE + PAGE,))
    for here in office(tmp_path, ways=[way]):
        here.issuer.set_way(THERE, "oidc", provider.settings())
        here.issuer.open_epoch(THERE, Q4)
        yield here


def opened(provider: At, whose: Person, back: str, action: str = JOIN) -> dict[str, str]:
    """The evidence in a request to the other issuer, as it opens it."""
    shown = provider.evidence("anna", back, Joining(OTHER, whose.point))
    wish = Admission(THERE, "oidc", shown, "undeclared", "undeclared")
    bound = Bound(OTHER, f"https://{OTHER}", bytes(32))
    asked = Request.prove(action, wish, bound, Keys(whose.secrets, whose.blind), secrets.token_bytes)
    return dict(Request.parse(Admission, asked.encoded()).wish.evidence)


def refused(door: Office, asked: Request[Admission]) -> UndersignedError:
    with pytest.raises(Refused) as caught:
        (door.issuer.replace if asked.action == REPLACE else door.issuer.admit)(asked)
    return caught.value


@pytest.mark.parametrize("back", [INSTANCE + PAGE, LOOPBACK], ids=["in a page", "on the command line"])
def test_evidence_that_was_brought_to_one_issuer_admits_nobody_at_another(
    door: Office, provider: At, back: str
) -> None:
    stolen = opened(provider, ANNA, back)
    assert refused(door, joins(EVE, stolen, THERE)).code == "account-disbelieved"
    (credential,) = door.issuer.admit(provider.admission(ANNA, "anna", THERE)).credentials
    ANNA.check(credential, door.keys)


def test_evidence_for_this_issuer_is_for_whoever_signed_in_alone(door: Office, provider: At) -> None:
    for salt in ("kept", "drawn anew"):
        shown = provider.evidence("anna", joining=Joining(NAME, ANNA.point))
        changed = shown if salt == "kept" else shown | {"salt": provider.question().salt}
        assert refused(door, joins(EVE, changed, THERE)).code == "account-disbelieved"
    own = provider.evidence("anna", joining=Joining(NAME, ANNA.point))
    assert door.issuer.admit(joins(ANNA, own, THERE)).credentials


def test_evidence_that_was_brought_to_one_issuer_replaces_no_words_at_another(door: Office, provider: At) -> None:
    door.issuer.admit(provider.admission(ANNA, "anna", THERE))
    stolen = opened(provider, NEW, INSTANCE + PAGE, REPLACE)
    assert refused(door, joins(EVE, stolen, THERE, REPLACE)).code == "account-disbelieved"
    assert door.issuer.replace(provider.admission(NEW, "anna", THERE, action=REPLACE)) == "2026-12-08"
    door.clock.day = "2026-12-08"
    door.issuer.open_epoch(THERE, Q1)
    (credential,) = door.issuer.renew(NEW.renewal(THERE)).credentials
    assert credential.attributes.epoch == Q1


@pytest.mark.parametrize(
    "changed",
    [
        f"{{at}}/auth?nonce={'A' * 43}",
        f"{{at}}/auth?ui=short&%6E%6Fnce={'A' * 43}",
        "{at}/auth?request_uri=https://evil-union.example/request",
        "{at}/auth?request=e30.e30.",
        "https://evil-union.example/auth",
    ],
)
def test_what_an_issuer_says_of_a_provider_puts_no_nonce_of_its_own_in_the_place_of_the_devices(
    provider: At, changed: str
) -> None:
    said = {
        "authorization": f"{provider.url}/auth?ui=short", "client_id": "letters", "employer": False, "fragment": True,
        "hosted_domain": None, "method": "oidc", "names_itself": True, "port": None, "provider": provider.url,
        "scope": "openid",
    }  # fmt: skip
    assert Provider.parse(said).authorization.endswith("?ui=short")
    with pytest.raises(Malformed) as caught:
        Provider.parse(said | {"authorization": changed.format(at=provider.url)})
    assert caught.value.code == "bad-provider"
