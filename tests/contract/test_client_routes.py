"""The built client is the same octets by every route: the installed package, and a build elsewhere at another time."""

import os
import shutil
import subprocess
from pathlib import Path

from support.browsing import client_files, missing
from support.client_core import CLIENT, node
from support.paths import ROOT
from undersigned.values import sha256_hex
from undersigned.web.client_files import read_client

#: What a build reads beside the client's own sources.
READ = ("src/undersigned/locale", "src/undersigned/web/assets")


def digests(folder: Path) -> dict[str, str]:
    return {path: sha256_hex(data) for path, data in read_client(folder).items()}


def checkout(folder: Path) -> Path:
    """The client's sources and what they read, in another folder and of another time."""
    leave = shutil.ignore_patterns("dist*", "node_modules")
    shutil.copytree(CLIENT, folder / "client", ignore=leave, copy_function=shutil.copy)
    for part in READ:
        shutil.copytree(ROOT / part, folder / part, copy_function=shutil.copy)
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    (folder / "client" / "node_modules").symlink_to(CLIENT / "node_modules")
    return folder / "client"


def test_a_build_elsewhere_makes_what_is_installed(tmp_path: Path) -> None:
    if not (CLIENT / "node_modules" / "esbuild").is_dir():
        missing("the client's packages are not installed: (cd client && npm ci --ignore-scripts)")
    done = subprocess.run(
        [node(), "build.mjs", str(tmp_path / "dist")],
        cwd=checkout(tmp_path / "another place"),
        env={"PATH": os.environ["PATH"], "TZ": "Pacific/Apia", "LC_ALL": "de_DE.UTF-8", "USER": "somebody"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "dist") == digests(client_files())
    names = {path.rpartition("/")[2].partition(".")[0] for path in digests(client_files())}
    assert names >= {"index", "sign", "worker", "check", "check-worker"}
