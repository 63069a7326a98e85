"""A crash at each named step of a commit, one after the other: nothing lost, nothing doubled, nothing forked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.ledgers import DEADLINE, HERE, ISSUED, LETTER, Book, act, issued, proved, tick
from undersigned.errors import Withheld
from undersigned.ledger.rules import Closing
from undersigned.ledger.store import STEPS, Bundle, TileStore
from undersigned.protocol.entry import LetterOpened
from undersigned.tlog.tile import Rebuilder, bundles, read_bundle
from undersigned.values import sha256_hex

CLOSE = [Closing(LETTER, HERE, final=False)]
#: Until the head is swapped, the append has not happened.
BEFORE = ("staged", "moved")
TEXT = b"a letter"
ENTRY = LetterOpened("a-letter", sha256_hex(TEXT))


class Crash(BaseException):
    """The process is gone."""


def falling(at: str) -> Callable[[str], None]:
    def step(name: str) -> None:
        if name == at:
            raise Crash

    return step


def ready(folder: Path) -> Book:
    """Ten acts wait, one pair cancels, the round after one that was published."""
    book = Book(folder).created()
    book.hold([act(n) for n in range(10)])
    book.ledger.close_round(tick(1), CLOSE, issued)
    book.hold([act(n) for n in range(10, 21)] + [act(20, "withdraw")])
    return book


def test_every_step_is_told_in_its_order(tmp_path: Path) -> None:
    told: list[str] = []
    ready(tmp_path).open(step=told.append).close_round(tick(2), CLOSE, issued)
    first = told.index("staged")
    assert list(dict.fromkeys(told[first:])) == list(STEPS)
    assert told.count("tile") == 2


@pytest.mark.parametrize("step", STEPS)
def test_round_that_fell_at_a_step_is_there_once_after_the_next_start(tmp_path: Path, step: str) -> None:
    book = ready(tmp_path)
    before = book.checkpoint()
    with pytest.raises(Crash):
        book.open(step=falling(step)).close_round(tick(2), CLOSE, issued)
    after = book.checkpoint()
    assert after.size in (before.size, before.size + 11)
    book.ledger = book.open()
    book.ledger.recover()
    assert (book.checkpoint().size == before.size) == (step in (*BEFORE, "swept"))
    assert [path.name for path in (tmp_path / "staging").iterdir()] == ["lock"]
    book.ledger.close_round(tick(2), CLOSE, issued)
    assert sorted(each.act.digest for each in book.acts()) == sorted(act(n).digest for n in range(20))
    assert [count.signed for count in book.ledger.counts(LETTER).values()] == [20]
    assert book.ledger.waiting(LETTER) == {}
    assert all(book.ledger.hold(proved(act(n)), DEADLINE).repeated for n in range(20))


@pytest.mark.parametrize("step", [step for step in STEPS if step not in ("swept", "rewritten")])
def test_registry_entry_that_fell_at_a_step_is_there_or_not_but_never_half(tmp_path: Path, step: str) -> None:
    book = Book(tmp_path).created()
    with pytest.raises(Crash):
        book.open(step=falling(step)).append_registry([ENTRY], {ENTRY.digest: TEXT}, tick(1))
    book.ledger = book.open()
    book.ledger.recover()
    if step in BEFORE:
        assert book.ledger.registry().size == 2
        book.ledger.append_registry([ENTRY], {ENTRY.digest: TEXT}, tick(1))
    assert book.ledger.registry().letter("a-letter").digest == ENTRY.digest
    assert book.ledger.document(ENTRY.digest) == TEXT
    assert len(book.entries("registry")) == 3


@pytest.mark.parametrize("step", [step for step in STEPS if step != "rewritten"])
def test_beginning_that_fell_at_a_step_is_gone_on_with(tmp_path: Path, step: str) -> None:
    book = Book(tmp_path)
    book.ledger = book.open(step=falling(step))
    with pytest.raises(Crash):
        book.created()
    book.ledger = book.open()
    if step in (*BEFORE, "swept"):
        book.created()
    book.ledger.recover()
    assert book.ledger.registry().size == 2
    assert (book.checkpoint("log").size, book.checkpoint("registry").size) == (0, 2)


def test_checkpoint_that_is_published_before_its_tiles_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault is planted, and what the tests above look at shows it."""
    book = ready(tmp_path)

    def whole_at(name: str) -> None:
        size = book.checkpoint().size
        tree = Rebuilder()
        for path in bundles(size):
            tree.feed(read_bundle(path, lambda name: TileStore(book.public / "log", book.staging).read(name)))
        assert tree.root() == book.checkpoint().root, name

    book.open(step=whole_at).close_round(tick(2), CLOSE, issued)
    book.hold([act(n) for n in range(30, 40)])
    write = TileStore.write

    def too_early(store: TileStore, path: str, data: bytes, mtime: int) -> None:
        from undersigned.ledger.models import Head  # noqa: PLC0415 - models need Django set up first

        store.publish(bytes(Head.of("log").checkpoint), mtime)
        whole_at("tile")
        write(store, path, data, mtime)

    monkeypatch.setattr(TileStore, "write", too_early)
    with pytest.raises((AssertionError, Withheld)):
        book.open().close_round(tick(3), CLOSE, issued)


def test_staged_file_holds_all_that_is_needed_to_go_on(tmp_path: Path) -> None:
    book = ready(tmp_path)
    with pytest.raises(Crash):
        book.open(step=falling("swapped")).close_round(tick(2), CLOSE, issued)
    staged = [path for path in (tmp_path / "staging").iterdir() if path.name.startswith("log-")]
    assert len(staged) == 1
    assert isinstance(book.staging.staged(staged[0].name), Bundle)
    figures = [entry for entry in book.entries() if b'"issued"' in entry]
    assert figures == [ISSUED[0].encoded]
