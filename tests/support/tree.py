"""The source tree as tests of the house see it: modules, their syntax, what they import."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from support.paths import ROOT

SOURCE = ROOT / "src" / "undersigned"


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules(root: Path = SOURCE) -> list[Path]:
    """All modules below a folder, without migrations, which Django writes."""
    return sorted(path for path in root.rglob("*.py") if "migrations" not in path.parts)


def imported(tree: ast.Module) -> Iterator[str]:
    """Full names of what a module imports; `from a import b` counts as `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tracked() -> list[Path]:
    """Files that are in the repository, or would be with the next commit of everything."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    return sorted(ROOT / name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file())
