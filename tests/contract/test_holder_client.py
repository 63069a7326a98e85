"""A holder and an honest instance."""

import pytest

from support.instance_double import (
    ADDRESS,
    CLOSES,
    CODE,
    EPOCH,
    ISSUER,
    ORGANISATION,
    Double,
    dice,
    identity,
    letter,
    wallet,
)
from undersigned.errors import Conflict, Malformed, Refused, Withheld
from undersigned.holder.client import Client
from undersigned.holder.log import read_log
from undersigned.holder.receipts import CANCELLED, COUNTED, GOAL_MISSED, LATE, MISSING, WAITING
from undersigned.holder.registry import read_registry
from undersigned.protocol.enrolment import Admission, Renewal, Request, format_code
from undersigned.protocol.entry import Issued, IssuerKey
from undersigned.protocol.statement import stated
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.policy import Policy
from undersigned.tlog.proof import TlogProof
from undersigned.tlog.proof import verify as verify_proof

SLUG = "safer-warehouses"
OCTOBER, AFTER = "2026-10-05T00:00:00Z", "2026-12-03T01:00:00Z"


@pytest.fixture
def double() -> Double:
    return Double()


@pytest.fixture
def client(double: Double) -> Client:
    return holder(double)


def holder(double: Double, number: int = 0) -> Client:
    return Client(ADDRESS, wallet(number, policy=double.policy), dice("client", number), double)


@pytest.fixture
def member(client: Client) -> Client:
    client.enrol(ORGANISATION, CODE)
    return client


# ── joining ──


def test_joining_gives_what_was_said(client: Client, double: Double) -> None:
    held = client.enrol(ORGANISATION, " 7k3m 9qxa 2b4c d5ef ", "software-engineer", "non-manager")
    texts = held.credentials[EPOCH].attributes.texts()
    assert texts == (ORGANISATION, EPOCH, "software-engineer", "non-manager", "code", "")
    assert Request.parse(Admission, double.sent[0][1]).wish.evidence == {"code": CODE}
    assert client.wallet.at(ADDRESS) == [held]


def test_the_same_words_make_the_same_point_with_a_fresh_proof(double: Double, member: Client) -> None:
    again = Client(ADDRESS, wallet(0, policy=double.policy), dice("another device"), double)
    again.enrol(ORGANISATION, CODE)
    first, second = (Request.parse(Admission, body).commitment for _, body in double.sent)
    assert first[:48] == second[:48]
    assert first[48:] != second[48:]


def test_a_spent_code_comes_back_in_the_servers_words(double: Double, member: Client) -> None:
    with pytest.raises(Conflict, match="already used") as caught:
        holder(double, 1).enrol(ORGANISATION, CODE)
    assert caught.value.code == "code-spent"


def test_a_mistyped_code_is_not_sent(double: Double, client: Client) -> None:
    with pytest.raises(Malformed):
        client.enrol(ORGANISATION, "7K3M-9QXA-2B4C")
    assert double.sent == []


@pytest.mark.parametrize(
    ("organisation", "issuer", "code"),
    [("other.example", None, "unknown-organisation"), (ORGANISATION, "other.example", "unknown-issuer")],
)
def test_nobody_admits_there(client: Client, double: Double, organisation: str, issuer: str | None, code: str) -> None:
    with pytest.raises(Refused) as caught:
        client.enrol(organisation, CODE, issuer=issuer)
    assert caught.value.code == code
    assert double.sent == []


def test_among_several_issuers_one_is_named(double: Double, client: Client) -> None:
    double.key("second.example", ORGANISATION, EPOCH)
    with pytest.raises(Refused, match=r"members\.example, second\.example"):
        client.enrol(ORGANISATION, CODE)
    double.secrets.pop((ISSUER, ORGANISATION, EPOCH))
    client.agree("second.example", ADDRESS)
    held = client.enrol(ORGANISATION, CODE, issuer="second.example")
    assert held.issuer == "second.example"


def test_an_issuer_that_does_not_take_codes_gets_none() -> None:
    double = Double(methods=("email",))
    with pytest.raises(Refused, match="by codes"):
        holder(double).enrol(ORGANISATION, CODE)
    assert double.sent == []


def test_a_quarter_that_began_meanwhile_is_looked_up(double: Double, client: Client) -> None:
    client.registry()
    double.key(ISSUER, ORGANISATION, "2027Q1")
    assert sorted(client.enrol(ORGANISATION, CODE).credentials) == [EPOCH, "2027Q1"]


def test_renewing_needs_no_code_and_adds_the_new_quarter(double: Double, member: Client) -> None:
    double.key(ISSUER, ORGANISATION, "2027Q1")
    held = member.renew(member.wallet.at(ADDRESS)[0])
    assert sorted(held.credentials) == [EPOCH, "2027Q1"]
    assert Request.parse(Renewal, double.sent[-1][1]).wish.organisation == ORGANISATION


def test_restoring_from_the_words_alone(double: Double, member: Client) -> None:
    member.sign(SLUG)
    other = Client(ADDRESS, wallet(0, policy=double.policy), dice("new device"), double)
    other.restore(ORGANISATION)
    # What was signed before is one's own again.
    assert other.sign(SLUG).repeated


def test_replacing_gives_a_day_and_cancelling_is_sent(double: Double, member: Client) -> None:
    lost = holder(double, 1)
    assert lost.replace(ORGANISATION, CODE) == "2026-10-09"
    assert lost.wallet.at(ADDRESS)[0].credentials == {}
    member.cancel(ORGANISATION)
    assert [path for path, _ in double.sent[-2:]] == ["api/issuer/replacements", "api/issuer/cancellations"]


def test_without_trust_nothing_is_asked(double: Double) -> None:
    nobody = Client(ADDRESS, wallet(), dice("nobody"), double)
    with pytest.raises(Withheld, match="Join first"):
        nobody.registry()
    assert double.got == []


# ── signing ──


def test_signing_and_the_receipt(double: Double, member: Client) -> None:
    sent = member.sign(SLUG)
    assert not sent.repeated
    assert sent.promise.act == sent.act.digest
    assert sent.promise.deadline == CLOSES
    assert double.held[sent.act.digest].act == sent.act


def test_what_will_be_public_is_all_that_the_act_discloses(member: Client) -> None:
    intent = member.prepare(SLUG, "sign")
    assert intent.public() == [f"organisation: {ORGANISATION}", f"epoch: {EPOCH}"]
    assert sorted(intent.act.disclosed) == [0, 1]


def test_where_vouching_is_a_way_the_way_of_joining_is_shown() -> None:
    double = Double(methods=("code", "vouch"))
    member = holder(double)
    member.enrol(ORGANISATION, CODE)
    intent = member.prepare(SLUG, "sign")
    assert intent.public()[-1] == "method: code"
    assert not member.submit(intent).repeated


def test_the_same_act_again_is_the_same_with_another_proof(double: Double, member: Client) -> None:
    intent = member.prepare(SLUG, "sign")
    first, second = member.submit(intent), member.submit(intent)
    assert second.repeated
    assert first.receipt == second.receipt
    assert double.sent[-1][1] != double.sent[-2][1]


def test_two_letters_show_two_unrelated_pseudonyms(double: Double, member: Client) -> None:
    double.open(letter("second"))
    first, second = (member.prepare(slug, "sign").act for slug in (SLUG, "second"))
    assert first.pseudonym != second.pseudonym


def test_withdrawing(member: Client) -> None:
    member.sign(SLUG)
    sent = member.withdraw(SLUG)
    assert (sent.act.action, sent.act.sequence) == ("withdraw", 1)


def test_a_later_closing_is_looked_up_before_the_receipt_is_refused(double: Double, member: Client) -> None:
    intent = member.prepare(SLUG, "sign")
    double.terms(double.letter, "2026-12-24T00:00:00Z")
    assert member.submit(intent).promise.deadline == "2026-12-24T00:00:00Z"


def test_a_first_receipt_keeps_its_day_after_the_closing_moved(double: Double, member: Client) -> None:
    first = member.sign(SLUG)
    double.terms(double.letter, "2026-12-24T00:00:00Z")
    double.deadline = lambda: CLOSES  # type: ignore[method-assign]  # the first receipt again
    later = Client(ADDRESS, member.wallet, dice("later"), double)
    assert later.sign(SLUG).receipt == first.receipt


def test_a_closed_letter_takes_nothing(double: Double, member: Client) -> None:
    double.close()
    later = Client(ADDRESS, member.wallet, dice("later"), double)
    for action in (later.sign, later.withdraw):
        with pytest.raises(Refused) as caught:
            action(SLUG)
        assert caught.value.code == "letter-closed"
    assert [path for path, _ in double.sent] == ["api/issuer/admissions"]


def test_a_letter_that_was_taken_down_says_why(double: Double, member: Client) -> None:
    double.redact(double.letter.digest)
    later = Client(ADDRESS, member.wallet, dice("later"), double)
    with pytest.raises(Withheld, match="A court asked for it"):
        later.sign(SLUG)


@pytest.mark.parametrize(
    ("slug", "organisation", "code"),
    [("no-such-letter", None, "unknown-letter"), (SLUG, "other.example", "no-pass")],
)
def test_what_one_cannot_sign(member: Client, slug: str, organisation: str | None, code: str) -> None:
    with pytest.raises((Refused, Withheld)) as caught:
        member.sign(slug, organisation)
    assert caught.value.code == code


def test_without_a_pass_nothing_is_sent(double: Double, client: Client) -> None:
    with pytest.raises(Withheld, match="Join first"):
        client.sign(SLUG)
    assert double.sent == []


def test_a_pass_of_another_quarter_says_how_to_get_one(double: Double, member: Client) -> None:
    held = member.wallet.at(ADDRESS)[0]
    member.wallet.memberships[held.name] = type(held)(
        held.address, held.issuer, held.organisation, held.role_family, held.standing, held.method
    )
    with pytest.raises(Withheld, match="undersigned renew"):
        member.sign(SLUG)


def test_who_works_at_two_places_says_which() -> None:
    double = Double(organisations=(ORGANISATION, "example.org"))
    member = holder(double)
    member.enrol(ORGANISATION, CODE)
    member.enrol("example.org", format_code("1" * 16))
    with pytest.raises(Refused, match=r"example\.com and example\.org"):
        member.sign(SLUG)
    assert member.sign(SLUG, "example.org").act.organisation == "example.org"


# ── afterwards ──


def crowd(double: Double, count: int = 11) -> list[Client]:
    view = read_registry(double, Policy.parse(double.policy))
    members = []
    for number in range(1, count + 1):
        one = Client(ADDRESS, wallet(number, policy=double.policy), dice("crowd", number), double, view)
        one.enrol(ORGANISATION, format_code(f"{number:016d}"))
        one.sign(SLUG)
        members.append(one)
    return members


def test_the_proof_is_found_and_anyone_can_verify_it(double: Double, member: Client) -> None:
    members = crowd(double)
    assert members[3].find_proof(SLUG) is None
    double.round()
    found = members[3].find_proof(SLUG)
    assert found is not None
    proof = TlogProof.parse(found.proof.encode())
    key = VerifierKey.parse(double.log_key.vkey)
    assert verify_proof(proof, found.entry, key.name, key).size == 12
    with pytest.raises(Refused):
        verify_proof(proof, found.entry + b" ", key.name, key)


def test_nothing_that_is_fetched_names_whose_proof_it_is(double: Double) -> None:
    members = crowd(double, 3)
    double.round()
    fetched = []
    for one in members:
        later = Client(ADDRESS, one.wallet, dice("later"), double)
        double.got.clear()
        assert later.find_proof(SLUG) is not None
        fetched.append(list(double.got))
    assert fetched[0] == fetched[1] == fetched[2]
    assert any(path.startswith("log/tile/entries/") for path in fetched[0])


def test_one_reading_of_the_log_serves_many_holders(double: Double) -> None:
    members = crowd(double, 5)
    double.round()
    view = members[0].registry()
    log = read_log(double, view, members[0].policy)
    double.got.clear()
    found = [one.find_proof(SLUG, log=log) for one in members]
    assert sorted(each.index for each in found if each is not None) == [1, 2, 3, 4, 5]
    assert not any(path.startswith("log/") for path in double.got)


def test_a_receipt_waits_then_is_counted(double: Double, member: Client) -> None:
    receipt = member.sign(SLUG).receipt
    assert member.check(receipt, OCTOBER).state == WAITING
    assert member.check(receipt, AFTER).state == LATE
    double.round()
    verdict = member.check(receipt, AFTER)
    assert verdict.state == COUNTED
    assert verdict.found is not None
    assert "entry 1 " in verdict.words


def test_a_dropped_signature_is_provable_after_the_last_round(double: Double, member: Client) -> None:
    sent = member.sign(SLUG)
    double.round(final=True, leave_out=[sent.act.digest])
    verdict = member.check(sent.receipt, AFTER)
    assert verdict.state == MISSING
    assert not verdict.kept
    assert "proves that it was dropped" in verdict.words


def test_a_dropped_signature_is_provable_after_the_registry_says_closed(double: Double, member: Client) -> None:
    sent = member.sign(SLUG)
    double.round(leave_out=[sent.act.digest])
    assert member.check(sent.receipt, OCTOBER).state == WAITING
    double.close()
    later = Client(ADDRESS, member.wallet, dice("later"), double)
    assert later.check(sent.receipt, AFTER).state == MISSING


def test_a_missed_goal_ends_the_promise(double: Double, member: Client) -> None:
    sent = member.sign(SLUG)
    double.close("goal-missed")
    later = Client(ADDRESS, member.wallet, dice("later"), double)
    verdict = later.check(sent.receipt, AFTER)
    assert verdict.state == GOAL_MISSED
    assert verdict.kept


def test_a_signature_and_its_withdrawal_may_both_be_absent(double: Double, member: Client) -> None:
    receipts = [member.sign(SLUG).receipt, member.withdraw(SLUG).receipt]
    for receipt in receipts:
        member.wallet.keep(ADDRESS, receipt)
    double.round(final=True, leave_out=list(double.held))
    assert [member.check(receipt, AFTER).state for receipt in receipts] == [CANCELLED, CANCELLED]


def test_a_withdrawal_that_was_dropped_while_the_signature_stands_is_missing(double: Double, member: Client) -> None:
    member.wallet.keep(ADDRESS, member.sign(SLUG).receipt)
    double.round()
    gone = member.withdraw(SLUG)
    member.wallet.keep(ADDRESS, gone.receipt)
    double.round(final=True, leave_out=[gone.act.digest])
    assert member.check(gone.receipt, AFTER).state == MISSING


def test_a_later_closing_moves_the_promise(double: Double, member: Client) -> None:
    receipt = member.sign(SLUG).receipt
    double.terms(double.letter, "2026-12-24T00:00:00Z")
    later = Client(ADDRESS, member.wallet, dice("later"), double)
    assert later.check(receipt, AFTER).state == WAITING


# ── sharing ──


def test_a_shared_registry_is_checked_under_each_holders_own_policy(double: Double) -> None:
    view = read_registry(double, Policy.parse(double.policy))
    stranger = wallet(5)
    stranger.trust(ADDRESS, Policy.parse(double.policy).text().replace(
        double.registry_key.vkey, double.log_key.vkey))  # fmt: skip
    double.got.clear()
    with pytest.raises(Refused) as caught:
        Client(ADDRESS, stranger, dice("x"), double, view).registry()
    assert caught.value.code == "policy-log"
    assert double.got == []


def test_a_shared_registry_older_than_what_was_seen_is_read_anew(double: Double) -> None:
    old = read_registry(double, Policy.parse(double.policy))
    key = old.registry.issuer_key(ISSUER, ORGANISATION, EPOCH).public_key
    double.enter(stated(IssuerKey(ISSUER, "example.net", EPOCH, ("code",), key), identity(ISSUER)))
    one = holder(double)
    one.registry()
    later = Client(ADDRESS, one.wallet, dice("later"), double, old)
    assert later.registry().registry.size == old.registry.size + 1


def test_a_large_log_is_read_across_its_bundles(double: Double, member: Client) -> None:
    sent = member.sign(SLUG)
    double.log.append([_issued(number) for number in range(600)])
    double.round()
    found = member.find_proof(SLUG)
    assert found is not None
    assert found.index == 601
    double.log.append([_issued(number) for number in range(300)])
    assert member.check(sent.receipt, AFTER).state == COUNTED


def _issued(number: int) -> bytes:
    return Issued(ISSUER, ORGANISATION, EPOCH, number * 10).encoded
