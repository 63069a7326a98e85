"""Contracts below the level of packages: only services, models and the ledger's stores touch a database,
and rules never ask for the time.
"""

import ast
from pathlib import Path

import pytest

from support.tree import SOURCE, imported, modules, syntax

#: Modules of a room that may import `django.db` or the room's models; of letters and ledger some more.
MAY = {"apps.py", "models.py", "restoring.py", "service.py"}
LETTERS_MAY = MAY | {"standing.py"}
LEDGER_MAY = MAY | {"holding.py", "sequencer.py", "store.py"}
#: Names from `django.db` that make no query, by module.
NAMES = {
    # Which version of SQLite is loaded; no database is opened.
    "doctor/files.py": {"sqlite3"},
    # The type of a model, to say which database is its own; the times of migrations, cut to the hour.
    "storage/databases.py": {"django.db", "django.db.connections", "django.db.models", "django.db.models.Model"},
    # How a migration makes a table.
    "storage/tables.py": {
        "django.db",
        "django.db.backends.base.schema",
        "django.db.backends.base.schema.BaseDatabaseSchemaEditor",
        "django.db.migrations",
        "django.db.migrations.state",
        "django.db.migrations.state.ProjectState",
    },
    # The error that means "try again later".
    "web/problems.py": {"django.db", "django.db.OperationalError"},
    # Connections are closed before processes part.
    "web/server.py": {"django.db", "django.db.connections"},
}


def is_database(name: str) -> bool:
    last = name.rpartition(".")[2]
    return name == "django.db" or name.startswith("django.db.") or last in {"models", "sqlite3", "psycopg"}


def database_names(tree: ast.Module) -> set[str]:
    return set(filter(is_database, imported(tree)))


def allowed(path: Path, names: set[str]) -> bool:
    name = path.relative_to(SOURCE)
    may = {"ledger": LEDGER_MAY, "letters": LETTERS_MAY}.get(name.parts[0], MAY)
    return (len(name.parts) > 1 and path.name in may) or names <= NAMES.get(str(name), set())


def offenders(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(SOURCE)) for path in paths if not allowed(path, database_names(syntax(path)))]


def test_only_services_and_models_touch_a_database() -> None:
    assert offenders(modules()) == []


@pytest.mark.parametrize(
    "line",
    [
        "from django.db import connections",
        "from django.db.models import F",
        "import django.db",
        "import sqlite3",
        "from undersigned.issuer import models",
        "from undersigned.issuer.models import Subject",
    ],
)
@pytest.mark.parametrize("name", ["issuer/api.py", "issuer/rules.py", "models.py", "letters/store.py", "web/api.py"])
def test_contract_is_broken_by(line: str, name: str) -> None:
    names = database_names(ast.parse(line))
    assert names
    assert not allowed(SOURCE / name, names)


def test_what_is_not_a_database() -> None:
    assert not database_names(ast.parse("from django.http import HttpResponse\nimport django"))


# ── rules ──

ASKS = {"now", "today", "utcnow", "fromtimestamp", "time", "monotonic", "perf_counter"}


def asks_for_the_time(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in ASKS for node in ast.walk(tree))


def test_rules_never_ask_for_the_time() -> None:
    rules = [path for path in modules() if path.name == "rules.py"]
    assert len(rules) >= 3
    assert [str(path) for path in rules if asks_for_the_time(syntax(path))] == []


@pytest.mark.parametrize("line", ["date.today()", "datetime.now(UTC)", "date.fromtimestamp(0)"])
def test_rules_contract_is_broken_by(line: str) -> None:
    assert asks_for_the_time(ast.parse(line))
