"""Only services, models and the ledger's own stores touch a database: a contract below the level of packages."""

import ast
from pathlib import Path

import pytest

from support.tree import SOURCE, imported, modules, syntax

#: Modules of a room that may import `django.db`; of the ledger two more.
MAY = {"service.py", "models.py"}
LEDGER_MAY = MAY | {"sequencer.py", "store.py", "holding.py"}
#: The models of a room are touched by the same modules and, to register them, by its `apps.py`.
MODELS = {"apps.py"}
#: Names the type of a model, to say which database is its own; makes no query.
ROUTER = SOURCE / "storage" / "routing.py"


def is_database(name: str) -> bool:
    last = name.rpartition(".")[2]
    return name == "django.db" or name.startswith("django.db.") or last in {"models", "sqlite3", "psycopg"}


def reaches_database(tree: ast.Module) -> bool:
    return any(map(is_database, imported(tree)))


def allowed(path: Path) -> bool:
    if path == ROUTER:
        return True
    room = path.relative_to(SOURCE).parts[0]
    may = LEDGER_MAY if room == "ledger" else MAY
    return len(path.relative_to(SOURCE).parts) > 1 and path.name in may | MODELS


def offenders(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(SOURCE)) for path in paths if reaches_database(syntax(path)) and not allowed(path)]


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
def test_contract_is_broken_by(line: str) -> None:
    assert reaches_database(ast.parse(line))
    assert not allowed(SOURCE / "issuer" / "api.py")
    assert not allowed(SOURCE / "issuer" / "rules.py")
    assert not allowed(SOURCE / "models.py")


def test_what_is_not_a_database() -> None:
    assert not reaches_database(ast.parse("from django.http import HttpResponse\nimport django"))
