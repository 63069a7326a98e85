"""What is served as script is compared with the registry: each way of serving something else is found."""

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from support.auditing import audited, found
from support.published import Published, small
from undersigned.auditor.archive import archive
from undersigned.auditor.source import FolderSource
from undersigned.protocol.entry import ClientFiles
from undersigned.values import sha256_hex

SCRIPT = b"postMessage(1);\n"
NAME = "client/app.0123456789abcdef.js"


def integrity(data: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def html(script: str = f"/{NAME}", digest: str = integrity(SCRIPT)) -> bytes:
    return f'<!doctype html>\n<script type="module" src="{script}" integrity="{digest}"></script>\n'.encode()


FILES = {"sign/index.html": html(), NAME: SCRIPT, "client/app.css": b"p {}\n"}
INDEX = len(small().registry)


def published(files: dict[str, bytes] = FILES) -> Published:
    made = small()
    made.registry.append(ClientFiles({path: sha256_hex(data) for path, data in files.items()}).encoded)
    return made


def served(folder: Path, files: dict[str, bytes] = FILES, made: Published | None = None) -> Path:
    (made or published()).write(folder)
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def test_what_is_served_as_logged_holds_and_is_counted(tmp_path: Path) -> None:
    report = audited(served(tmp_path))
    assert report.passed
    assert report.steps[3].checked.endswith("3 files of the page")
    assert not any("page" in each for each in report.remarks)


def test_only_the_newest_entry_counts(tmp_path: Path) -> None:
    made = small()
    for files in ({"sign/index.html": b"old"}, FILES):
        made.registry.append(ClientFiles({path: sha256_hex(data) for path, data in files.items()}).encoded)
    assert audited(served(tmp_path, made=made)).passed
    made = small()
    made.registry.append(ClientFiles({path: sha256_hex(data) for path, data in FILES.items()}).encoded)
    made.registry.append(ClientFiles({"sign/index.html": sha256_hex(b"new")}).encoded)
    assert (4, "registry", INDEX + 1, "client-altered") in found(audited(served(tmp_path / "b", made=made)))


@pytest.mark.parametrize("path", sorted(FILES))
@pytest.mark.parametrize("change", [lambda data: data + b" ", lambda data: data[:-1], lambda _: b""])
def test_one_changed_file_fails(path: str, change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    report = audited(served(tmp_path, {**FILES, path: change(FILES[path])}))
    assert not report.passed
    assert (4, "registry", INDEX, "client-altered") in found(report)
    assert any(path in each.words for each in report.failures)


@pytest.mark.parametrize("path", sorted(FILES))
def test_one_missing_file_fails(path: str, tmp_path: Path) -> None:
    report = audited(served(tmp_path, {other: data for other, data in FILES.items() if other != path}))
    assert found(report) >= {(4, "registry", INDEX, "client-missing")}


def test_a_copy_without_the_client_says_so_and_holds(tmp_path: Path) -> None:
    report = audited(served(tmp_path, {}))
    assert report.passed
    assert any("cannot be checked here" in each for each in report.remarks)
    assert report.steps[3].checked.endswith("0 files of the page")


@pytest.mark.parametrize(
    "page", ["index.html", "check/index.html", "letters/small-letter/index.html", "fr/press/index.html"]
)
def test_script_in_any_page_that_people_open_fails(page: str, tmp_path: Path) -> None:
    evil = served(tmp_path / "evil", {**FILES, page: b"<!doctype html><script>steal()</script>"})
    assert found(audited(evil)) == {(4, "registry", INDEX, "page-script")}
    foreign = served(tmp_path / "foreign", {**FILES, page: html("/client/other.js")})
    assert found(audited(foreign)) == {(4, "registry", INDEX, "page-script")}
    assert audited(served(tmp_path / "fine", {**FILES, page: html()})).passed


def test_a_logged_page_may_not_load_what_is_not_logged(tmp_path: Path) -> None:
    for number, other in enumerate((html("/client/other.js"), html("https://x.example/a.js"), b"<script>1</script>")):
        files = {**FILES, "sign/index.html": other}
        report = audited(served(tmp_path / str(number), files, published(files)))
        assert (4, "registry", INDEX, "page-script") in found(report)


def test_a_page_names_the_digest_of_its_script(tmp_path: Path) -> None:
    files = {**FILES, "sign/index.html": html(digest=integrity(b"other"))}
    report = audited(served(tmp_path, files, published(files)))
    assert found(report) == {(4, "registry", INDEX, "page-script")}
    assert "another digest" in report.failures[0].words


def test_a_page_in_another_form_fails(tmp_path: Path) -> None:
    report = audited(served(tmp_path, {**FILES, "index.html": b"<p class='x'>"}))
    assert found(report) == {(4, "registry", INDEX, "page-form")}


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "/etc/passwd",
        "client/../x",
        "client//x",
        "client/.x",
        "client/a b",
        "sign/x\u202e.js",
        "index.html",
        "program/sitecustomize.py",
        "registry/checkpoint",
        "client",
    ],
)
def test_paths_that_no_file_is_served_under_fail(path: str, tmp_path: Path) -> None:
    made = small()
    made.registry.append(ClientFiles({**published_digests(), path: sha256_hex(b"x")}).encoded)
    assert (4, "registry", INDEX, "client-path") in found(audited(served(tmp_path, made=made)))


def published_digests() -> dict[str, str]:
    return {path: sha256_hex(data) for path, data in FILES.items()}


def test_an_archive_has_the_client_in_it(tmp_path: Path) -> None:
    folder = served(tmp_path / "public")
    archive(FolderSource(folder), tmp_path / "archive", lambda *_: None)
    for path, data in FILES.items():
        assert (tmp_path / "archive" / path).read_bytes() == data
    report = audited(tmp_path / "archive")
    assert report.passed
    assert report.steps[3].checked.endswith("3 files of the page")


def test_an_archive_of_a_copy_without_the_client_has_none(tmp_path: Path) -> None:
    folder = served(tmp_path / "public", {})
    archive(FolderSource(folder), tmp_path / "archive", lambda *_: None)
    assert not (tmp_path / "archive" / "client").exists()


def test_an_address_is_asked_for_the_folder_of_a_page(tmp_path: Path) -> None:
    """What browsers are given at `/sign/` may be another thing than `/sign/index.html`."""
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415 - only here
    from threading import Thread  # noqa: PLC0415 - only here

    class Two(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/sign/":
                self.path = "/evil.html"
            super().do_GET()

        def log_message(self, *_: object) -> None:
            pass

    folder = served(tmp_path, {**FILES, "evil.html": b"<script>steal()</script>"})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Two, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        report = audited(f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
    assert (4, "registry", INDEX, "client-altered") in found(report)
