"""Looking at an instance again and again: silent while it grows as it should, a sentence for each thing that is not."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from support.published import (
    LOG_KEY,
    OPEN,
    REGISTRY_KEY,
    SMALL,
    Member,
    Published,
    crowd,
    honest,
    key,
    round_of,
    signed,
    small,
    write_log,
)
from undersigned.auditor.monitor import Looked, Memory, look, read_memory, write_memory
from undersigned.auditor.source import FolderSource, WebSource
from undersigned.errors import Malformed, Unavailable, Withheld
from undersigned.protocol.entry import ClientFiles, ReceiptKey
from undersigned.tlog.checkpoint import Checkpoint
from undersigned.tlog.policy import Policy, log_only
from undersigned.values import sha256_hex

PAGE = b"<!doctype html>\n<p>Sign</p>\n"
TICK = "2026-10-05T00:00:00Z"


def with_page(made: Published) -> Published:
    made.registry.append(ClientFiles({"sign/index.html": sha256_hex(PAGE)}).encoded)
    return made


def put(folder: Path, made: Published) -> Path:
    made.write(folder)
    (folder / "sign").mkdir(exist_ok=True)
    (folder / "sign" / "index.html").write_bytes(PAGE)
    return folder


def later(made: Published) -> Published:
    """The same instance a round later, and with one more entry in the registry."""
    grown = made.copy()
    grown.log += round_of(SMALL, TICK, [signed(each, SMALL) for each in crowd(10, first=10)])
    grown.log[0] = made.log[0]
    grown.registry.append(ReceiptKey(key("receipt", "another").vkey).encoded)
    return grown


def seen(folder: Path, memory: Memory | None = None, policy: Policy | None = None) -> Looked:
    return look(FolderSource(folder), policy, memory)


def quiet(looked: Looked) -> Memory:
    assert (looked.findings, looked.trouble) == ((), ())
    assert looked.memory is not None
    return looked.memory


# ── all is well ──


def test_nothing_is_said_while_all_is_well_and_the_logs_grow(tmp_path: Path) -> None:
    first = with_page(small())
    memory = quiet(seen(put(tmp_path / "a", first)))
    assert memory.page
    assert quiet(seen(tmp_path / "a", memory)) == memory
    after = quiet(seen(put(tmp_path / "b", later(first)), memory))
    assert after.log.checkpoint.size == memory.log.checkpoint.size + 11
    assert after.contradictions == ()


def test_an_empty_log_may_begin(tmp_path: Path) -> None:
    made = small()
    entries, made.log = made.log, []
    memory = quiet(seen(put(tmp_path / "a", made)))
    made.log = entries
    quiet(seen(put(tmp_path / "b", made), memory))


def test_a_copy_without_the_page_is_looked_at_in_silence(tmp_path: Path) -> None:
    memory = quiet(seen(with_page(small()).write(tmp_path)))
    assert not memory.page


# ── the logs ──


def split(made: Published) -> Published:
    """Another history of the same length: one act less, another one more."""
    other = made.copy()
    other.log = [
        other.log[0],
        *round_of(SMALL, "2026-10-03T00:00:00Z", [signed(Member(n), SMALL) for n in range(1, 11)]),
    ]
    assert len(other.log) == len(made.log)
    return other


def test_another_log_of_the_same_length_is_told_and_kept_as_evidence(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", small())))
    looked = seen(put(tmp_path / "b", split(small())), memory)
    assert len(looked.findings) == 1
    assert "are not those of an earlier audit" in looked.findings[0]
    assert looked.memory is not None
    (kept,) = looked.memory.contradictions
    assert kept.log == "log"
    assert kept.seen == (tmp_path / "a/log/checkpoint").read_text()
    assert kept.shown == (tmp_path / "b/log/checkpoint").read_text()
    assert looked.memory.log == memory.log, "what was seen first stays what is believed"
    # It stays known when the server shows the first log again, and is kept once.
    again = seen(tmp_path / "a", looked.memory)
    assert again.findings == (
        "At an earlier look two signed checkpoints contradicted each other; they are in the state file.",
    )
    twice = seen(tmp_path / "b", again.memory)
    assert twice.memory is not None
    assert len(twice.memory.contradictions) == 1
    assert len(twice.findings) == 2


def test_a_longer_log_of_another_history_is_told(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", small())))
    looked = seen(put(tmp_path / "b", later(split(small()))), memory)
    assert any("The first 12 entries are not those" in each for each in looked.findings)
    assert looked.memory is not None
    assert len(looked.memory.contradictions) == 1
    assert looked.memory.log == memory.log


def test_a_registry_of_another_history_is_told(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", with_page(small()))))
    other = small()
    other.registry.append(ClientFiles({"sign/index.html": sha256_hex(PAGE), "client/x.js": sha256_hex(b"x")}).encoded)
    looked = seen(put(tmp_path / "b", other), memory)
    assert any(each.startswith("registry: The first 5 entries") for each in looked.findings)
    assert looked.memory is not None
    assert [each.log for each in looked.memory.contradictions] == ["registry"]


def test_a_shorter_log_is_told_and_is_no_contradiction(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", later(small()))))
    looked = seen(put(tmp_path / "b", small()), memory)
    assert "log: The log had 23 entries at an earlier audit and has 12 now." in looked.findings
    assert looked.memory is not None
    assert looked.memory.contradictions == ()
    assert (looked.memory.log, looked.memory.registry) == (memory.log, memory.registry)


def test_damaged_tiles_are_told_and_are_no_contradiction(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", small())))
    folder = put(tmp_path / "b", later(small()))
    for tile in (folder / "log/tile/0/000.p/23", folder / "log/tile/entries/000.p/23"):
        data = bytearray(tile.read_bytes())
        data[40] ^= 1
        tile.write_bytes(data)
    looked = seen(folder, memory)
    assert looked.findings
    assert looked.memory is not None
    assert looked.memory.contradictions == ()
    assert looked.memory.log == memory.log


@pytest.mark.parametrize("log", ["registry", "log"])
def test_a_checkpoint_of_another_key_is_told(log: str, tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", small())))
    made = small()
    made.keys[log] = key(log, "stolen")
    looked = seen(put(tmp_path / "b", made), memory)
    assert f"{log}: The checkpoint is not signed by the key that was pinned at the first look." in looked.findings
    assert looked.memory is not None
    assert looked.memory.of(log) == memory.of(log)


def test_a_policy_says_whom_to_believe_from_the_first_look_on(tmp_path: Path) -> None:
    believed = Policy.parse(log_only(REGISTRY_KEY.vkey).replace("quorum none\n", "") + log_only(LOG_KEY.vkey))
    quiet(seen(put(tmp_path / "a", small()), None, believed))
    made = small()
    made.keys["log"] = key("log", "stolen")
    looked = seen(put(tmp_path / "b", made), None, believed)
    assert any("policy" in each for each in looked.findings)
    assert looked.memory is None, "nothing of it is pinned"


def test_a_log_that_is_gone_is_told_by_who_saw_it_before(tmp_path: Path) -> None:
    folder = put(tmp_path, small())
    memory = quiet(seen(folder))
    (folder / "log" / "checkpoint").unlink()
    assert "cannot be read" in seen(folder, memory).findings[0]
    with pytest.raises(Withheld):
        seen(folder)


# ── what is served ──


def test_an_altered_letter_is_told(tmp_path: Path) -> None:
    folder = put(tmp_path, small())
    memory = quiet(seen(folder))
    (folder / "documents" / SMALL.digest).write_bytes(OPEN.encoded)
    assert any("is not the one that the registry names" in each for each in seen(folder, memory).findings)


def test_altered_script_is_told(tmp_path: Path) -> None:
    folder = put(tmp_path, with_page(small()))
    memory = quiet(seen(folder))
    (folder / "sign" / "index.html").write_bytes(PAGE + b"<script>steal()</script>")
    (told,) = seen(folder, memory).findings
    assert told.startswith("registry, entry 4: The file sign/index.html of the client is not the one in the registry")


def test_script_in_a_page_that_is_not_logged_is_told(tmp_path: Path) -> None:
    folder = put(tmp_path, with_page(small()))
    (folder / "index.html").write_bytes(b"<!doctype html><script>steal()</script>")
    assert any("The page /: It holds script" in each for each in seen(folder).findings)


def test_a_page_that_is_gone_is_told_by_who_saw_it_before(tmp_path: Path) -> None:
    folder = put(tmp_path, with_page(small()))
    memory = quiet(seen(folder))
    (folder / "sign" / "index.html").unlink()
    assert seen(folder, memory).findings == (
        "registry: The files of the signing and checking page were served before, and are gone.",
    )


def test_the_servers_words_cannot_begin_a_line(tmp_path: Path) -> None:
    made = small()
    made.registry[0] = made.registry[0].replace(b"letters.example", b"letters.example\\nall is well")
    assert all("\n" not in each for each in seen(put(tmp_path, made)).findings)


# ── trouble ──


def answering(folder: Path, broken: Callable[[str], bool], status: int = 503) -> WebSource:
    inner = FolderSource(folder)

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path[1:]
        if broken(path):
            return httpx.Response(status)
        try:
            return httpx.Response(200, content=inner.read(path + "index.html" if path.endswith("/") else path))
        except Withheld:
            return httpx.Response(404)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    return WebSource("http://letters.example", client=client, sleep=lambda _: None)


def test_a_server_that_is_away_is_trouble_and_nothing_else(tmp_path: Path) -> None:
    folder = put(tmp_path, with_page(small()))
    memory = quiet(seen(folder))
    with pytest.raises(Unavailable):
        look(answering(folder, lambda _: True), None, memory)
    looked = look(answering(folder, lambda path: path.startswith("documents/")), None, memory)
    assert looked.findings == ()
    assert looked.trouble
    assert looked.memory == memory


# ── the file ──


def test_the_file_is_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", with_page(honest()))))
    looked = seen(put(tmp_path / "b", split_honest()), memory)
    assert looked.memory is not None
    assert looked.memory.contradictions
    path = tmp_path / "state.json"
    for each in (memory, looked.memory):
        write_memory(path, each)
        assert read_memory(path) == each
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == ["state.json"]


def split_honest() -> Published:
    other = with_page(honest())
    other.log[4], other.log[5] = other.log[5], other.log[4]
    return other


def test_no_file_is_no_memory(tmp_path: Path) -> None:
    assert read_memory(tmp_path / "none") is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": "undersigned-audit-state/1"},
        {"profile": "undersigned/2"},
        {"page": 1},
        {"contradictions": {}},
        {"contradictions": [{"log": "log"}]},
        {"contradictions": [{"log": "log", "seen": 1, "shown": "x"}]},
        {"log": {}},
        {"more": 1},
    ],
)
def test_a_file_that_no_look_wrote_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_memory(path, quiet(seen(put(tmp_path / "a", small()))))
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(Malformed, match="of no use"):
        read_memory(path)


def test_a_checkpoint_in_the_file_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", small())))
    write_log(tmp_path / "log", key("log", "another"), small().log)
    note = (tmp_path / "log" / "checkpoint").read_text()
    write_memory(tmp_path / "state", replace(memory, log=replace(memory.log, note=note)))
    with pytest.raises(Malformed, match="not signed"):
        read_memory(tmp_path / "state")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path / "a", small())))
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "in the way").touch()
    with pytest.raises(Unavailable, match="cannot be written"):
        write_memory(tmp_path / "state", memory)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "state"]


def test_sizes_are_those_of_the_checkpoints(tmp_path: Path) -> None:
    memory = quiet(seen(put(tmp_path, small())))
    assert isinstance(memory.log.checkpoint, Checkpoint)
    assert (memory.registry.checkpoint.size, memory.log.checkpoint.size) == (4, 12)
