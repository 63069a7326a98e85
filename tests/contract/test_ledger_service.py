"""The ledger's verbs on a database and folders of their own."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connections
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from support import published
from support.ledgers import (
    DEADLINE,
    HERE,
    ISSUED,
    ISSUER,
    LETTER,
    THERE,
    Book,
    act,
    changed,
    issued,
    key,
    letter,
    proved,
    tick,
)
from undersigned.auditor.audit import Options, audit
from undersigned.auditor.source import FolderSource
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, Withheld
from undersigned.ledger.rules import Closing
from undersigned.protocol.act import SignedAct
from undersigned.protocol.entry import (
    Issued,
    IssuerKey,
    LetterOpened,
    ReceiptKey,
    Redacted,
    RegistryEntry,
    Round,
    TermsSet,
    parse_log_entry,
)
from undersigned.protocol.presentation import KeyRing, verify
from undersigned.protocol.receipt import Receipt, open_receipt
from undersigned.protocol.registry import letter_rule
from undersigned.tlog.cosignature import CosignatureKey, CosignatureVerifierKey
from undersigned.tlog.note import Note, NoteSignature
from undersigned.values import sha256_hex

CLOSE, FINAL = Closing(LETTER, HERE, final=False), Closing(LETTER, HERE, final=True)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path).created()


def receipt_of(octets: bytes) -> Receipt:
    return open_receipt(octets, [key("receipt").vkey])


# ── holding ──


def test_receipt_names_the_act_and_its_deadline_and_comes_again(book: Book) -> None:
    first = book.ledger.hold(proved(act(1)), DEADLINE)
    again = book.ledger.hold(proved(act(1), attempt=2), DEADLINE)
    assert receipt_of(first.receipt) == Receipt(LETTER, HERE, act(1).digest, DEADLINE)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.receipt == first.receipt
    assert book.ledger.waiting(LETTER)[HERE].acts == 1


def test_only_evidence_is_held(book: Book) -> None:
    with pytest.raises(TypeError):
        book.ledger.hold(proved(act(1)).signed, DEADLINE)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(Malformed):
        book.ledger.hold(proved(act(1)), "2027-01-31T00:00:01Z")


def test_what_excludes_an_act_is_found_wherever_it_is(book: Book) -> None:
    with pytest.raises(Conflict) as nothing:
        book.ledger.hold(proved(act(1, "withdraw")), DEADLINE)
    book.hold([act(n) for n in range(10)])
    other = changed(act(1), organisation=THERE, disclosed={0: THERE, 1: "2026Q4"})
    for _ in ("held", "published"):
        with pytest.raises(Conflict) as signed:
            book.ledger.hold(proved(other), DEADLINE)
        book.ledger.close_round(tick(1), [CLOSE], issued)
    (known,) = book.ledger.known([other])
    assert isinstance(known, Conflict)
    codes = [nothing.value.code, signed.value.code, known.code]
    assert codes == ["nothing-to-withdraw", "already-signed", "already-signed"]
    assert [kept.act for kept in book.acts() if kept.act.pseudonym == act(1).pseudonym] == [act(1)]


def test_nothing_that_waits_is_told_without_proof(book: Book) -> None:
    signature, withdrawal = act(1), act(1, "withdraw")
    assert book.ledger.known([signature]) == [None]
    receipts = book.hold([act(n) for n in range(10)])
    assert book.ledger.known([signature]) == [None]
    book.ledger.close_round(tick(1), [CLOSE], issued)
    before = book.ledger.known([signature, withdrawal])
    book.hold([withdrawal])
    assert book.ledger.known([signature, withdrawal]) == before == [receipts[1], None]
    with pytest.raises(Conflict, match="final"):
        book.ledger.hold(proved(signature), DEADLINE)


def test_published_withdrawal_is_known(book: Book) -> None:
    book.hold([act(n) for n in range(10)])
    book.ledger.close_round(tick(1), [CLOSE], issued)
    receipts = book.hold([act(n, "withdraw") for n in range(10)])
    book.ledger.close_round(tick(2), [CLOSE], issued)
    assert book.ledger.known([act(n, "withdraw") for n in range(10)]) == receipts
    (excluded,) = book.ledger.known([act(1)])
    assert isinstance(excluded, Conflict)
    assert excluded.code == "withdrawn"
    assert book.ledger.counts(LETTER)[HERE].signed == book.ledger.counts(LETTER)[HERE].withdrawn == 10


def test_later_closing_moves_all_receipts_and_nothing_moves_them_back(book: Book) -> None:
    book.ledger.hold(proved(act(1)), DEADLINE)
    later = book.ledger.hold(proved(act(2)), "2027-02-28T00:00:00Z")
    stale = book.ledger.hold(proved(act(3)), DEADLINE)
    again = book.ledger.hold(proved(act(1)), DEADLINE)
    deadlines = {receipt_of(held.receipt).deadline for held in (later, stale, again)}
    assert deadlines == {"2027-02-28T00:00:00Z"}


def test_two_letters_and_two_organisations_wait_apart(book: Book) -> None:
    book.hold([act(1), act(2), act(2, "withdraw"), act(3, organisation=THERE), act(1, context=letter("other"))])
    waiting = book.ledger.waiting(LETTER)
    assert {name: (each.acts, each.signatures) for name, each in waiting.items()} == {HERE: (1, 1), THERE: (1, 1)}
    assert book.ledger.waiting(letter("other"))[HERE].acts == 1
    assert book.ledger.waiting(letter("none")) == {}


# ── rounds ──


def test_round_is_a_head_and_its_acts_sorted_by_pseudonym_after_the_issued_figures(book: Book) -> None:
    book.hold([act(n) for n in range(12)])
    rounds = book.ledger.close_round(tick(1), [CLOSE], issued)
    assert rounds == [Round(LETTER, HERE, 12, tick(1), final=False)]
    entries = book.entries()
    assert [parse_log_entry(entry) for entry in entries[:2]] == [ISSUED[0], rounds[0]]
    assert [each.act.pseudonym for each in book.acts()] == sorted(act(n).pseudonym for n in range(12))
    assert book.acts()[0].encoded == entries[2]
    assert book.ledger.waiting(LETTER) == {}


def test_nine_are_never_published_but_the_last_round_has_no_floor(book: Book) -> None:
    book.hold([act(n) for n in range(9)])
    assert book.ledger.close_round(tick(1), [CLOSE], issued) == []
    assert (book.checkpoint().size, book.ledger.counts(LETTER)) == (0, {})
    assert book.ledger.close_round(tick(2), [FINAL], issued) == [Round(LETTER, HERE, 9, tick(2), final=True)]
    assert book.ledger.counts(LETTER)[HERE].final


def test_empty_last_round_says_that_it_was_the_last(book: Book) -> None:
    assert book.ledger.close_round(tick(1), [FINAL], issued) == [Round(LETTER, HERE, 0, tick(1), final=True)]
    with pytest.raises(Refused) as caught:
        book.ledger.hold(proved(act(1)), DEADLINE)
    assert caught.value.code == "letter-closed"


def test_a_tick_closes_one_round_and_ticks_rise(book: Book) -> None:
    for first in (0, 10, 20):
        book.hold([act(n) for n in range(first, first + 10)])
        rounds = [book.ledger.close_round(tick(day), [CLOSE, CLOSE], issued) for day in (5 + first, 5 + first, 4)]
        assert [len(each) for each in rounds] == [1, 0, 0]
    book.ledger.close_round(tick(30), [FINAL], issued)
    assert book.ledger.close_round(tick(31), [FINAL], issued) == []


def test_after_the_last_round_the_same_act_still_gets_its_receipt(book: Book) -> None:
    receipts = book.hold([act(1)])
    book.ledger.close_round(tick(1), [FINAL], issued)
    assert book.ledger.hold(proved(act(1)), DEADLINE).receipt == receipts[0] == book.ledger.known([act(1)])[0]
    with pytest.raises(Refused, match="closed"):
        book.ledger.hold(proved(act(1, "withdraw")), DEADLINE)


def test_signature_and_withdrawal_before_the_round_leave_no_trace_in_public(book: Book) -> None:
    book.hold([act(n) for n in range(11)])
    receipt = book.hold([act(3, "withdraw")])[0]
    book.ledger.close_round(tick(1), [CLOSE], issued)
    assert len(book.acts()) == 10
    assert act(3).pseudonym not in {each.act.pseudonym for each in book.acts()}
    assert book.ledger.hold(proved(act(3, "withdraw")), DEADLINE).receipt == receipt
    with pytest.raises(Conflict, match="final"):
        book.ledger.hold(proved(act(3)), DEADLINE)
    assert act(3).pseudonym in book.files()
    book.ledger.close_round(tick(2), [FINAL], issued)
    assert act(3).pseudonym not in book.files()
    assert bytes.fromhex(act(3).digest) not in book.files()


def test_pairs_leave_the_holding_table_at_the_tick_even_without_a_round(book: Book) -> None:
    book.hold([act(1), act(1, "withdraw"), act(2)])
    wire = proved(act(1)).signed.encoded
    assert wire in book.files()
    assert book.ledger.close_round(tick(1), [CLOSE], issued) == []
    assert wire not in book.files()
    assert proved(act(2)).signed.encoded in book.files()
    with pytest.raises(Conflict):
        book.ledger.hold(proved(act(1)), DEADLINE)


def test_withdrawal_of_a_published_signature_waits_for_a_round_of_its_own(book: Book) -> None:
    book.hold([act(n) for n in range(10)])
    book.ledger.close_round(tick(1), [CLOSE], issued)
    book.hold([act(0, "withdraw")])
    assert book.ledger.close_round(tick(2), [CLOSE], issued) == []
    book.hold([act(n) for n in range(10, 19)])
    assert book.ledger.close_round(tick(3), [CLOSE], issued)[0].count == 10
    count = book.ledger.counts(LETTER)[HERE]
    assert (count.signed, count.withdrawn, count.tick) == (19, 1, tick(3))


def test_two_closings_of_a_tick_are_one_append(book: Book) -> None:
    book.hold([act(n) for n in range(10)] + [act(n, organisation=THERE) for n in range(20, 30)])
    before = {path for path in book.public.rglob("*") if path.is_file()}
    rounds = book.ledger.close_round(tick(1), [Closing(LETTER, THERE, final=False), CLOSE], issued)
    assert [each.organisation for each in rounds] == [HERE, THERE]
    assert book.checkpoint().size == 24
    assert len({path for path in book.public.rglob("*") if path.is_file()} - before) == 2


def test_figures_of_members_change_only_with_a_round_of_theirs(book: Book) -> None:
    book.hold([act(n) for n in range(10)])
    book.ledger.close_round(tick(1), [CLOSE], issued)
    more = [Issued(ISSUER, HERE, "2026Q4", 200_000)]
    book.ledger.close_round(tick(2), [CLOSE], lambda: more)
    assert b"200000" not in b"".join(book.entries())
    book.hold([act(n) for n in range(10, 20)])
    book.ledger.close_round(tick(3), [CLOSE], lambda: more)
    assert parse_log_entry(book.entries()[12]) == more[0]


def test_round_without_figures_of_members_is_refused_and_can_be_closed_later(book: Book) -> None:
    book.hold([act(n) for n in range(10)])
    with pytest.raises(Refused) as caught:
        book.ledger.close_round(tick(1), [CLOSE], list)
    assert caught.value.code == "issued-missing"
    assert book.ledger.waiting(LETTER)[HERE].acts == 10
    assert len(book.ledger.close_round(tick(1), [CLOSE], issued)) == 1


def test_sealed_letter_stays_sealed_below_its_goal(book: Book) -> None:
    sealed = Closing(LETTER, HERE, final=False, least=12)
    book.hold([act(n) for n in range(12)] + [act(3, "withdraw")])
    assert book.ledger.close_round(tick(1), [sealed], issued) == []
    book.hold([act(12)])
    assert book.ledger.close_round(tick(2), [sealed], issued)[0].count == 12


def test_erased_context_is_gone_and_takes_nothing_more(book: Book) -> None:
    book.hold([act(1), act(2), act(2, "withdraw"), act(1, context=letter("other"))])
    book.ledger.erase(LETTER)
    book.ledger.erase(LETTER)
    for gone in (act(1), act(2)):
        assert gone.pseudonym not in book.files()
    assert book.ledger.waiting(LETTER) == {}
    with pytest.raises(Refused) as caught:
        book.ledger.hold(proved(act(1)), DEADLINE)
    assert caught.value.code == "letter-closed"
    assert book.ledger.close_round(tick(1), [FINAL], issued) == []
    assert book.ledger.waiting(letter("other"))[HERE].acts == 1


def test_nothing_can_be_held_in_a_context_that_was_erased_before_its_first_act(book: Book) -> None:
    book.ledger.erase(LETTER)
    with pytest.raises(Refused):
        book.hold([act(1)])


def test_database_that_cannot_write_says_so_and_accepts_nothing(book: Book) -> None:
    book.hold([act(1)])
    with connections["ledger"].cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(book.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as caught:
            book.hold([act(2)])
        other.execute("ROLLBACK")
    assert caught.value.code == "ledger-busy"
    assert book.ledger.waiting(LETTER)[HERE].acts == 1
    assert not book.ledger.hold(proved(act(2)), DEADLINE).repeated


def test_real_acts_from_verification_to_an_audit_that_passes(tmp_path: Path) -> None:
    book = Book(tmp_path).created()
    asked = published.letter("real", organisations=(published.ALPHA,))
    terms = published.terms(asked)
    entry = IssuerKey(
        published.ONE,
        published.ALPHA,
        published.EPOCH,
        ("code",),
        published.issuer_key(published.ONE, published.ALPHA),
    )
    opened: list[RegistryEntry] = [
        entry,
        LetterOpened(asked.slug, asked.digest),
        TermsSet(asked.digest, 1, terms.digest),
    ]
    documents = {asked.digest: asked.encoded, terms.digest: terms.encoded}
    book.ledger.append_registry(opened, documents, published.TICKS[0])
    registry = book.ledger.registry()
    rule, keys = letter_rule(asked, registry), KeyRing(registry.public_keys())
    for member in published.crowd(10):
        signed = SignedAct.parse(published.signed(member, asked))
        held = book.ledger.hold(verify(signed, rule, keys), terms.closes)
        assert receipt_of(held.receipt).act == signed.act.digest
    close = Closing(asked.context, published.ALPHA, final=False)
    figures = [Issued(published.ONE, published.ALPHA, published.EPOCH, 10)]
    assert len(book.ledger.close_round(published.TICKS[3], [close], lambda: figures)) == 1
    report = audit(FolderSource(book.public), Options())
    assert report.passed, report.lines()


def test_tables_and_models_say_the_same(book: Book) -> None:
    assert book.ledger.figures() == []
    made = MigrationLoader(None)
    changes = MigrationAutodetector(made.project_state(), ProjectState.from_apps(apps)).changes(graph=made.graph)
    assert "ledger" not in changes


# ── two sequencers, damage, witnesses ──


def test_loser_of_the_compare_and_swap_discards(tmp_path: Path) -> None:
    book = Book(tmp_path).created()
    book.hold([act(n) for n in range(10)])
    winner = book.open(staging=tmp_path / "another machine's staging")

    def overtake(step: str) -> None:
        if step == "staged":
            assert len(winner.close_round(tick(1), [CLOSE], issued)) == 1

    loser = book.open(step=overtake)
    with pytest.raises(Unavailable) as caught:
        loser.close_round(tick(1), [CLOSE], issued)
    assert caught.value.code == "append-elsewhere"
    assert len(book.acts()) == 10
    assert [path.name for path in (tmp_path / "staging").iterdir()] == ["lock"]
    assert loser.close_round(tick(2), [CLOSE], issued) == []


def test_round_whose_acts_were_erased_meanwhile_is_discarded(tmp_path: Path) -> None:
    book = Book(tmp_path).created()
    book.hold([act(n) for n in range(10)])
    other = book.open(staging=tmp_path / "another machine's staging")
    late = book.open(step=lambda step: other.erase(LETTER) if step == "staged" else None)
    with pytest.raises(Unavailable) as caught:
        late.close_round(tick(1), [CLOSE], issued)
    assert caught.value.code == "round-changed"
    assert book.checkpoint().size == 0
    assert [path.name for path in (tmp_path / "staging").iterdir()] == ["lock"]


def test_database_older_than_the_published_log_stops_everything(book: Book) -> None:
    old = book.database.read_bytes()
    book.hold([act(n) for n in range(10)])
    book.ledger.close_round(tick(1), [CLOSE], issued)
    book.database.write_bytes(old)
    restored = Book(book.folder)
    with pytest.raises(Unavailable, match="longer than the database knows"):
        restored.ledger.recover()


def test_tiles_that_were_changed_stop_the_next_round(book: Book) -> None:
    book.hold([act(n) for n in range(10)])
    book.ledger.close_round(tick(1), [CLOSE], issued)
    tile = book.public / "log/tile/0/000.p/12"
    tile.write_bytes(bytes(len(tile.read_bytes())))
    book.hold([act(n) for n in range(10, 20)])
    with pytest.raises((Unavailable, Refused)):
        book.ledger.close_round(tick(2), [CLOSE], issued)
    assert book.ledger.waiting(LETTER)[HERE].acts == 10


def test_witnesses_cosign_what_is_published_and_one_that_fails_only_delays_it(tmp_path: Path) -> None:
    book = Book(tmp_path).created()
    witness = CosignatureKey("witness.example", bytes(32))
    down = [True]

    def cosign(checkpoint: bytes) -> NoteSignature:
        if down:
            raise Unavailable("witness-down", "The witness does not answer.")
        return witness.sign(Note.parse(checkpoint).text, 1)

    book.hold([act(n) for n in range(10)])
    ledger = book.open(witnesses=[cosign])
    with pytest.raises(Unavailable, match="witness"):
        ledger.close_round(tick(1), [CLOSE], issued)
    assert book.checkpoint().size == 0
    down.clear()
    ledger.recover()
    note = Note.parse((book.public / "log/checkpoint").read_bytes())
    assert len(note.verified([CosignatureVerifierKey.parse(witness.vkey)])) == 1
    assert len(book.acts()) == 10


# ── registry and documents ──


def test_registry_begins_with_genesis_once(book: Book) -> None:
    registry = book.ledger.registry()
    assert registry.genesis is not None
    assert registry.receipt_keys == [key("receipt").vkey]
    assert (book.public / "log.vkey").read_text() == key("log").vkey + "\n"
    with pytest.raises(Conflict):
        book.ledger.create(registry.genesis, ReceiptKey(key("receipt").vkey), tick(1))


def test_worker_sees_what_another_process_appended(book: Book) -> None:
    worker = book.open()
    before = worker.registry()
    text = b"a letter"
    book.ledger.append_registry([LetterOpened("a-letter", sha256_hex(text))], {sha256_hex(text): text}, tick(1))
    assert worker.registry().letter("a-letter").digest == sha256_hex(text)
    assert worker.document(sha256_hex(text)) == text
    assert before.letters == {}
    assert worker.registry() is worker.registry()


def test_entry_that_readers_would_refuse_is_never_written(book: Book) -> None:
    entry = LetterOpened("a-letter", sha256_hex(b"1"))
    book.ledger.append_registry([entry], None, tick(1))
    with pytest.raises(Refused, match="second letter"):
        book.ledger.append_registry([LetterOpened("a-letter", sha256_hex(b"2"))], {sha256_hex(b"2"): b"2"}, tick(2))
    with pytest.raises(Malformed):
        book.ledger.append_registry([LetterOpened("other", sha256_hex(b"3"))], {sha256_hex(b"3"): b"4"}, tick(2))
    assert book.ledger.registry().size == 3
    with pytest.raises(Withheld):
        book.ledger.document(sha256_hex(b"2"))


def test_redacted_document_is_gone_after_its_entry_and_the_registry_still_holds(book: Book) -> None:
    text = b"a letter"
    digest = sha256_hex(text)
    book.ledger.append_registry([LetterOpened("a-letter", digest)], {digest: text}, tick(1))
    with pytest.raises(Refused):
        book.ledger.remove_document(digest)
    assert book.ledger.document(digest) == text
    book.ledger.append_registry([Redacted(digest, "law", "By order.")], None, tick(2))
    assert not (book.public / "documents" / digest).exists()
    (book.public / "documents" / digest).write_bytes(text)
    with pytest.raises(Withheld):
        book.ledger.document(digest)
    book.ledger.recover()
    assert not (book.public / "documents" / digest).exists()
    book.ledger.remove_document(digest)
    assert len(book.entries("registry")) == 4


def test_registry_whose_files_were_changed_is_not_read(book: Book) -> None:
    path = book.public / "registry/tile/entries/000.p/2"
    path.write_bytes(path.read_bytes().replace(b'"demo":true', b'"demo":fals'))
    with pytest.raises(Unavailable, match="not those that were signed"):
        book.open().registry()


def test_an_act_that_comes_while_the_last_round_closes_is_not_lost(book: Book) -> None:
    receipts = book.hold([act(n) for n in range(10)])

    def late() -> list[Issued]:
        receipts.extend(book.hold([act(10), act(0, "withdraw")]))
        return issued()

    with pytest.raises(Unavailable) as caught:
        book.ledger.close_round(tick(1), [FINAL], late)
    assert caught.value.code == "round-changed"
    assert book.ledger.counts(LETTER) == {}
    book.ledger.close_round(tick(1), [FINAL], issued)
    assert book.ledger.counts(LETTER)[HERE].signed == 10, "the eleventh is in, the first and its withdrawal cancel out"
    assert book.ledger.known([act(10)]) == [receipts[10]]


def test_an_act_that_comes_while_another_round_closes_waits_for_the_next(book: Book) -> None:
    book.hold([act(n) for n in range(10)])

    def late() -> list[Issued]:
        book.hold([act(10)])
        return issued()

    book.ledger.close_round(tick(1), [CLOSE], late)
    assert book.ledger.counts(LETTER)[HERE].signed == 10
    assert book.ledger.waiting(LETTER)[HERE].acts == 1
