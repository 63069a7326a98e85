"""The client's files are served as the registry says, before and after they change."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import instances
from support.auditing import audited
from support.instances import fresh
from undersigned.auditor.markup import scripts
from undersigned.bootstrap import Instance
from undersigned.errors import Malformed, Withheld
from undersigned.values import sha256_hex
from undersigned.web import client_files
from undersigned.web.client_files import publish_client
from undersigned.web.publish import publish

FILES = {"sign/index.html": b"<!doctype html>\n<p>One</p>\n", "client/sign.0123.js": b"one();\n"}


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    yield fresh(tmp_path / "instance")
    instances.close()


def built(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    digests = {path: sha256_hex(data) for path, data in files.items()}
    (folder / "manifest.json").write_text(json.dumps({"files": digests}))
    return folder


def served(instance: Instance) -> dict[str, bytes]:
    public = instance.config.public
    return {
        str(path.relative_to(public)): path.read_bytes()
        for folder in ("sign", "client")
        for path in (public / folder).rglob("*")
        if path.is_file()
    }


def test_what_is_served_is_what_the_registry_says(instance: Instance, tmp_path: Path) -> None:
    assert publish_client(instance, built(tmp_path / "client")) == 2
    assert served(instance) == FILES
    entry = instance.ledger.registry().client[-1]
    assert entry.files == {path: sha256_hex(data) for path, data in FILES.items()}
    report = audited(instance.config.public)
    assert report.passed
    assert report.steps[3].checked.endswith("2 files of the page")


def test_it_says_so_once(instance: Instance, tmp_path: Path) -> None:
    for _ in range(3):
        publish_client(instance, built(tmp_path / "client"))
    assert len(instance.ledger.registry().client) == 1


def test_a_new_version_is_another_entry_and_old_scripts_stay(instance: Instance, tmp_path: Path) -> None:
    publish_client(instance, built(tmp_path / "one"))
    newer = {"sign/index.html": b"<!doctype html>\n<p>Two</p>\n", "client/sign.4567.js": b"two();\n"}
    publish_client(instance, built(tmp_path / "two", newer))
    assert served(instance) == FILES | newer
    assert [set(each.files) for each in instance.ledger.registry().client] == [set(FILES), set(newer)]
    assert audited(instance.config.public).passed


def test_what_somebody_put_there_is_put_right(instance: Instance, tmp_path: Path) -> None:
    publish_client(instance, built(tmp_path / "client"))
    (instance.config.public / "sign" / "index.html").write_bytes(b"<script>steal()</script>")
    assert not audited(instance.config.public).passed
    publish_client(instance, built(tmp_path / "client"))
    assert audited(instance.config.public).passed


def test_the_entry_stands_before_a_page_is_served(
    instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def note(path: Path, data: bytes, *, mtime: int) -> None:
        said = len(instance.ledger.registry().client)
        written.append(f"{path.relative_to(instance.config.public)} {said}")
        assert mtime == 1_796_083_200, "no time finer than the tick"

    monkeypatch.setattr(client_files, "write_durably", note)
    publish_client(instance, built(tmp_path / "client"))
    assert written == ["client/sign.0123.js 0", "sign/index.html 1"]


def test_a_client_that_was_altered_since_it_was_built_is_refused(instance: Instance, tmp_path: Path) -> None:
    folder = built(tmp_path / "client")
    (folder / "client" / "sign.0123.js").write_bytes(b"other();\n")
    with pytest.raises(Malformed, match="manifest"):
        publish_client(instance, folder)
    assert served(instance) == {}
    assert instance.ledger.registry().client == []


def test_an_installation_without_the_client_says_so(instance: Instance, tmp_path: Path) -> None:
    with pytest.raises(Withheld):
        publish_client(instance, tmp_path)
    (built(tmp_path / "client") / "client" / "sign.0123.js").unlink()
    with pytest.raises(Withheld, match="not a whole client"):
        publish_client(instance, tmp_path / "client")
    assert served(instance) == {}


def test_every_page_is_in_the_form_that_is_read_in_one_way_only(instance: Instance) -> None:
    for slug, goal in (("leave", None), ("sealed", 1000)):
        instances.opened(instance, instances.letter(slug, goal))
    publish(instance, instances.BEGIN)
    pages = sorted(instance.config.public.rglob("*.html"))
    assert len(pages) > 20
    assert {str(path): scripts(path.read_bytes()) for path in pages if scripts(path.read_bytes())} == {}


def test_the_package_that_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_files, "PACKAGE", "undersigned_client_that_is_not_there")
    with pytest.raises(Withheld, match="people use the command"):
        client_files.client_folder()
