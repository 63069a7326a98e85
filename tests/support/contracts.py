"""Runs the import contracts on copies of the source tree, each with something planted.

A program as well: it takes a JSON list of plantings on standard input, each an object of path (below
`undersigned/`) and text to append, and answers with a JSON list of the broken contracts of each. It runs
in a process of its own so that the copy is analysed, not what this process has imported.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from support.paths import ROOT

Planting = dict[str, str]


def broken_by(plantings: list[Planting]) -> list[dict[str, str]]:
    """Return, for each planting, the contracts that it breaks: identifier and what was reported."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "src"
        shutil.copytree(ROOT / "src", tree, ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        done = subprocess.run(
            [sys.executable, __file__],
            input=json.dumps(plantings),
            capture_output=True,
            text=True,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tree), str(ROOT / "tests")])},
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _plant(root: Path, planting: Planting) -> dict[Path, bytes | None]:
    before: dict[Path, bytes | None] = {}
    for name, text in planting.items():
        path = root / name
        before[path] = path.read_bytes() if path.exists() else None
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" + text + "\n")
    return before


def _restore(before: dict[Path, bytes | None]) -> None:
    for path, octets in before.items():
        if octets is None:
            path.unlink()
        else:
            path.write_bytes(octets)


def _empty_folders_away(root: Path) -> None:
    for folder in root.iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _main() -> None:
    from importlinter.application.use_cases import (  # noqa: PLC0415 - only the program needs it
        _register_contract_types,
        create_report,
        read_user_options,
    )
    from importlinter.configuration import configure  # noqa: PLC0415 - as above

    configure()
    root = Path("src/undersigned")
    options = read_user_options("pyproject.toml")
    _register_contract_types(options)
    out = []
    for planting in json.load(sys.stdin):
        before = _plant(root, planting)
        report = create_report(options, cache_dir=None)
        _restore(before)
        _empty_folders_away(root)
        broken = {}
        for contract, check in report.get_contracts_and_checks():
            if not check.kept:
                broken[contract.contract_options["id"]] = str(check.metadata)[:400]
        out.append(broken)
    print("\n" + json.dumps(out))  # noqa: T201 - this is the program's answer


if __name__ == "__main__":
    _main()
