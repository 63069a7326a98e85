"""A letter that asks for passes of two issuers, on two servers: joined one after the other in the page, and signed."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route

from support.browsing import Place
from support.by_mail import DOMAIN, FAST
from support.co_issuing import UNION, CoIssuer
from support.gallery import Gallery
from support.inspection import requested, secrets_of
from support.instances import EPOCH, HERE, ISSUER, NAME
from support.keeping import place as keeping
from support.mailing import post
from support.people import Person
from support.unions import Union, union
from undersigned.asking.pins import Pin
from undersigned.bbs.blind import blind_sign
from undersigned.bbs.signature import keygen, public_key
from undersigned.holder import phrase
from undersigned.holder.client import Client
from undersigned.holder.transport import HttpTransport
from undersigned.holder.wallet import Wallet
from undersigned.protocol.credential import UNDECLARED, Attributes, Credential, header
from undersigned.protocol.derivation import blind
from undersigned.protocol.elsewhere import issuers
from undersigned.protocol.enrolment import Admission, Issuance
from undersigned.protocol.enrolment import Request as Asked
from undersigned.protocol.letter import Organisation
from undersigned.tlog.note import SigningKey
from undersigned.tlog.policy import log_only
from undersigned.web.operations import add_issuer_key, pin_issuer

pytestmark = pytest.mark.xdist_group("journey-issuers")

Come = Callable[..., Person]
BY_MAIL = {"email": {"domains": [DOMAIN], "employer": False}}
SLUG, FORGED, FALSE, MAILING = "together", "forged", "false.example", "mailing.example"
ADDRESS = "Which address shows that you work there?"
CHOOSE, MISSING, HOW = "Where do you join?", "A pass is still missing", "How can you show that you work there?"
JOINED = "You have joined. Sign now, or later?"
CREDENTIALS = {"cookie", "authorization", "referer"}


@pytest.fixture(scope="module")
def there(here: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Union]:
    """An issuer at another origin, and a letter that asks for passes of both."""
    with union(tmp_path_factory.mktemp("union"), here) as served:
        here.opens(SLUG, days=4, epoch=EPOCH, organisations=(Organisation(HERE, (ISSUER, UNION)),))
        yield served


def begins_at(person: Person, there: Union, slug: str = SLUG) -> Person:
    """Choose the issuer elsewhere, and bring its code, up to the question whether to join."""
    person.opens(slug).sees(CHOOSE).chooses(UNION).presses("Go on there").says_where()
    person.reads(f"This goes to {UNION}, at {there.url}, and nowhere else.")
    person.types("Your code", there.codes.pop()).presses("Go on")
    return person.says_nothing_more().writes_the_words_down()


def test_una_joins_at_both_in_the_page_and_signs(here: Place, there: Union, somebody: Come) -> None:
    una, gallery = somebody(), Gallery("issuers")
    una.opens(SLUG).sees(CHOOSE).reads("so that none can invent anybody unseen by the others")
    for name, url in ((ISSUER, here.url), (UNION, there.url)):
        una.reads(name).reads(url)
    gallery.look(una.page, "apart")
    una.unfolds("With the command line").reads(f"undersigned enrol {here.url} --organisation {HERE} --issuer {UNION}")
    una.presses("Go on there").is_told("Choose one of them.")
    gallery.look(una.page, "apart-told")
    assert una.messages() == []
    assert {each.url.startswith(here.url) for each in requested(una.sent)} == {True}, "nobody else is asked before"

    una.chooses(UNION).reaches("Go on there").keys("Enter").says_where()
    una.reads(f"This goes to {UNION}, at {there.url}, and nowhere else.")
    gallery.look(una.page, "way")
    code = there.codes.pop()
    una.types("Your code", code).presses("Go on").says_nothing_more().writes_the_words_down()
    gallery.look(una.page, "join")
    assert una.messages() == []
    una.presses("Join").sees(MISSING).reads(f"{UNION}: {there.url} – you have its pass")
    una.reads(f"What you bring goes to {ISSUER}, at {here.url}, and to nobody else.")
    gallery.look(una.page, "missing")
    # The page is loaded anew: what is missing is said again, and who was joined is not asked for.
    una.opens(SLUG).sees(MISSING).presses("Go on there").sees(HOW)
    own = here.code()
    una.types("Your code", own).presses("Go on").sees("Join now?").presses("Join").sees(JOINED)
    una.goes_on().signs()
    (act,) = una.acts()
    assert f'"issuers":["{ISSUER}","{UNION}"]'.encode() in (act.post_data_buffer or b"")
    assert here.does(lambda: here.instance.ledger.waiting(here.letters[SLUG].context))[HERE].signatures == 1
    una.opens().sees("Your pass").reads(f"{HERE} ({ISSUER}), for").reads(f"{HERE} ({UNION}), for")
    sent_only_what_it_takes(una, here, there, (own, code))


def sent_only_what_it_takes(person: Person, here: Place, there: Union, codes: tuple[str, str]) -> None:
    """Two origins; to the issuer elsewhere what joining takes; each code to its issuer, and no word to anybody."""
    sent = [each for each in requested(person.sent) if each.url != "about:blank"]
    by = {url: [each for each in sent if each.url.startswith(f"{url}/")] for url in (here.url, there.url)}
    assert sum(map(len, by.values())) == len(sent)
    asked = {(each.method, urlsplit(each.url).path) for each in by[there.url] if each.method != "OPTIONS"}
    assert asked == {
        ("GET", "/api/issuer/role-families"),
        ("GET", "/api/issuer/nonce"),
        ("POST", "/api/issuer/admissions"),
    }
    assert [each.url for each in by[there.url] if urlsplit(each.url).query] == []
    assert [each.url for each in by[there.url] if CREDENTIALS & each.all_headers().keys()] == []
    posted = {(each.method, urlsplit(each.url).path) for each in by[here.url] if each.method != "GET"}
    assert posted == {("POST", "/api/issuer/admissions"), ("POST", "/api/acts")}
    said = {url: b"\n".join(each.url.encode() + (each.post_data_buffer or b"") for each in by[url]) for url in by}
    own, code = (each.replace("-", "").encode() for each in codes)
    spelled = {url: octets.replace(b"-", b"") for url, octets in said.items()}
    assert (own in spelled[here.url], code in spelled[there.url]) == (True, True), (
        "planted: each is found where it goes"
    )
    assert (own in spelled[there.url], code in spelled[here.url]) == (False, False)
    secret = [*secrets_of(person.paper), blind(phrase.seed(person.phrase), UNION).to_bytes(32, "big")]
    assert [each for each in secret if any(each in octets for octets in said.values())] == []
    assert [each for each in secret if each in person.phrase.encode()], "planted: words in what was sent are found"


def test_the_issuer_is_away_and_nothing_is_lost(there: Union, somebody: Come) -> None:
    vera = begins_at(somebody(), there)
    there.server.stop()
    vera.presses("Join").is_told("Whoever admits you did not answer, or you are offline.")
    Gallery("issuers-away").look(vera.page, "join-told")
    there.server.__enter__()
    vera.presses("Join").sees(MISSING)


def poses(route: Route, page: str) -> None:
    """Answer with a pass in the other's name, under a key of one's own."""
    if route.request.method == "OPTIONS":
        route.fallback()
        return
    asked = Asked.parse(Admission, route.request.post_data_buffer or b"")
    said, secret = Attributes(HERE, EPOCH, UNDECLARED, UNDECLARED, "code"), keygen(bytes(32))
    signature = blind_sign(secret, public_key(secret), asked.commitment, header(FALSE), said.messages(), bytes(32))
    issuance = Issuance((Credential(FALSE, said, signature),)).encoded()
    route.fulfill(body=issuance, content_type="application/json", headers={"access-control-allow-origin": page})


def test_a_pass_under_another_key_is_thrown_away(here: Place, there: Union, somebody: Come) -> None:
    """The registry has another key for this name than the server at its address, which says that it is of this name."""
    here.does(pin_issuer, here.instance, Pin.issuer(FALSE, SigningKey(FALSE, bytes(32)).vkey, there.url))
    here.does(add_issuer_key, here.instance, CoIssuer(FALSE).entry())
    here.opens(FORGED, days=4, epoch=EPOCH, organisations=(Organisation(HERE, (FALSE,)),))
    wilma = somebody().opens(FORGED).sees(CHOOSE).reads(f"What you bring goes to {FALSE}, at {there.url}")
    wilma.presses("Go on there").says_where().types("Your code", there.codes.pop()).presses("Go on")
    wilma.says_nothing_more().writes_the_words_down().presses("Join")
    # As long as the server says who it is, it does not even look: it was asked for by another name.
    wilma.is_told("Whoever admits you is at another address than the one that this went to.")
    wilma.page.context.route(f"{there.url}/api/issuer/admissions", lambda route: poses(route, here.url))
    wilma.sees("Join now?").presses("Join").is_told("The pass that the server sent was thrown away")
    wilma.opens().sees("Your pass").does_not_read(HERE)


def test_an_address_that_others_can_read_is_refused(there: Union, somebody: Come) -> None:
    assert there.url
    xenia = somebody()
    lie = issuers({UNION: "http://union.example"})
    xenia.page.context.route("**/issuers.json", lambda route: route.fulfill(body=lie, content_type="application/json"))
    xenia.opens(SLUG).sees("This page cannot go on now").reads("or that others can read along")
    assert xenia.messages() == []
    assert [each.url for each in xenia.sent if "union.example" in each.url] == []


def passes(here: Place, there: Union, file: Path, *names: str) -> Path:
    """A pass from the command line, joined at these issuers."""
    wallet = Wallet(secrets.token_bytes(32))
    wallet.trust(here.url, log_only(here.instance.keys.signing("registry", NAME).vkey))
    wallet.agree(here.url, ISSUER, here.url)
    wallet.agree(here.url, UNION, there.url)
    with ExitStack() as stack:
        ways = {url: stack.enter_context(closing(HttpTransport(url))) for url in (here.url, there.url)}
        client = Client(here.url, wallet, secrets.token_bytes, ways[here.url], reach=ways.__getitem__)
        for name in names:
            client.enrol(HERE, here.code() if name == ISSUER else there.codes.pop(), issuer=name)
    file.write_bytes(wallet.encoded())
    return file


def brings(person: Person, file: Path) -> Person:
    person.opens(SLUG).sees(CHOOSE).presses("I saved my pass as a file").sees("Bring your pass back")
    person.page.get_by_label("Your file", exact=True).set_input_files(file)
    return person.presses("Bring it back")


def test_viktor_joined_at_both_before_and_signs_in_the_page(
    here: Place, there: Union, somebody: Come, tmp_path: Path
) -> None:
    viktor = brings(somebody(), passes(here, there, tmp_path / "both.pass", ISSUER, UNION))
    viktor.sees("Sign this letter?").signs()
    assert [each.url for each in viktor.sent if each.url.startswith(there.url)] == []


def test_yann_has_a_pass_of_one_and_joins_at_the_other_with_the_same_words(
    here: Place, there: Union, somebody: Come, tmp_path: Path
) -> None:
    yann = brings(somebody(), passes(here, there, tmp_path / "one.pass", ISSUER)).sees(MISSING)
    assert yann.messages() == []
    yann.presses("Go on there").sees(HOW).types("Your code", there.codes.pop()).presses("Go on")
    yann.sees("Join now?").presses("Join").sees(JOINED)


def test_letters_of_the_issuer_that_is_here_are_joined_as_before(here: Place, there: Union, somebody: Come) -> None:
    zoe = somebody().joins("leave", here.code()).goes_on().signs()
    assert [each.url for each in zoe.sent if each.url.startswith(there.url)] == []


def test_dora_joins_by_a_mail_of_the_issuer_that_is_elsewhere(
    here: Place, there: Union, somebody: Come, tmp_path: Path
) -> None:
    assert there.url
    with keeping() as keeper, post(tmp_path, "tls") as server:
        keeper.start(*FAST)
        with union(tmp_path, here, MAILING, BY_MAIL, keeper, server) as mailing:
            here.opens("mailed", days=4, epoch=EPOCH, organisations=(Organisation(HERE, (MAILING,)),))
            dora, address = somebody(), f"dora@{DOMAIN}"
            dora.opens("mailed").sees(CHOOSE).presses("Go on there").says_where(ADDRESS).reads(DOMAIN)
            dora.reads(f"This goes to {MAILING}, at {mailing.url}, and nowhere else.")
            dora.types("Your address", address).presses("Send me a code").sees("Which code came by mail?")
            dora.types("Eight digits", server.mailbox.code(address)).presses("Go on")
            dora.says_nothing_more().writes_the_words_down().presses("Join").sees(JOINED).goes_on().signs()
            asked = {urlsplit(each.url).path for each in dora.sent if each.url.startswith(mailing.url)}
            names = ("ways", "challenge", "mails", "role-families", "nonce", "admissions")
            assert asked == {f"/api/issuer/{name}" for name in names}
            posted = [urlsplit(each.url).path for each in dora.messages() if each.url.startswith(here.url)]
            assert posted == ["/api/acts"]


def test_yara_is_told_by_name_where_new_words_were_not_stopped(
    here: Place, there: Union, somebody: Come, tmp_path: Path
) -> None:
    yara = brings(somebody(), passes(here, there, tmp_path / "yara.pass", ISSUER, UNION)).sees("Sign this letter?")
    stopping, unstopped = "Stop the replacement of your words?", "Not stopped everywhere"
    yara.page.get_by_role("button", name="Your pass").click()
    yara.sees("Your pass").presses("Somebody else replaces my words").sees(stopping)
    there.server.stop()
    yara.presses("Stop it").sees(unstopped).reads(f"{UNION}: Whoever admits you did not answer")
    yara.does_not_read(f"{ISSUER}:").does_not_read("Your words stay")
    Gallery("issuers-unstopped").look(yara.page, "cancelled")
    there.server.__enter__()
    yara.presses("Try again").sees(stopping).page.get_by_label(UNION).uncheck()
    yara.presses("Stop it").sees(unstopped).reads(f"{UNION}: Nothing was asked there.")
    yara.presses("Try again").sees(stopping).presses("Stop it").is_told("Nobody asked to replace your words.")
    assert yara.page.get_by_text("Your words stay").count() == 0
