"""The house's own rules about source: sizes, names, docstrings, and what must not stand in a file."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.paths import ROOT
from support.tree import SOURCE, modules, syntax, tracked

LONGEST_MODULE = 600
LONGEST_FUNCTION = 60
PROGRAMS = [SOURCE, ROOT / "bench", ROOT / "vectors"]
FORBIDDEN = re.compile(r"(?:^|_)(utils?|helpers?|common|managers?)(?:_|$)", re.IGNORECASE)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Named = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def own() -> list[Path]:
    return [path for root in PROGRAMS for path in modules(root)]


# ── sizes ──


def long_functions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION:
            yield node.name


def test_modules_are_short() -> None:
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in [*own(), *modules(ROOT / "tests")]}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_functions_are_short() -> None:
    found = {str(path): list(long_functions(syntax(path))) for path in own()}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_long_function_is_seen() -> None:
    body = "\n".join("    x = 1" for _ in range(LONGEST_FUNCTION))
    assert list(long_functions(ast.parse(f"def short():\n    x = 1\ndef long():\n{body}"))) == ["long"]


# ── names ──


def forbidden_names(path: str, tree: ast.Module) -> list[str]:
    names = [part.removesuffix(".py") for part in Path(path).parts]
    names += [node.name for node in ast.walk(tree) if isinstance(node, Named)]
    # CamelCase and snake_case alike.
    return [name for name in names if FORBIDDEN.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name))]


def test_names_say_what_things_are() -> None:
    found = {}
    for path in [*own(), *modules(ROOT / "tests")]:
        name = str(path.relative_to(ROOT))
        found[name] = forbidden_names(name, syntax(path))
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("src/undersigned/utils.py", ""),
        ("src/undersigned/common/x.py", ""),
        ("x.py", "class KeyManager: ..."),
        ("x.py", "def test_helper(): ..."),
    ],
)
def test_a_forbidden_name_is_seen(path: str, code: str) -> None:
    assert forbidden_names(path, ast.parse(code))


# ── docstrings ──


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public modules, classes and functions without a docstring; a private class's methods are private too."""

    def visit(node: ast.AST, where: str) -> Iterator[str]:
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, Named) and not inner.name.startswith("_"):
                if ast.get_docstring(inner) is None and not overridden(inner):
                    yield f"{where}{inner.name}"
                if isinstance(inner, ast.ClassDef):
                    yield from visit(inner, f"{where}{inner.name}.")

    if tree.body and ast.get_docstring(tree) is None:
        yield "module"
    yield from visit(tree, "")


def overridden(node: Named) -> bool:
    """Django's `Meta`, and functions marked as `@override`, say nothing new."""
    marks = {ast.unparse(mark) for mark in node.decorator_list}
    return node.name == "Meta" or bool(marks & {"override", "overload"})


def test_everything_public_has_a_docstring() -> None:
    found = {str(path): list(undocumented(syntax(path))) for path in own() if path.name != "__init__.py"}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_missing_docstring_is_seen() -> None:
    code = '"""Module."""\nclass A:\n    """A."""\n    def b(self): ...\n    def _c(self): ...\ndef d(): ...'
    assert list(undocumented(ast.parse(code))) == ["A.b", "d"]
    assert list(undocumented(ast.parse("x = 1"))) == ["module"]


# ── what must not stand in a file ──

#: Folders of some machine; people in examples live in /home/me.
MACHINE = re.compile(r"(?<![\w.<{/:-])/(?:work|root|Users|tmp|home/(?!me\b))/?[\w.-]+")
REGISTRIES = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.org", re.IGNORECASE)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b|NotImplementedError")
#: By its format a lock file names the public index.
LOCKS = {"uv.lock", "package-lock.json"}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".json",
    ".html",
    ".css",
    ".js",
    ".ts",
    ".txt",
    ".cfg",
    ".yml",
    ".yaml",
    ".sh",
    ".ini",
    "",
}


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        # This file shows what must not stand in the others.
        if path.suffix in TEXT and path.name not in LOCKS and path != Path(__file__):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace")


def found_in(pattern: re.Pattern[str]) -> dict[str, list[str]]:
    found = {name: pattern.findall(text) for name, text in texts()}
    return {name: hits for name, hits in found.items() if hits}


def test_no_machine_path() -> None:
    assert found_in(MACHINE) == {}


def test_no_registry_host() -> None:
    assert found_in(REGISTRIES) == {}


def test_nothing_is_marked_as_unfinished() -> None:
    assert found_in(UNFINISHED) == {}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE, "see /home/anna/undersigned"),
        (MACHINE, "cd /work/main"),
        (MACHINE, "`/tmp/probe/bin/uv`"),
        (REGISTRIES, "https://files.pythonhosted.org/packages"),
        (REGISTRIES, "https://registry.npmjs.org/"),
        (UNFINISHED, "# TODO: later"),
        (UNFINISHED, "raise NotImplementedError"),
    ],
)
def test_what_must_not_stand_is_seen(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


# ── exceptions need a reason ──

MARK = re.compile(r"#\s*(?:noqa|type:\s*ignore|nosec|fmt:\s*off|pragma)\b(?P<rest>[^\n]*)")
REASON = re.compile(r"(?:\s-\s|#\s)\s*\S+")


def unexplained(text: str) -> list[str]:
    """Marks that silence a checker without saying why; a line right after an explained one may be bare."""
    out, before = [], False
    for line in text.splitlines():
        mark = MARK.search(line)
        explained = mark is not None and REASON.search(mark["rest"]) is not None
        if mark and not explained and not before:
            out.append(line.strip())
        before = explained or (before and mark is not None)
    return out


def test_every_silenced_check_has_a_reason() -> None:
    found = {str(path): unexplained(path.read_text(encoding="utf-8")) for path in [*own(), *modules(ROOT / "tests")]}
    found.pop(__file__)  # shows unexplained ones below
    assert {path: lines for path, lines in found.items() if lines} == {}


CASES: list[tuple[str, Callable[[int], bool]]] = [
    ("import x  # noqa: F401", lambda count: count == 1),
    ("import x  # noqa: F401 - for its effect", lambda count: count == 0),
    ("f()  # type: ignore[arg-type]", lambda count: count == 1),
    ("f()  # type: ignore[arg-type]  # the library has no types", lambda count: count == 0),
]


@pytest.mark.parametrize(("line", "right"), CASES)
def test_an_unexplained_mark_is_seen(line: str, right: Callable[[int], bool]) -> None:
    assert right(len(unexplained(line)))
