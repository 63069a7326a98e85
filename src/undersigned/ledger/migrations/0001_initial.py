"""The room's first tables, none of which counts its rows.

A table of SQLite numbers its rows as they come in (`rowid`), and so writes down the order of signing. A table
`WITHOUT ROWID` is a tree over its primary key and has no such number.
"""

from typing import Any, ClassVar

from django.db import migrations, models

from undersigned.storage.tables import CreateTable


def _key(*names: str) -> tuple[str, Any]:
    key = models.CompositePrimaryKey(*names, blank=True, editable=False, primary_key=True, serialize=False)
    return "pk", key


def _acts(*last: tuple[str, Any]) -> list[tuple[str, Any]]:
    return [
        _key("context", "pseudonym", "sequence"),
        ("context", models.CharField(max_length=100)),
        ("pseudonym", models.BinaryField(max_length=48)),
        ("sequence", models.IntegerField()),
        ("organisation", models.CharField(max_length=253)),
        ("digest", models.BinaryField(max_length=32)),
        *last,
    ]


class Migration(migrations.Migration):
    """Creates all tables."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar[list[Any]] = [
        CreateTable(
            "Head",
            [
                ("log", models.CharField(max_length=8, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("checkpoint", models.BinaryField()),
                ("staged", models.CharField(max_length=80, blank=True)),
            ],
        ),
        CreateTable(
            "OpenContext",
            [
                ("context", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("deadline", models.CharField(max_length=20)),
                ("closed", models.BooleanField(default=False)),
            ],
        ),
        CreateTable("HeldAct", _acts(("wire", models.BinaryField()))),
        CreateTable("SpokenAct", _acts(("published", models.BooleanField()))),
        CreateTable(
            "Tally",
            [
                _key("context", "organisation"),
                ("context", models.CharField(max_length=100)),
                ("organisation", models.CharField(max_length=253)),
                ("signed", models.IntegerField()),
                ("withdrawn", models.IntegerField()),
                ("vouched", models.IntegerField(default=0)),
                ("tick", models.CharField(max_length=20)),
                ("final", models.BooleanField()),
            ],
        ),
        CreateTable(
            "IssuedFigure",
            [
                _key("issuer", "organisation", "epoch"),
                ("issuer", models.CharField(max_length=253)),
                ("organisation", models.CharField(max_length=253)),
                ("epoch", models.CharField(max_length=6)),
                ("at_most", models.IntegerField()),
            ],
        ),
    ]
