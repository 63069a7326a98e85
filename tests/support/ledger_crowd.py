"""A process that brings acts to a ledger from many threads at once; it waits for a line before it begins.

`python ledger_crowd.py FOLDER THREADS TIMES MEMBER…` prints a JSON list of `[member, receipt, repeated]`.
"""

import json
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.ledgers import DEADLINE, Book, act, proved


def main(folder: str, threads: str, times: str, *members: str) -> None:
    ledger = Book(Path(folder)).ledger
    todo = [member for member in members for _ in range(int(times))]
    said: list[tuple[str, str, bool]] = []
    together = threading.Barrier(int(threads) + 1)

    def bring(number: int) -> None:
        together.wait()
        for attempt, member in enumerate(todo[number :: int(threads)]):
            with ledger.accepting():
                held = ledger.hold(proved(act(member), attempt=attempt + number), DEADLINE)
            said.append((member, held.receipt.decode(), held.repeated))

    crowd = [threading.Thread(target=bring, args=(number,)) for number in range(int(threads))]
    for thread in crowd:
        thread.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    together.wait()
    for thread in crowd:
        thread.join()
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
