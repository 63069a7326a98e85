"""Joining by an account elsewhere: a certified provider, a real keeper, and everything that can be false in between."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support import accounts, keeping
from support.accounts import INSTANCE, NOBODY, SECRET, At, joins
from support.issuing import HERE, NAME, Q1, Q4, THERE, Office, Person, office
from support.serving import free_port
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError
from undersigned.issuer.ways.oidc import Accounts
from undersigned.issuer.ways.outgoing import AT_ONCE, Outgoing
from undersigned.issuer.ways.provider import LEEWAY, Providers
from undersigned.issuer.ways.way import Proved
from undersigned.protocol.account import PAGE, Joining
from undersigned.protocol.enrolment import REPLACE, Admission
from undersigned.subjects.keeper_client import KeeperClient

ANNA, BEN, NEW = Person(1), Person(2), Person(3)
KEYED = ("accounts.example", HERE, THERE, "union.example", "localhost.example")


@pytest.fixture(scope="module")
def provider() -> Iterator[At]:
    with accounts.running() as found:
        yield found


@pytest.fixture(scope="module")
def tagger() -> Iterator[KeeperClient]:
    with keeping.place() as place:
        place.start()
        client = place.client()
        for name in KEYED:
            client.make(name)
        yield client


def way(tagger: KeeperClient, *, silence: float = 5.0, whole: float = 12.0, ahead: float = 0.0) -> Accounts:
    outgoing = Outgoing(silence=silence, whole=whole)
    providers = Providers(outgoing, unencrypted=True, now=lambda: time.time() + ahead)
    return Accounts(NAME, providers, tagger, lambda _: SECRET, (INSTANCE + PAGE,))


@pytest.fixture
def door(tmp_path: Path, provider: At, tagger: KeeperClient) -> Iterator[Office]:
    """An issuer whose members of example.org join by account."""
    for here in office(tmp_path, ways=[way(tagger)]):
        here.issuer.set_way(THERE, "oidc", provider.settings())
        here.issuer.open_epoch(THERE, Q4)
        yield here


Judge = Callable[[dict[str, str]], Proved]


@pytest.fixture(scope="module")
def judge(provider: At, tagger: KeeperClient) -> Judge:
    """What becomes of evidence, without an issuer around it."""
    here = way(tagger)
    settings = here.check(THERE, provider.settings())
    return lambda evidence: here.prove(
        Admission(THERE, "oidc", evidence, "undeclared", "undeclared"), NOBODY.point, settings
    )


def refusal(do: Callable[..., object], *asked: Any, **more: Any) -> UndersignedError:
    with pytest.raises(UndersignedError) as caught:
        do(*asked, **more)
    return caught.value


def asks(door: Office, provider: At, person: Person, login: str, **said: Any) -> Any:
    return door.issuer.admit(provider.admission(person, login, THERE, **said))


# ── joining ──


def test_an_account_joins_once_whoever_asks_for_it(door: Office, provider: At) -> None:
    (credential,) = asks(door, provider, ANNA, "anna").credentials
    ANNA.check(credential, door.keys)
    assert credential.attributes.method == "oidc"
    assert asks(door, provider, ANNA, "anna").credentials[0].attributes == credential.attributes
    error = refusal(asks, door, provider, BEN, "anna")
    assert (type(error), error.code) == (Refused, "account-spent")
    asks(door, provider, BEN, "ben")
    (again,) = door.issuer.renew(ANNA.renewal(THERE)).credentials
    assert again.attributes.method == "oidc"


def test_one_account_is_one_subject_and_another_is_another(provider: At, tagger: KeeperClient) -> None:
    here = way(tagger)
    settings = here.check(THERE, provider.settings())

    def subject(login: str, organisation: str = THERE) -> bytes:
        return here.prove(provider.admission(ANNA, login, organisation).wish, ANNA.point, settings).subject

    once = subject("anna")
    assert len(once) == 32
    assert subject("anna") == once
    assert len({once, subject("Anna"), subject("ben"), subject("anna", HERE)}) == 4


def test_words_that_are_lost_are_replaced_by_the_same_account(door: Office, provider: At) -> None:
    asks(door, provider, ANNA, "anna")
    assert refusal(door.issuer.replace, provider.admission(NEW, "ben", THERE, action=REPLACE)).code == "nobody-joined"
    assert door.issuer.replace(provider.admission(NEW, "anna", THERE, action=REPLACE)) == "2026-12-08"
    door.clock.day = "2026-12-08"
    door.issuer.open_epoch(THERE, Q1)
    (credential,) = door.issuer.renew(NEW.renewal(THERE)).credentials
    assert (credential.attributes.epoch, credential.attributes.method) == (Q1, "oidc")


def test_a_client_with_a_secret_and_a_client_of_the_command_line(
    tmp_path: Path, provider: At, tagger: KeeperClient
) -> None:
    for here in office(tmp_path, ways=[way(tagger)]):
        here.issuer.set_way(THERE, "oidc", provider.settings(client_id="letters with a secret", secret=True))
        here.issuer.open_epoch(THERE, Q4)
        asked = provider.admission(ANNA, "anna", THERE, client_id="letters with a secret")
        assert here.issuer.admit(asked).credentials
        back = accounts.loopback(free_port())
        asked = provider.admission(BEN, "ben", THERE, client_id="letters with a secret", back=back)
        assert here.issuer.admit(asked).credentials


def test_a_wrong_secret_is_for_the_operator(provider: At, tagger: KeeperClient) -> None:
    providers = Providers(Outgoing(), unencrypted=True)
    here = Accounts(NAME, providers, tagger, lambda _: "wrong", (INSTANCE + PAGE,))
    settings = here.check(THERE, provider.settings(client_id="letters with a secret", secret=True))
    asked = provider.admission(ANNA, "anna", THERE, client_id="letters with a secret").wish
    error = refusal(here.prove, asked, ANNA.point, settings)
    assert (type(error), error.code) == (Unavailable, "provider-declines")


def test_nothing_is_asked_but_who_somebody_is(provider: At, tagger: KeeperClient) -> None:
    here = way(tagger)
    settings = here.check(THERE, provider.settings())
    asked = provider.admission(ANNA, "anna", THERE).wish
    provider.heard()
    here.prove(asked, ANNA.point, settings)
    requests = [line.split(" ", 2) for line in provider.heard()]
    assert [(verb, path) for verb, path, _ in requests] == [("POST", "/token"), ("GET", "/jwks")]
    assert all(THERE not in line and "cookie" not in line for _, _, line in requests)


# ── what the page may know ──


def test_what_is_public_is_enough_to_ask_and_no_more(door: Office, provider: At) -> None:
    (said,) = door.issuer.ways()[THERE]
    assert said == {
        "authorization": f"{provider.url}/auth",
        "client_id": "letters",
        "employer": False,
        "fragment": True,
        "hosted_domain": None,
        "method": "oidc",
        "names_itself": True,
        "port": None,
        "provider": provider.url,
        "scope": "openid",
    }


def test_provider_and_client_are_fixed_once_there_may_be_members(door: Office, provider: At) -> None:
    door.issuer.set_way(THERE, "oidc", provider.settings(port=8765))
    error = refusal(door.issuer.set_way, THERE, "oidc", provider.settings(client_id="other"))
    assert (type(error), error.code) == (Refused, "way-fixed")


# ── who runs the provider ──


@pytest.mark.parametrize(
    ("organisation", "changed", "code"),
    [
        ("union.example", {"runs": "employer"}, "employer-provider"),
        ("union.example", {"runs": "nobody"}, "bad-runs"),
        ("union.example", {"runs": "other", "hosted_domain": "union.example"}, "employer-provider"),
        ("union.example", {"runs": "other", "hosted_domain": "staff.union.example"}, "employer-provider"),
        ("union.example", {"provider": "https://union.example"}, "employer-provider"),
        ("union.example", {"provider": "https://login.union.example/realms/staff"}, "employer-provider"),
        ("union.example", {"provider": "https://www.linkedin.com/oauth"}, "proves-nothing"),
        ("union.example", {"provider": "https://github.com"}, "proves-nothing"),
        ("union.example", {"provider": "https://token.actions.githubusercontent.com"}, "proves-nothing"),
        ("union.example", {"provider": "https://accounts.google.com"}, "proves-nothing"),
        ("union.example", {"provider": "http://id.union.test"}, "bad-provider"),
        ("union.example", {"provider": "https://me@id.union.test"}, "bad-provider"),
        ("union.example", {"scope": "openid email"}, "bad-scope"),
        ("union.example", {"scope": "groups"}, "bad-scope"),
        ("union.example", {"claim": {"name": "groups", "values": []}}, "bad-claim"),
        ("union.example", {"client_id": ""}, "bad-text"),
        ("union.example", {"secret": "s3cret"}, "bad-flag"),
        ("nokey.example", {}, "no-key"),
    ],
)
def test_what_an_operator_cannot_set(
    provider: At, tagger: KeeperClient, organisation: str, changed: dict[str, Any], code: str
) -> None:
    error = refusal(way(tagger).check, organisation, provider.settings(**changed))
    assert error.code == code
    assert isinstance(error, Refused | Malformed)


def test_the_employers_provider_is_taken_where_the_operator_says_so_and_everybody_hears_of_it(
    provider: At, tagger: KeeperClient
) -> None:
    here = way(tagger)
    for said in ({"runs": "employer"}, {"hosted_domain": "union.example"}):
        settings = here.check("union.example", provider.settings(employer=True, **said))
        assert here.public(settings)["employer"] is True
    assert here.public(here.check("union.example", provider.settings(employer=True)))["employer"] is False


def test_without_a_demonstration_a_provider_is_reached_by_tls_alone(provider: At, tagger: KeeperClient) -> None:
    strict = Accounts(NAME, Providers(Outgoing()), tagger, lambda _: "", ())
    assert refusal(strict.check, THERE, provider.settings()).code == "bad-provider"


# ── which accounts ──


@pytest.mark.parametrize(
    ("login", "fits"),
    [("anna@dept.example", True), ("anna@evil.example", False), ("anna", False), ("anna@Dept.example", False)],
)
def test_a_hosted_domain_is_looked_for_in_the_token(
    provider: At, tagger: KeeperClient, login: str, *, fits: bool
) -> None:
    settings = way(tagger).check(THERE, provider.settings(hosted_domain="dept.example"))
    admits(way(tagger), provider, login, settings, fits=fits)


@pytest.mark.parametrize(
    ("login", "fits"), [("anna.staff", True), ("anna.guests.crew", True), ("anna.guests", False), ("anna", False)]
)
def test_a_claim_is_looked_for_in_the_token(provider: At, tagger: KeeperClient, login: str, *, fits: bool) -> None:
    claim = {"name": "groups", "values": ["staff", "crew"]}
    settings = way(tagger).check(THERE, provider.settings(claim=claim, scope="openid groups"))
    admits(way(tagger), provider, login, settings, fits=fits, scope="openid groups")


def test_a_claim_that_is_not_asked_for_admits_nobody(provider: At, tagger: KeeperClient) -> None:
    settings = way(tagger).check(THERE, provider.settings(claim={"name": "groups", "values": ["staff"]}))
    admits(way(tagger), provider, "anna.staff", settings, fits=False)


def admits(here: Accounts, provider: At, login: str, settings: dict[str, Any], *, fits: bool, **said: Any) -> None:
    asked = provider.admission(ANNA, login, THERE, **said).wish
    if fits:
        assert here.prove(asked, ANNA.point, settings).admits()
    else:
        error = refusal(here.prove, asked, ANNA.point, settings)
        assert (type(error), error.code) == (Refused, "account-other")


# ── what somebody brings that is not theirs, or not now ──


def test_a_code_is_good_once(door: Office, provider: At) -> None:
    asked = provider.admission(ANNA, "anna", THERE)
    door.issuer.admit(asked)
    for person in (ANNA, BEN):
        error = refusal(door.issuer.admit, joins(person, dict(asked.wish.evidence), THERE))
        assert (type(error), error.code) == (Refused, "account-code-spent")


def test_a_code_is_worth_nothing_without_its_verifier_salt_page_and_client(door: Office, provider: At) -> None:
    joining = Joining(NAME, ANNA.point)
    other = provider.evidence("ben", joining=joining)
    for name, code in (
        ("verifier", "account-code-spent"),
        ("salt", "account-disbelieved"),
    ):
        changed = provider.evidence("anna", joining=joining) | {name: other[name]}
        assert refusal(door.issuer.admit, joins(ANNA, changed, THERE)).code == code
    moved = provider.evidence("anna") | {"redirect": accounts.loopback(1234)}
    assert refusal(door.issuer.admit, joins(ANNA, moved, THERE)).code == "account-code-spent"
    foreign = provider.evidence("anna", client_id="other")
    assert refusal(door.issuer.admit, joins(ANNA, foreign, THERE)).code == "account-code-spent"
    elsewhere = provider.evidence("anna", back="http://127.0.0.1:9999/sign/callback/")
    assert refusal(door.issuer.admit, joins(ANNA, elsewhere, THERE)).code == "other-page"
    made_up = provider.evidence("anna") | {"code": "made up"}
    assert refusal(door.issuer.admit, joins(ANNA, made_up, THERE)).code == "account-code-spent"
    asks(door, provider, ANNA, "anna")


def test_the_proof_of_the_words_comes_before_the_provider_is_asked(door: Office, provider: At) -> None:
    asked = provider.admission(ANNA, "anna", THERE)
    spoiled = bytes(asked.commitment[:-1]) + bytes([asked.commitment[-1] ^ 1])
    provider.heard()
    for forged, code in (
        (replace(asked, commitment=spoiled), "commitment-proof"),
        (replace(asked, wish=replace(asked.wish, standing="manager")), "request-proof"),
    ):
        assert refusal(door.issuer.admit, forged).code == code
    assert provider.heard() == []
    door.issuer.admit(asked)


# ── a token that is not what it should be ──

TOKENS: dict[str, dict[str, Any]] = {
    "no signature": {"key": "none"},
    "no signature, with something in its place": {"key": "none-with-a-signature"},
    "the public key as a secret": {"key": "public-key-as-secret"},
    "a foreign key under a known name": {"key": "foreign"},
    "a foreign key under an unknown name": {"key": "unknown"},
    "a foreign key that the token brings": {"key": "embedded"},
    "changed under the signature": {"key": "changed", "claims": {"sub": "ben"}},
    "expired": {"claims": {"iat": -300, "exp": -LEEWAY - 1}},
    "made too long ago": {"claims": {"iat": -700, "exp": 700}},
    "made in the future": {"claims": {"iat": 600, "exp": 1200}},
    "not yet good": {"claims": {"nbf": 600}},
    "without an end": {"without": ["exp"]},
    "an end in words": {"claims": {"exp": "tomorrow"}},
    "without a beginning": {"without": ["iat"]},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "an issuer with a slash more": {"claims": {"iss": "PROVIDER/"}},
    "without an issuer": {"without": ["iss"]},
    "several issuers": {"claims": {"iss": ["PROVIDER"]}},
    "for another client": {"claims": {"aud": "other"}},
    "for another client, and made for this one": {"claims": {"aud": "other", "azp": "letters"}},
    "for nobody": {"without": ["aud"]},
    "for several, and made for nobody": {"claims": {"aud": ["letters", "other"]}},
    "for several, and made for another": {"claims": {"aud": ["letters", "other"], "azp": "other"}},
    "made for another": {"claims": {"azp": "other"}},
    "another nonce": {"claims": {"nonce": "A" * 43}},
    "without a nonce": {"without": ["nonce"]},
    "of another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "without a subject": {"without": ["sub"]},
    "an empty subject": {"claims": {"sub": ""}},
    "a number as subject": {"claims": {"sub": 7}},
    "a long subject": {"claims": {"sub": "a" * 256}},
    "no token at all": {"kind": "without-id-token"},
    "no token but text": {"token": "not a token"},
    "five parts": {"token": "a.b.c.d.e"},
    "a number": {"token": 7},
    "an endless token": {"token": "a" * 200_000},
}  # fmt: skip


@pytest.mark.parametrize("lie", TOKENS)
def test_a_token_is_believed_only_when_all_of_it_holds(provider: At, judge: Judge, lie: str) -> None:
    evidence = provider.evidence("anna")
    with provider.lying("token", **placed(TOKENS[lie], provider)):
        error = refusal(judge, evidence)
    assert (type(error), error.code) == (Refused, "account-disbelieved")


def placed(said: dict[str, Any], provider: At) -> dict[str, Any]:
    """A lie with the provider's address, and with times from now on in place of seconds."""

    def here(value: object) -> object:
        if isinstance(value, list):
            return [here(each) for each in value]
        return value.replace("PROVIDER", provider.url) if isinstance(value, str) else value

    claims = {
        name: value + int(time.time()) if name in {"exp", "iat", "nbf"} and isinstance(value, int) else here(value)
        for name, value in said.get("claims", {}).items()
    }
    return said | ({"claims": claims} if claims else {})


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"claims": {"aud": ["letters"]}},
        {"claims": {"aud": ["letters", "other"], "azp": "letters"}},
        {"claims": {"exp": 3600, "iat": LEEWAY // 2}},
        {"claims": {"exp": -(LEEWAY // 2), "iat": -LEEWAY}},
    ],
)
def test_what_the_liar_signs_truly_is_believed(provider: At, judge: Judge, said: dict[str, Any]) -> None:
    """Else the refusals above would show nothing."""
    evidence = provider.evidence("anna")
    with provider.lying("token", **placed(said, provider)):
        assert judge(evidence).admits()


def test_clocks_that_are_far_apart(provider: At, tagger: KeeperClient) -> None:
    for ahead, fits in ((30.0, True), (4000.0, False), (-4000.0, False)):
        here = way(tagger, ahead=ahead)
        settings = here.check(THERE, provider.settings())
        asked = provider.admission(ANNA, "anna", THERE).wish
        if fits:
            assert here.prove(asked, ANNA.point, settings).admits()
        else:
            assert refusal(here.prove, asked, ANNA.point, settings).code == "account-disbelieved"


# ── a provider that is down, slow or hostile ──

ODD = ["huge", "redirect", "html", "list", "deep", "gzip"]
AWAY = ["endless", "silent", "slow-head", "broken", "reset"]


@pytest.mark.parametrize("kind", ODD + AWAY)
@pytest.mark.parametrize("at", ["discovery", "keys", "token"])
def test_a_provider_that_misbehaves_costs_a_moment_and_nothing_else(
    provider: At, tagger: KeeperClient, at: str, kind: str
) -> None:
    patient, hasty = way(tagger), way(tagger, silence=0.3, whole=0.6)
    settings = patient.check(THERE, provider.settings())
    asked = provider.admission(ANNA, "anna", THERE).wish
    began = time.monotonic()
    with provider.lying(at, kind):
        error = refusal(hasty.prove, asked, ANNA.point, settings)
    assert time.monotonic() - began < 10
    expected = "provider-odd" if kind in ODD else "provider-away"
    assert (type(error), error.code) == (Unavailable, expected)
    assert not any("/elsewhere" in line for line in provider.heard())


def test_a_proxy_is_gone_through_to_everywhere_but_this_machine(provider: At) -> None:
    asked: list[bytes] = []

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            asked.append(connection.recv(65_536))
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = threading.Thread(target=answer, args=(listening,))
        proxy.start()
        outgoing = Outgoing(f"http://127.0.0.1:{listening.getsockname()[1]}")
        assert outgoing.get(f"{provider.url}/jwks")["keys"]
        assert asked == []
        assert outgoing.get("http://id.union.test/jwks") == {}
        proxy.join()
    assert asked[0].startswith(b"GET http://id.union.test/jwks HTTP/1.1\r\n")


def test_a_provider_that_is_down(provider: At, tagger: KeeperClient) -> None:
    here = way(tagger)
    settings = here.check(THERE, provider.settings())
    nowhere = f"http://127.0.0.1:{free_port()}"
    down = settings | {"provider": nowhere}
    error = refusal(here.prove, provider.admission(ANNA, "anna", THERE).wish, ANNA.point, down)
    assert (type(error), error.code) == (Unavailable, "provider-away")
    assert refusal(here.check, THERE, provider.settings(provider=nowhere)).code == "provider-away"


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/auth"},
        {"authorization_endpoint": "http://localhost/auth"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"response_types_supported": ["id_token"]},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
    ],
)
def test_metadata_that_is_not_fit(provider: At, tagger: KeeperClient, changes: dict[str, Any]) -> None:
    with provider.lying("discovery", changes=changes):
        error = refusal(way(tagger).check, THERE, provider.settings())
    assert (type(error), error.code) == (Unavailable, "provider-unfit")


def test_keys_that_sign_nothing_are_no_keys(provider: At, tagger: KeeperClient) -> None:
    settings = way(tagger).check(THERE, provider.settings())
    for keys in ([], [{"kty": "oct", "k": "c2VjcmV0", "kid": "second"}], {"a": 1}, [7]):
        asked = provider.admission(ANNA, "anna", THERE).wish
        with provider.lying("keys", "document", document={"keys": keys}):
            assert refusal(way(tagger).prove, asked, ANNA.point, settings).code == "account-disbelieved"


def test_only_so_many_wait_for_a_provider_at_once(provider: At) -> None:
    outgoing = Outgoing()
    for _ in range(AT_ONCE):
        assert outgoing._free.acquire(blocking=False)
    error = refusal(outgoing.get, f"{provider.url}/jwks")
    assert (type(error), error.code) == (Unavailable, "busy")
    outgoing._free.release()
    assert outgoing.get(f"{provider.url}/jwks")["keys"]
    assert outgoing.get(f"{provider.url}/jwks")["keys"], "the place was not given back"


def test_a_keeper_that_is_away_is_no_reason_to_say_who_is_known(tmp_path: Path, provider: At) -> None:
    away = KeeperClient(tmp_path / "nobody.sock", lambda: bytes(32))
    here = Accounts(NAME, Providers(Outgoing(), unencrypted=True), away, lambda _: "", (INSTANCE + PAGE,))
    settings = provider.settings() | {"claim": None}
    error = refusal(here.prove, provider.admission(ANNA, "anna", THERE).wish, ANNA.point, settings)
    assert (type(error), error.code) == (Unavailable, "keeper-away")
    assert not isinstance(error, Conflict)
