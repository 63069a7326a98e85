"""Supporters and shown names: a real mail server, a real keeper, and everything that can go wrong between them."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connections

from support.asking import asking
from support.auditing import audited
from support.beside import FAST, SLUG, VERBS, Around, Street, around, street
from support.instances import BEGIN, CLOSES, HERE, THERE, enrol, letter, sign
from support.mailing import message
from undersigned.errors import Refused, Withheld
from undersigned.protocol.beside import PURPOSES, SHOW, SUPPORT, UNSHOW, UNSUPPORT
from undersigned.protocol.entry import NamesShown, Supporters
from undersigned.protocol.names import NameList
from undersigned.web.operations import close_letter, extend_letter, take_off, turn

__all__ = ["around"]
SECOND, THIRD = "2026-12-02T00:00:00Z", "2026-12-03T00:00:00Z"


@pytest.fixture
def here(tmp_path: Path, around: Around) -> Iterator[Street]:
    with street(tmp_path, around) as made:
        yield made


def problem(answer: httpx.Response) -> str:
    """The code of a problem document."""
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["type"]).removeprefix("urn:undersigned:problem:")


def shape(answer: httpx.Response) -> tuple[Any, ...]:
    """What a listener sees of an answer."""
    return answer.status_code, len(answer.content), tuple(sorted(answer.headers.items()))


def said(here: Street, slug: str = SLUG) -> tuple[Supporters | None, NamesShown | None]:
    """What the registry says last."""
    registry, digest = here.instance.ledger.registry(), here.instance.letters.letter(slug).digest
    return registry.supporters.get(digest), registry.names.get(digest)


def shown(here: Street, slug: str = SLUG) -> list[str]:
    """The names that the world can read, from the file that the registry binds."""
    entry = said(here, slug)[1]
    if entry is None:
        return []
    listed = NameList.parse((here.instance.config.public / f"letters/{slug}/names.json").read_bytes())
    assert listed.matches(entry)
    return sorted(each.name for each in listed.names)


def supporters() -> Any:
    from undersigned.letters.models import Supporter  # noqa: PLC0415 - needs Django set up first

    return Supporter


def names() -> Any:
    from undersigned.letters.models import Name  # noqa: PLC0415 - needs Django set up first

    return Name


def page(here: Street, slug: str = SLUG) -> str:
    return (here.instance.config.public / f"letters/{slug}/index.html").read_text()


# ── supporters ──


def test_a_supporter_from_the_mail_to_the_page(here: Street) -> None:
    assert here.ask(here.ann).status_code == 202
    code = here.post.mailbox.code(here.ann)
    assert code == here.code(here.ann)
    (mail,) = [message(each) for each in here.post.mailbox.mails]
    assert SLUG not in mail.as_string()
    assert here.confirm(here.ann, code=code).status_code == 204
    here.crowd(11)
    turn(here.instance, SECOND)
    assert said(here)[0] == Supporters(here.instance.letters.letter(SLUG).digest, 10, SECOND)
    assert "And at least 10 people elsewhere had confirmed an e-mail address by 2 December 2026." in page(here).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert audited(here.instance.config.public).passed


def test_no_number_below_ten_is_ever_written_and_numbers_move_by_tens(here: Street) -> None:
    steps = {"01T06": (9, None), "01T12": (10, 10), "01T18": (9, 0), "02T00": (1, 0), "03T00": (29, 20)}
    there = 0
    for hour, (number, written) in steps.items():
        here.crowd(number - there, first=there)
        for gone in range(number, there):
            assert here.confirm(here.person(gone), UNSUPPORT).status_code == 204
        there = number
        turn(here.instance, f"2026-12-{hour}:00:00Z")
        entry = said(here)[0]
        assert (entry.at_least if entry else None) == written
        few = re.search("Fewer than ten people elsewhere ha(d|ve)", page(here))
        assert (few is None) == (number >= 10), hour
        assert here.client.get(f"/letters/{SLUG}/count.json").json()["supporters"] == (
            {"as_of": f"2026-12-{hour}:00:00Z", "at_least": written, "checked": "e-mail address"} if written else None
        )


def test_nothing_of_it_moves_between_ticks(here: Street) -> None:
    turn(here.instance, SECOND)
    before = page(here), here.instance.ledger.registry().size
    here.crowd(12)
    assert here.show(here.ann, "Ann Smith").status_code == 204
    extend_letter(here.instance, SLUG, "2026-12-06T00:00:00Z")
    assert said(here) == (None, None)
    assert here.instance.ledger.registry().size == before[1] + 1
    assert "Ann Smith" not in page(here)


def test_twenty_requests_at_once_count_one_address_once(here: Street) -> None:
    code = here.code(here.ann)

    def once(_: int) -> int:
        try:
            with asking(here.instance) as client:
                return replace(here, client=client).confirm(here.ann, code=code).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(once, range(20)))
    # Ten tries an hour are allowed: the others are told so.
    assert sorted(set(statuses)) == [204, 403]
    assert statuses.count(204) == 10
    assert supporters().objects.using("letters").count() == 1


def test_a_withdrawal_and_another_support_leave_one_or_none(here: Street) -> None:
    table = supporters().objects.using("letters")
    for purpose, left in ((SUPPORT, 1), (SUPPORT, 1), (UNSUPPORT, 0), (UNSUPPORT, 0), (SUPPORT, 1)):
        assert here.confirm(here.ann, purpose).status_code == 204
        assert table.count() == left


def test_two_letters_have_two_tags_of_one_address(tmp_path: Path, around: Around) -> None:
    with street(tmp_path, around, letter("one"), letter("two")) as here:
        for slug in ("one", "two"):
            assert here.confirm(here.ann, slug=slug).status_code == 204
            assert here.show(here.ann, "Ann", slug=slug).status_code == 204
        tags = [
            bytes(tag)
            for table in (supporters(), names())
            for tag in table.objects.using("letters").values_list("tag", flat=True)
        ]
        assert len(tags) == len(set(tags)) == 4


def test_supporters_are_in_no_sum_with_members(here: Street) -> None:
    here.crowd(20)
    members = enrol(here.instance, 12)
    sign(here.instance, members, here.instance.letters.letter(SLUG))
    turn(here.instance, SECOND)
    count = here.client.get(f"/letters/{SLUG}/count.json").json()
    assert count["signed"] == sum(each["signed"] for each in count["organisations"]) == 12
    assert count["supporters"] == {"as_of": SECOND, "at_least": 20, "checked": "e-mail address"}
    (counted,) = audited(here.instance.config.public).letters
    assert (counted.net, counted.supporters and counted.supporters.at_least) == (12, 20)


# ── sealed, missed, closed ──


def test_a_sealed_letter_tells_of_nobody_and_a_missed_one_forgets_them(tmp_path: Path, around: Around) -> None:
    with street(tmp_path, around, letter("sealed", goal=500), letter("met", goal=10)) as here:
        for slug in ("sealed", "met"):
            here.crowd(12, slug=slug)
            assert here.show(here.ann, "Ann Smith", slug=slug).status_code == 204
        turn(here.instance, SECOND)
        assert said(here, "sealed") == said(here, "met") == (None, None)
        assert "Ann Smith" not in page(here, "sealed")
        assert "Fewer than ten" not in page(here, "sealed")
        sign(here.instance, enrol(here.instance, 11), here.instance.letters.letter("met"))
        turn(here.instance, THIRD)
        assert [entry and entry.tick for entry in said(here, "met")] == [THIRD, THIRD]
        close_letter_at(here, "sealed")
        context = here.instance.letters.letter("sealed").context
        assert not supporters().objects.using("letters").filter(context=context).exists()
        assert not names().objects.using("letters").filter(context=context).exists()
        assert said(here, "sealed") == (None, None)
        assert audited(here.instance.config.public).passed


def close_letter_at(here: Street, slug: str, tick: str = CLOSES) -> None:
    here.move(tick)
    close_letter(here.instance, slug)


def test_a_closed_letter_keeps_its_number_and_no_tag_and_its_names_can_still_go(here: Street) -> None:
    here.crowd(30)
    assert here.show(here.ann, "Ann Smith").status_code == 204
    assert here.show(here.ben, "Ben").status_code == 204
    close_letter_at(here, SLUG)
    entry, _ = said(here)
    assert entry is not None
    assert (entry.at_least, entry.tick) == (30, CLOSES)
    assert supporters().objects.using("letters").count() == 0
    assert shown(here) == ["Ann Smith", "Ben"]
    for purpose in (SUPPORT, UNSUPPORT):
        assert problem(here.confirm(here.ann, purpose)) == "letter-closed"
    assert problem(here.show(here.ann, "Somebody Else")) == "letter-closed"
    assert here.ask(here.ann, UNSHOW).status_code == 202
    assert here.confirm(here.ann, UNSHOW, code=here.post.mailbox.code(here.ann)).status_code == 204
    turn(here.instance, "2026-12-05T01:00:00Z")
    assert shown(here) == ["Ben"]
    assert audited(here.instance.config.public).passed


# ── names ──


def test_names_come_with_a_round_in_alphabetical_order_and_go_at_the_next_hour(here: Street) -> None:
    people = {"zoe": "Zoë Ångström", "ann": "ann smith", "agi": "Ágnes Nagy", "bob": "Bob"}
    for address, name in people.items():
        assert (
            here.show(f"{address}@mail{here.number}.example", name, "welder" if address == "bob" else None).status_code
            == 204
        )
    turn(here.instance, SECOND)
    assert shown(here) == sorted(people.values())
    text = page(here)
    places = [text.index(people[each]) for each in ("agi", "ann", "bob", "zoe")]
    assert places == sorted(places)
    assert "who says: welder" in text
    assert here.confirm(f"bob@mail{here.number}.example", UNSHOW).status_code == 204
    here.move("2026-12-02T05:00:00Z")
    here.instance.letters.run_round("2026-12-02T05:00:00Z", here.instance.issuer.issued, regular=False)
    entry = said(here)[1]
    assert entry is not None
    assert (entry.number, entry.count, entry.reason) == (2, 3, None)


def test_a_name_that_waits_does_not_come_at_an_hour_without_a_round(here: Street) -> None:
    assert here.show(here.ann, "Ann").status_code == 204
    turn(here.instance, SECOND)
    assert here.show(here.ben, "Ben").status_code == 204
    assert here.confirm(here.ann, UNSHOW).status_code == 204
    here.instance.letters.run_round(SECOND, here.instance.issuer.issued, regular=False)
    entry = said(here)[1]
    assert entry is not None
    assert entry.count == 0
    turn(here.instance, THIRD)
    assert shown(here) == ["Ben"]


def test_one_address_shows_one_name_and_can_change_it(here: Street) -> None:
    assert here.show(here.ann, "An Smith", "welder").status_code == 204
    turn(here.instance, SECOND)
    before = names().objects.using("letters").get().salt
    assert here.show(here.ann, "An Smith", "welder").status_code == 204
    assert names().objects.using("letters").get().salt == before
    assert here.show(here.ann, "Ann Smith").status_code == 204
    assert names().objects.using("letters").get().salt != before
    turn(here.instance, THIRD)
    assert shown(here) == ["Ann Smith"]
    assert "welder" not in page(here)


def test_script_and_markup_in_a_name_are_text(here: Street) -> None:
    name, line = "<script>alert(1)</script>", '<img src=x onerror=alert(1)> & “quoted” "q"'
    assert here.show(here.ann, name, line).status_code == 204
    turn(here.instance, SECOND)
    text = page(here)
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert shown(here) == [name]
    assert audited(here.instance.config.public).passed


def test_a_name_that_is_no_line_of_text_is_refused(here: Street) -> None:
    for name in ("", " Ann", "Ann\nSmith", "Ann\u202eSmith", "A" * 101, "Ann\u0000"):
        assert problem(_spoiled(here, name)) in {"bad-name", "text-control", "too-long"}
    assert names().objects.using("letters").count() == 0


def _spoiled(here: Street, name: str) -> httpx.Response:
    """Send a name as it is."""
    import json  # noqa: PLC0415 - beside its only use

    record = {
        "address": here.ann, "code": here.code(here.ann, SHOW), "letter": SLUG, "line": None, "name": name,
        "profile": "undersigned/1",
    }  # fmt: skip
    return here.send("names", json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())


def test_the_operator_takes_a_name_off_with_a_reason_that_is_logged(here: Street) -> None:
    for address, name in ((here.ann, "Ann Smith"), (here.ben, "The Director")):
        assert here.show(address, name).status_code == 204
    turn(here.instance, SECOND)
    marks = {each.name: mark for mark, each, _ in here.instance.others.names(SLUG)}
    with pytest.raises(Refused, match="without the name"):
        take_off(here.instance, SLUG, marks["The Director"], "He is not the director.".replace("He", "The Director"))
    with pytest.raises(Withheld):
        take_off(here.instance, SLUG, "", "No reason.")
    take_off(here.instance, SLUG, marks["The Director"][:12], "Nobody of this name works there.")
    entry = said(here)[1]
    assert entry is not None
    assert (entry.number, entry.count, entry.reason) == (2, 1, "Nobody of this name works there.")
    assert shown(here) == ["Ann Smith"]
    assert "The Director" not in page(here)
    assert names().objects.using("letters").count() == 1
    assert audited(here.instance.config.public).passed


def test_what_a_crash_left_is_finished_by_the_next_turn(here: Street) -> None:
    """Marked and not bound; bound and not written: the next turn brings it to its end."""
    assert here.show(here.ann, "Ann").status_code == 204
    here.crowd(10)
    here.move(SECOND)

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(here.instance.ledger, "append_registry", broken)
        here.instance.letters.run_round(SECOND, here.instance.issuer.issued)
    assert said(here) == (None, None)
    turn(here.instance)
    assert shown(here) == ["Ann"]
    assert audited(here.instance.config.public).passed


def test_pages_that_are_written_while_somebody_leaves_still_show_what_is_bound(here: Street) -> None:
    """A name that goes between the binding and the writing leaves with the next hour, and no audit fails."""
    for address, name in ((here.ann, "Ann"), (here.ben, "Ben")):
        assert here.show(address, name).status_code == 204
    turn(here.instance, SECOND)
    from undersigned.web.publish import publish  # noqa: PLC0415 - beside its only use

    assert here.confirm(here.ben, UNSHOW).status_code == 204
    publish(here.instance, SECOND)
    assert shown(here) == ["Ann", "Ben"]
    assert audited(here.instance.config.public).passed
    turn(here.instance, "2026-12-02T01:00:00Z")
    assert shown(here) == ["Ann"]


# ── codes ──


def test_a_code_fits_its_purpose_letter_address_and_hours_alone(tmp_path: Path, around: Around) -> None:
    with street(tmp_path, around, letter(SLUG), letter("other")) as here:
        wrong = {
            "wrong": "00000000",
            "of another letter": here.code(here.ann, slug="other"),
            "of another address": here.code(here.ben),
            "expired": here.code(here.ann, hour="2026-11-30T22:00:00Z"),
            "not yet": here.code(here.ann, hour="2026-12-01T01:00:00Z"),
            **{f"for {each}": here.code(here.ann, each) for each in PURPOSES if each != SUPPORT},
        }
        answers = {name: here.confirm(here.ann, code=code) for name, code in wrong.items()}
        assert {problem(each) for each in answers.values()} == {"mailed-code-wrong"}
        assert len({shape(each) for each in answers.values()}) == 1
        assert supporters().objects.using("letters").count() == 0
        here.move("2026-12-01T01:00:00Z")
        assert here.confirm(here.ann, code=here.code(here.ann, hour=BEGIN)).status_code == 204


def test_answers_to_a_right_code_are_the_same_whatever_it_changed(here: Street) -> None:
    answers = [here.confirm(here.ann, purpose) for purpose in (SUPPORT, SUPPORT, UNSUPPORT, UNSUPPORT, UNSHOW)]
    answers += [here.show(here.ann, "Ann"), here.show(here.ann, "Ann"), here.confirm(here.ann, UNSHOW)]
    assert len({shape(each) for each in answers}) == 1


def test_an_address_of_the_letter_s_own_is_refused_before_any_work(tmp_path: Path, around: Around) -> None:
    with street(tmp_path, around, letter(SLUG, organisations=(HERE, THERE))) as here:
        before = len(here.post.mailbox.mails)
        for address in (f"ann@{HERE}", f"ann@mail.{THERE}"):
            for purpose in PURPOSES:
                assert problem(here.ask(address, purpose)) == "address-at-work"
                assert problem(wrong(here, address, purpose)) == "address-at-work"
        assert len(here.post.mailbox.mails) == before


def wrong(here: Street, address: str, purpose: str) -> httpx.Response:
    """What a wrong code is answered."""
    if purpose == SHOW:
        return here.show(address, "Ann", code="00000000")
    return here.confirm(address, purpose, code="00000000")


def test_work_is_asked_for_and_counts_once(here: Street) -> None:
    from undersigned.protocol.beside import CodeRequest  # noqa: PLC0415 - beside its only use

    asked = CodeRequest(SLUG, SUPPORT, here.ann, "en", here.work()).encoded()
    assert here.send("supporters/mails", asked).status_code == 202
    assert problem(here.send("supporters/mails", asked)) == "work-spent"


def test_an_unknown_letter_and_a_taken_down_one(tmp_path: Path, around: Around) -> None:
    with street(tmp_path, around, letter(SLUG), letter("gone")) as here:
        assert (
            here.show(here.ann, "Ann", slug="gone").status_code
            == here.confirm(here.ben, slug="gone").status_code
            == 204
        )
        here.instance.letters.redact(here.instance.letters.letter("gone").digest, "law", "A court.")
        code = here.code(here.ann)
        assert problem(here.confirm(here.ann, slug="nowhere", code=code)) == "unknown-letter"
        assert problem(here.confirm(here.ann, slug="gone")) == "letter-redacted"
        assert here.confirm(here.ben, UNSUPPORT, slug="gone").status_code == 204
        assert here.confirm(here.ann, UNSHOW, slug="gone").status_code == 204


# ── without it ──


def test_where_it_is_not_offered_nothing_is_taken(tmp_path: Path, around: Around) -> None:
    from support.asking import place  # noqa: PLC0415 - beside its only use

    with place(tmp_path / "instance") as (_, client):
        for verb in VERBS.values():
            body = b'{"address":"a@b.example","code":"00000000","letter":"leave","profile":"undersigned/1"}'
            if verb == "names":
                body = body.replace(b'"profile"', b'"line":null,"name":"A","profile"')
            answer = client.post(f"/api/{verb}", content=body, headers={"Content-Type": "application/json"})
            assert (answer.status_code, problem(answer)) == (404, "not-offered")


def test_when_the_keeper_is_away_nothing_is_counted_and_the_words_say_so(here: Street) -> None:
    code = here.code(here.ann)
    here.keeper.stop()
    try:
        answer = here.confirm(here.ann, code=code)
    finally:
        here.keeper.start(*FAST)
    assert (answer.status_code, problem(answer)) == (503, "keeper-away")
    assert supporters().objects.using("letters").count() == 0
