"""Many at once, in two processes: every act is accepted once, whoever else comes."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.ledgers import DEADLINE, HERE, LETTER, Book, act, issued, proved, tick
from support.paths import ROOT
from undersigned.batches import Batches, _Ticket
from undersigned.ledger.rules import Closing

Said = tuple[str, str, bool]


def crowds(folder: Path, *members: object, processes: int = 2, threads: int = 4, times: int = 25) -> list[Said]:
    """What all threads of all processes were answered."""
    command = [sys.executable, str(ROOT / "tests/support/ledger_crowd.py"), str(folder), str(threads), str(times)]
    running = [
        subprocess.Popen([*command, *map(str, members)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    out = [each.communicate("go\n", timeout=60)[0] for each in running] if processes == 1 else _together(running)
    assert [each.returncode for each in running] == [0] * processes
    return [tuple(said) for answers in out for said in json.loads(answers)]


def _together(running: "list[subprocess.Popen[str]]") -> list[str]:
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    return [each.communicate(timeout=60)[0] for each in running]


def test_same_act_fifty_times_at_once_is_accepted_once(tmp_path: Path) -> None:
    book = Book(tmp_path).created()
    said = crowds(tmp_path, "somebody")
    assert len(said) == 50
    assert Counter(repeated for _, _, repeated in said) == {False: 1, True: 49}
    assert len({receipt for _, receipt, _ in said}) == 1
    assert book.ledger.waiting(LETTER)[HERE].acts == 1


def test_many_members_at_once_and_rounds_in_between_lose_nobody(tmp_path: Path) -> None:
    book = Book(tmp_path).created()
    members = [str(n) for n in range(60)]
    closed = threading.Event()

    def rounds() -> None:
        thread = Book(tmp_path)
        for day in range(1, 30):
            thread.ledger.close_round(tick(day), [Closing(LETTER, HERE, final=False)], issued)
            if closed.wait(0.05):
                break
        thread.close()

    closer = threading.Thread(target=rounds)
    closer.start()
    said = crowds(tmp_path, *members, times=2)
    closed.set()
    closer.join()
    book.ledger.close_round(tick(30), [Closing(LETTER, HERE, final=True)], issued)
    assert Counter(member for member, _, repeated in said if not repeated) == Counter(members)
    assert len({(member, receipt) for member, receipt, _ in said}) == 60
    assert sorted(each.act.digest for each in book.acts()) == sorted(act(member).digest for member in members)


# ── batches ──


def batched(items: Sequence[int], write: "Batches[int, int]", *, announced: bool) -> list[int | Exception]:
    """Bring each item from a thread of its own, all at once."""
    out: dict[int, int | Exception] = {}
    together = threading.Barrier(len(items))

    def bring(item: int) -> None:
        together.wait()
        try:
            if announced:
                with write.coming():
                    out[item] = write.put(item)
            else:
                out[item] = write.put(item)
        except ValueError as error:
            out[item] = error

    threads = [threading.Thread(target=bring, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [out[item] for item in items]


@pytest.mark.parametrize("announced", [True, False])
def test_threads_share_batches_and_each_gets_its_own_answer(*, announced: bool) -> None:
    sizes: list[int] = []

    def write(items: Sequence[int]) -> list[int | Exception]:
        sizes.append(len(items))
        time.sleep(0.01)
        return [ValueError(str(item)) if item % 5 == 0 else item * 2 for item in items]

    answers = batched(range(40), Batches(write, window=0.02), announced=announced)
    assert [str(each) for each in answers] == [str(n) if n % 5 == 0 else str(2 * n) for n in range(40)]
    assert sum(sizes) == 40
    assert len(sizes) < 20


def test_batch_that_cannot_be_written_is_said_to_all_and_the_next_one_goes_on() -> None:
    def write(items: Sequence[int]) -> list[int | Exception]:
        if 3 in items:
            raise ValueError("full")
        return list(items)

    group: Batches[int, int] = Batches(write, window=0.5)
    assert {str(each) for each in batched(range(6), group, announced=False)} == {"full"}
    assert group.put(7) == 7


def test_nobody_waits_for_others_when_all_are_in() -> None:
    group: Batches[int, int] = Batches(list, window=30.0)
    begin = time.monotonic()
    with group.coming():
        assert group.put(1) == 1
    assert sorted(map(str, batched(range(8), group, announced=True))) == sorted(map(str, range(8)))
    assert time.monotonic() - begin < 10


def test_order_inside_a_batch_is_not_that_of_coming() -> None:
    batches: list[list[int]] = []

    def write(items: Sequence[int]) -> list[int | Exception]:
        batches.append(list(items))
        return list(items)

    group: Batches[int, int] = Batches(write, window=0.4)
    threads = [threading.Thread(target=group.put, args=(number,)) for number in range(60)]
    for thread in threads:  # one after the other, so the queue has the order of the numbers
        thread.start()
    for thread in threads:
        thread.join()
    longest = max(batches, key=len)
    assert len(longest) > 20
    assert longest != sorted(longest)


def test_receipt_of_an_act_that_is_durable_only(tmp_path: Path) -> None:
    """Another connection sees the act as soon as its receipt is given."""
    book = Book(tmp_path).created()
    for member in range(5):
        book.ledger.hold(proved(act(member)), DEADLINE)
        copy = (tmp_path / "ledger.sqlite3").read_bytes()
        assert proved(act(member)).signed.encoded in copy


def test_whoever_is_interrupted_takes_no_other_with_it() -> None:
    """The leader's work is interrupted: its batch gets that, and whoever waits goes on by themselves."""
    begun, go = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> list[int | Exception]:
        if 0 in items:
            begun.set()
            assert go.wait(10)
            raise KeyboardInterrupt
        return list(items)

    group: Batches[int, int] = Batches(work, window=0)
    said: dict[int, object] = {}

    def bring(item: int) -> None:
        try:
            said[item] = group.put(item)
        except KeyboardInterrupt:
            said[item] = "interrupted"

    threads = [threading.Thread(target=bring, args=(item,)) for item in range(4)]
    threads[0].start()
    assert begun.wait(10)
    for each in threads[1:]:
        each.start()
    while len(group._queue) < 3:
        time.sleep(0.001)
    go.set()
    for each in threads:
        each.join(10)
    assert said == {0: "interrupted", 1: 1, 2: 2, 3: 3}
    assert group.put(5) == 5


@pytest.mark.parametrize("told_to_lead", [True, False])
def test_whoever_is_interrupted_while_waiting_hands_its_turn_on(*, told_to_lead: bool) -> None:
    group: Batches[int, int] = Batches(list, window=0)
    gone: _Ticket[int, int] = _Ticket(1)
    stays: _Ticket[int, int] = _Ticket(2)
    group._queue, group._leading = [gone, stays], True
    if told_to_lead:
        group._pass_on()
    with group._lock:
        group._leave(gone)
    assert group._queue == [stays]
    assert stays.leads is told_to_lead
    assert stays.turn.locked() is not told_to_lead


def test_work_that_answers_too_few_is_an_error_for_all() -> None:
    group: Batches[int, int] = Batches(lambda items: items[1:], window=0)
    with pytest.raises(RuntimeError, match="1 items came back as 0"):
        group.put(1)
