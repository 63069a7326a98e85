"""`undersigned check-page`: this machine's own copy of the checking page, for this machine alone."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from support.serving import free_port
from undersigned.auditor import page
from undersigned.auditor.page import listen, packed_page
from undersigned.errors import Malformed, Unavailable, Withheld
from undersigned.values import sha256_hex
from undersigned.web.static import CHECK_POLICY

FILES = {
    "check/run/index.html": b"<!doctype html>\n",
    "client/check.0123.js": b"1;\n",
    "sign/index.html": b"<!doctype html>\n<p>Sign</p>\n",
    "client/worker.0123.js": b"2;\n",
}


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    for path, data in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    digests = {path: sha256_hex(data) for path, data in FILES.items()}
    (tmp_path / "manifest.json").write_text(json.dumps({"files": digests}))
    return tmp_path


@pytest.fixture
def address(packed: Path) -> Iterator[str]:
    with listen(packed_page(packed), 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.address
        server.shutdown()
        thread.join(10)


def test_it_serves_the_checking_page_and_nothing_else(address: str) -> None:
    base = address.removesuffix("/check/run/")
    assert httpx.get(address).content == FILES["check/run/index.html"]
    script = httpx.get(f"{base}/client/check.0123.js")
    assert script.content == FILES["client/check.0123.js"]
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert httpx.get(f"{base}/").headers["location"] == "/check/run/"
    for path in ("/sign/", "/sign/index.html", "/client/worker.0123.js", "/manifest.json", "/registry/checkpoint",
                 "/../manifest.json", "/check/run/?x", "/check/run"):  # fmt: skip
        assert httpx.get(f"{base}{path}").status_code == 404, path
    assert httpx.post(address).status_code == 501
    head = httpx.head(address)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(FILES["check/run/index.html"])))


def test_the_faces_of_the_page_are_there(address: str, packed: Path) -> None:
    faces = [path for path in packed_page(packed) if path.startswith("assets/") and path.endswith(".woff2")]
    assert faces
    base = address.removesuffix("check/run/")
    assert all(httpx.get(base + path).headers["content-type"] == "font/woff2" for path in faces)


def test_its_policy_is_the_one_that_an_instance_sends(address: str) -> None:
    headers = httpx.get(address).headers
    assert headers["content-security-policy"] == CHECK_POLICY == page.POLICY
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


def asked(address: str, host: str) -> int:
    """Status of a request that calls the server by a name; raw, since clients send headers of their own."""
    port = httpx.URL(address).port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"GET /check/run/ HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode())
        return int(connection.makefile("rb").readline().split()[1])


def test_a_name_of_elsewhere_that_points_here_is_refused(address: str) -> None:
    port = httpx.URL(address).port or 0
    for name in (f"127.0.0.1:{port}", f"localhost:{port}"):
        assert asked(address, f"Host: {name}\r\n") == 200
    for name in (
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1",
        f"127.0.0.1:{port}.evil.example",
        f"127.0.0.1:{port + 1}",
    ):
        assert asked(address, f"Host: {name}\r\n") == 421, name
    assert asked(address, "") == 421
    assert asked(address, f"Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n") == 421


def test_it_listens_on_no_other_interface(address: str) -> None:
    port = httpx.URL(address).port
    others = {
        each.address
        for addresses in psutil.net_if_addrs().values()
        for each in addresses
        if each.family == socket.AF_INET and each.address != "127.0.0.1"
    }
    for other in others:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((other, port), timeout=5)
    listening = [each.laddr for each in psutil.Process().net_connections() if each.status == psutil.CONN_LISTEN]
    assert ("127.0.0.1", port) in [tuple(each) for each in listening]
    assert all(each.ip == "127.0.0.1" for each in listening if each.port == port)


def test_a_page_that_was_altered_since_it_was_packed_is_not_served(packed: Path) -> None:
    (packed / "client" / "check.0123.js").write_bytes(b"steal();\n")
    with pytest.raises(Malformed, match="install the program anew"):
        packed_page(packed)


def test_an_installation_without_the_page_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Withheld):
        packed_page(tmp_path)
    monkeypatch.setattr(page, "PACKAGE", "undersigned_client_that_is_not_there")
    with pytest.raises(Withheld, match="no checking page"):
        packed_page()


def test_a_port_that_is_taken_is_told(packed: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Unavailable, match="Nothing can listen"):
            listen(packed_page(packed), taken.getsockname()[1])


def test_the_command_tells_where_to_look_and_ends_when_told(packed: Path, tmp_path: Path) -> None:
    program = (
        "import signal, pathlib, undersigned.auditor.page as page\n"
        # Whoever started the tests in the background made them deaf to Ctrl-C.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "known = page.packed_page\n"
        f"page.packed_page = lambda: known(pathlib.Path({str(packed)!r}))\n"
        "from undersigned.cli import main\n"
        "main()\n"
    )
    port = free_port()
    command = [sys.executable, "-u", "-c", program, "check-page", "https://letters.example", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Open http://127.0.0.1:{port}/check/run/#https://letters.example\n"
        assert process.stdout.readline() == "Ctrl-C ends it.\n"
        assert httpx.get(f"http://127.0.0.1:{port}/check/run/").status_code == 200
        process.send_signal(signal.SIGINT)
        try:
            assert process.wait(20) == 130
        finally:
            process.kill()
    done = subprocess.run(
        [sys.executable, "-m", "undersigned", "check-page", "folder"], capture_output=True, check=False
    )
    assert done.returncode == 2
