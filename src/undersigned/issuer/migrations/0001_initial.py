"""The room's first tables.

On SQLite they are made `WITHOUT ROWID`: hidden row numbers would keep the order of joining. A later migration
that alters a table makes Django copy it into one with row numbers, so it must restore this;
`tests/privacy` looks.
"""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class CreateWithoutRowid(migrations.CreateModel):
    """A table whose rows lie in the order of their primary key."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make the table; other databases than SQLite have no such row numbers."""
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.sql_create_table = f"{type(schema_editor).sql_create_table} WITHOUT ROWID"
        super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    """Epochs, ways of joining, sheets, codes, admissions, floors and replacements."""

    initial = True
    dependencies: ClassVar = []
    operations: ClassVar = [
        CreateWithoutRowid(
            name="Epoch",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organisation", "quarter", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("organisation", models.CharField(max_length=253)),
                ("quarter", models.CharField(max_length=6)),
                ("methods", models.CharField(max_length=40)),
                ("is_open", models.BooleanField()),
                ("members", models.PositiveIntegerField(default=0)),
                ("said", models.PositiveIntegerField(default=0)),
                ("said_at", models.CharField(default="", max_length=20)),
            ],
            options={"db_table": "epoch"},
        ),
        CreateWithoutRowid(
            name="Joining",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organisation", "method", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("organisation", models.CharField(max_length=253)),
                ("method", models.CharField(max_length=5)),
                ("settings", models.TextField()),
            ],
            options={"db_table": "joining"},
        ),
        CreateWithoutRowid(
            name="Sheet",
            fields=[
                ("id", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("organisation", models.CharField(max_length=253)),
                ("note", models.CharField(max_length=200)),
                ("is_void", models.BooleanField(default=False)),
            ],
            options={"db_table": "sheet"},
        ),
        CreateWithoutRowid(
            name="Code",
            fields=[
                ("subject", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("is_void", models.BooleanField(default=False)),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="codes", to="issuer.sheet"
                    ),
                ),
            ],
            options={"db_table": "code"},
        ),
        CreateWithoutRowid(
            name="Admission",
            fields=[
                ("subject", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("organisation", models.CharField(max_length=253)),
                ("point", models.BinaryField(max_length=48)),
                ("newest", models.CharField(max_length=6)),
                ("method", models.CharField(default="code", max_length=5)),
            ],
            options={
                "db_table": "admission",
                "constraints": [models.UniqueConstraint(fields=("organisation", "point"), name="admission_point")],
            },
        ),
        CreateWithoutRowid(
            name="Floor",
            fields=[
                ("subject", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("quarter", models.CharField(max_length=6)),
            ],
            options={"db_table": "floor"},
        ),
        CreateWithoutRowid(
            name="Replacement",
            fields=[
                ("subject", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("organisation", models.CharField(max_length=253)),
                ("point", models.BinaryField(max_length=48)),
                ("ready", models.CharField(max_length=10)),
            ],
            options={
                "db_table": "replacement",
                "constraints": [models.UniqueConstraint(fields=("organisation", "point"), name="replacement_point")],
            },
        ),
        CreateWithoutRowid(
            name="Slot",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "context", "pseudonym", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("context", models.CharField(max_length=64)),
                ("pseudonym", models.BinaryField(max_length=48)),
                ("organisation", models.CharField(max_length=253)),
                ("quarter", models.CharField(max_length=6)),
                ("act", models.BinaryField(max_length=32)),
            ],
            options={"db_table": "slot"},
        ),
        CreateWithoutRowid(
            name="Vouch",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "invitation",
                        "pseudonym",
                        "organisation",
                        "quarter",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("invitation", models.CharField(max_length=64)),
                ("pseudonym", models.BinaryField(max_length=48)),
                ("organisation", models.CharField(max_length=253)),
                ("quarter", models.CharField(max_length=6)),
            ],
            options={"db_table": "vouch"},
        ),
    ]
