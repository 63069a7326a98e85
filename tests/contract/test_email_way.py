"""Joining by e-mail: a real mail server, a real keeper, and everything that can go wrong between them."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.by_mail import DOMAIN, Door, door
from support.instances import BEGIN, EPOCH, HERE, THERE
from support.issuing import Person
from support.mailing import message
from undersigned.errors import Malformed, Refused, Unavailable, UndersignedError
from undersigned.protocol.enrolment import Issuance

SECOND, THIRD = "2026-12-01T01:00:00Z", "2026-12-01T02:00:00Z"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("email")) as made:
        yield made


@pytest.fixture(autouse=True)
def _begin(request: pytest.FixtureRequest) -> None:
    """Each test begins in the first hour."""
    if "here" in request.fixturenames:
        request.getfixturevalue("here").move(BEGIN)


def problem(answer: httpx.Response) -> str:
    """The code of a problem document."""
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["type"]).removeprefix("urn:undersigned:problem:")


def shape(answer: httpx.Response) -> tuple[Any, ...]:
    """What a listener sees of an answer."""
    return answer.status_code, len(answer.content), tuple(sorted(answer.headers.items()))


# ── a life ──


def test_a_mailed_code_admits_once_and_gives_the_same_person_the_same_again(here: Door) -> None:
    ann, ben, address = Person(1), Person(2), f"Ann.Smith@{DOMAIN}"
    assert (here.ask(address).status_code, here.post.mailbox.code(address)) == (202, here.code(address))
    code = here.post.mailbox.code(address)
    first = here.join(ann, address, code)
    assert first.status_code == 200, first.text
    (credential,) = Issuance.parse(first.content).credentials
    assert credential.attributes.method == "email"
    ann.check(credential, here.instance.keys)
    assert here.join(ann, address.lower(), code).status_code == 200
    assert problem(here.join(ben, address, code)) == "email-spent"
    assert problem(here.join(ben, address.upper().replace(DOMAIN.upper(), DOMAIN), code)) == "email-spent"
    assert here.send("renewals", ann.renewal().encoded()).status_code == 200


def test_a_code_works_in_its_hour_and_in_the_next(here: Door) -> None:
    code = here.code(f"late@{DOMAIN}")
    here.move(THIRD)
    assert problem(here.join(Person(3), f"late@{DOMAIN}", code)) == "email-wrong"
    here.move(SECOND)
    assert here.join(Person(3), f"late@{DOMAIN}", code).status_code == 200


def test_the_mail_speaks_the_language_that_was_asked_for(here: Door) -> None:
    here.ask(f"greta@{DOMAIN}", language="de")
    here.post.mailbox.code(f"greta@{DOMAIN}")
    (mail,) = [message(each) for each in here.post.mailbox.mails if each.rcpt_tos == [f"greta@{DOMAIN}"]]
    assert mail["Subject"] == "Ihr Code"
    assert "Er gilt bis 1. Dezember 2026, 02:00 UTC." in " ".join(mail.get_content().split())


# ── codes that do not admit ──


def test_wrong_used_expired_and_foreign_codes_look_alike(here: Door) -> None:
    used, free = f"used@{DOMAIN}", f"free@{DOMAIN}"
    assert here.join(Person(4), used, here.code(used)).status_code == 200
    thief = Person(5)
    answers = {
        "used": here.join(thief, used, here.code(used)),
        "wrong": here.join(thief, free, "00000000"),
        "wrong for a member": here.join(thief, used, "00000000"),
        "expired": here.join(thief, free, here.code(free, hour="2026-11-30T22:00:00Z")),
        "of another organisation": here.join(thief, free, here.code(free, scope=THERE)),
        "for another purpose": here.join(thief, free, here.code(free, purpose="stand")),
        "of another address": here.join(thief, free, here.code(used)),
        "not yet": here.join(thief, free, here.code(free, hour=SECOND)),
    }
    assert {problem(each) for name, each in answers.items() if name != "used"} == {"email-wrong"}
    assert problem(answers["used"]) == "email-spent"
    assert {each.status_code for each in answers.values()} == {403}
    assert len({shape(each) for each in answers.values()}) == 1
    assert len({each.content for name, each in answers.items() if name != "used"}) == 1


def test_nothing_about_an_address_is_said_before_the_proof(here: Door) -> None:
    known, free = f"known@{DOMAIN}", f"unknown@{DOMAIN}"
    assert here.join(Person(6), known, here.code(known)).status_code == 200
    answers = set()
    for address in (known, free):
        for code in (here.code(address), "00000000"):
            good = here.admission(Person(7), address, code)
            spoiled = good.proof[:-1] + bytes([good.proof[-1] ^ 1])
            body = good.encoded().replace(_b64(good.proof), _b64(spoiled))
            answer = here.send("admissions", body)
            answers.add((answer.status_code, answer.content))
    assert len(answers) == 1
    assert problem(answer) == "request-proof"


def _b64(octets: bytes) -> bytes:
    from undersigned.values import b64u  # noqa: PLC0415 - beside its only use

    return b64u(octets).encode()


@pytest.mark.parametrize("known", [True, False])
def test_an_address_is_tried_ten_times_an_hour_known_or_not(here: Door, known: bool) -> None:  # noqa: FBT001 - a case
    address, person = f"tried-{known}@{DOMAIN}".lower(), Person(8 + known)
    if known:
        assert here.join(person, address, here.code(address)).status_code == 200
    answers = [here.join(Person(10), address, "00000000") for _ in range(10 - known)]
    assert {problem(each) for each in answers} == {"email-wrong"}
    refused = [here.join(Person(10), address, code) for code in ("00000000", here.code(address))]
    assert {problem(each) for each in refused} == {"too-many-tries"}
    assert {each.status_code for each in refused} == {403}
    assert here.join(Person(10), f"other-{known}@{DOMAIN}".lower(), "00000000").status_code == 403


def test_who_has_joined_with_these_words_needs_no_other_code(here: Door) -> None:
    address = f"twice@{DOMAIN}"
    assert here.join(Person(11), address, here.code(address)).status_code == 200
    answer = here.join(Person(11), f"second@{DOMAIN}", here.code(f"second@{DOMAIN}"))
    assert problem(answer) == "words-taken"


# ── asking for a mail ──


def test_a_request_for_a_member_looks_like_any_other(here: Door) -> None:
    member, new = f"member@{DOMAIN}", f"stranger@{DOMAIN}"
    assert here.join(Person(12), member, here.code(member)).status_code == 200
    answers = [here.ask(address) for address in (member, new, new, member)]
    assert {each.status_code for each in answers} == {202}
    assert len({shape(each) for each in answers}) == 1
    assert len({each.content for each in answers}) == 1


def test_an_address_gets_one_mail_an_hour(here: Door) -> None:
    address = f"often@{DOMAIN}"
    for _ in range(3):
        assert here.ask(address).status_code == 202
    assert here.post.mailbox.code(address) == here.code(address)
    outbox, until = here.instance.outbox, time.monotonic() + 10
    assert outbox is not None
    while outbox._waiting and time.monotonic() < until:
        time.sleep(0.02)
    assert here.ask(f"last@{DOMAIN}").status_code == 202
    here.post.mailbox.code(f"last@{DOMAIN}")
    assert [each.rcpt_tos for each in here.post.mailbox.mails].count([address]) == 1


def test_work_is_asked_for_and_counts_once(here: Door) -> None:
    request = here.request(f"work@{DOMAIN}")
    body = request.encoded()
    assert here.send("mails", body).status_code == 202
    assert problem(here.send("mails", body)) == "work-spent"
    signature = request.work.challenge.signature.hex().encode()
    foreign = here.request(f"foreign@{DOMAIN}").encoded()
    theirs = here.request(f"foreign@{DOMAIN}").work.challenge.signature.hex()
    assert problem(here.send("mails", body.replace(signature, theirs.encode()))) == "work-foreign"
    assert here.send("mails", foreign).status_code == 202


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda body: body.replace(b"spell@union.example", b"spell@example.org"), "domain-not-allowed"),
        (lambda body: body.replace(b"spell@union.example", b"spell@sub.union.example"), "domain-not-allowed"),
        (lambda body: body.replace(b"spell@union.example", b"spell@Union.example"), "bad-address"),
        (lambda body: body.replace(b"spell@union.example", b"spell+1@union.example"), "address-plus"),
        (lambda body: body.replace(b"spell@", b"spell@x.example,a@"), "bad-address"),
        (lambda body: body.replace(b"spell@", b"spell\\r\\nBcc: a@"), "text-control"),
        (lambda body: body.replace(b'"en"', b'"la"'), "bad-mail-language"),
        (lambda body: body.replace(b'"example.com"', b'"example.org"'), "method-not-offered"),
        (lambda body: body[: body.index(b',"work"')] + b"}", "field-missing"),
        (lambda body: body.replace(b'"counter":', b'"counter":1'), "bad-integer"),
        (lambda body: body + b" ", "json-not-canonical"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_and_costs_no_work(here: Door, spoil: Any, code: str) -> None:
    good = here.request(f"spell@{DOMAIN}").encoded()
    sent = len(here.post.mailbox.mails)
    answer = here.send("mails", spoil(good))
    assert problem(answer) == code
    assert 400 <= answer.status_code < 500
    assert here.send("mails", good).status_code == 202
    assert len(here.post.mailbox.mails) <= sent + 1


def test_a_domain_that_is_not_allowed_admits_nobody_and_asks_nobody(here: Door) -> None:
    answer = here.join(Person(13), "anna@example.org", "00000000")
    assert problem(answer) == "domain-not-allowed"
    assert DOMAIN in answer.json()["title"]


# ── lost words ──


def test_lost_words_are_replaced_with_a_new_code(here: Door) -> None:
    old, new, address = Person(14), Person(15), f"lost@{DOMAIN}"
    assert here.join(old, address, here.code(address)).status_code == 200
    answer = here.join(new, address, here.code(address), verb="replacements")
    assert (answer.status_code, answer.json()["ready"]) == (202, "2026-12-08")
    assert problem(here.send("renewals", new.renewal().encoded())) == "replacement-waits"
    here.move("2026-12-08T00:00:00Z")
    assert problem(here.send("renewals", new.renewal().encoded())) == "next-quarter"


def test_who_replaces_learns_nothing_with_a_wrong_code(here: Door) -> None:
    known, free = f"kept@{DOMAIN}", f"nobody@{DOMAIN}"
    assert here.join(Person(16), known, here.code(known)).status_code == 200
    answers = [
        here.join(Person(17), known, "00000000", verb="replacements"),
        here.join(Person(17), free, "00000000", verb="replacements"),
        here.join(Person(17), free, here.code(free), verb="replacements"),
    ]
    assert {problem(each) for each in answers} == {"nobody-joined"}
    assert len({(each.content, shape(each)) for each in answers}) == 1


# ── something is away ──


def away(here: Door) -> bool:
    """Whether the outbox knows that the mail server is away."""
    assert here.instance.outbox is not None
    try:
        here.instance.outbox.ready()
    except Unavailable:
        return True
    return False


def test_without_the_keeper_people_are_told_and_nothing_is_counted(tmp_path: Path) -> None:
    with door(tmp_path) as here:
        address = f"anna@{DOMAIN}"
        code = here.code(address)
        here.keeper.stop()
        answers = [here.ask(address), here.join(Person(20), address, code), here.ask(f"ben@{DOMAIN}")]
        assert [(each.status_code, problem(each)) for each in answers] == [(503, "keeper-away")] * 3
        assert len({shape(each) for each in answers}) == 1
        assert here.send("renewals", Person(20).renewal().encoded()).status_code == 403
        here.keeper.start()
        assert here.ask(address).status_code == 202
        assert here.join(Person(20), address, here.post.mailbox.code(address)).status_code == 200


def test_without_the_mail_server_people_are_told_and_a_code_in_hand_still_works(tmp_path: Path) -> None:
    with door(tmp_path) as here:
        address = f"anna@{DOMAIN}"
        assert here.ask(address).status_code == 202
        code = here.post.mailbox.code(address)
        here.post.stop()
        assert here.ask(f"ben@{DOMAIN}").status_code == 202
        until = time.monotonic() + 10
        while not away(here) and time.monotonic() < until:
            time.sleep(0.01)
        answers = [here.ask(f"cleo@{DOMAIN}"), here.ask(address)]
        assert [(each.status_code, problem(each)) for each in answers] == [(503, "mail-away")] * 2
        assert len({shape(each) for each in answers}) == 1
        assert here.join(Person(21), address, code).status_code == 200
        here.post.start()
        assert here.post.mailbox.code(f"ben@{DOMAIN}") == here.code(f"ben@{DOMAIN}")
        assert here.ask(f"cleo@{DOMAIN}").status_code == 202
        assert here.post.mailbox.code(f"cleo@{DOMAIN}")


# ── setting it ──


def refused(here: Door, **settings: object) -> UndersignedError:
    with pytest.raises(UndersignedError) as caught:
        here.instance.issuer.set_way(THERE, "email", settings)
    return caught.value


@pytest.mark.parametrize("name", [THERE, f"mail.{THERE}", f"a.b.{THERE}"])
def test_the_employers_own_mail_is_refused_unless_it_is_said(here: Door, name: str) -> None:
    error = refused(here, domains=["union.example", name], employer=False)
    assert (type(error), error.code) == (Refused, "employer-mail")
    assert "join in anybody's name" in error.words
    here.instance.issuer.set_way(THERE, "email", {"domains": [name, "union.example"], "employer": True})
    (way,) = here.instance.issuer.ways()[THERE]
    assert way == {"method": "email", "domains": sorted([name, "union.example"]), "employer": True}


def test_the_mail_of_a_whole_company_is_its_departments_too(here: Door) -> None:
    with pytest.raises(Refused):
        here.instance.issuer.set_way("sales.example.org", "email", {"domains": ["example.org"], "employer": False})
    here.instance.issuer.set_way("sales.example.net", "email", {"domains": ["ales.example.net"], "employer": False})


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"domains": [DOMAIN]},
        {"domains": [], "employer": False},
        {"domains": DOMAIN, "employer": False},
        {"domains": ["Union.example"], "employer": False},
        {"domains": [DOMAIN], "employer": "no"},
        {"domains": [f"a{n}.example" for n in range(21)], "employer": False},
        {"domains": [DOMAIN], "employer": False, "more": 1},
    ],
)
def test_settings_are_checked(here: Door, settings: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        here.instance.issuer.set_way(THERE, "email", settings)


def test_domains_stay_once_there_may_be_members(here: Door) -> None:
    with pytest.raises(Refused) as caught:
        here.instance.issuer.set_way(HERE, "email", {"domains": [DOMAIN, "other.example"], "employer": False})
    assert caught.value.code == "way-fixed"
    here.instance.issuer.set_way(HERE, "email", {"domains": [DOMAIN], "employer": False})


def test_everybody_may_know_the_domains(here: Door) -> None:
    ways = here.client.get("/api/issuer/ways").json()["organisations"][HERE]
    assert ways == [{"method": "email", "domains": [DOMAIN], "employer": False}]


def test_the_registry_says_email(here: Door) -> None:
    assert here.instance.issuer.open_epoch(HERE, EPOCH).methods == ("email",)
