"""Letters and their terms; supporters and names, in tables without row numbers."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models

from undersigned.storage.tables import CreateTable


def _of_a_tag() -> list[tuple[str, Any]]:
    key = models.CompositePrimaryKey("context", "tag", blank=True, editable=False, primary_key=True, serialize=False)
    return [("pk", key), ("context", models.CharField(max_length=100)), ("tag", models.BinaryField(max_length=32))]


class Migration(migrations.Migration):
    """The room's first tables."""

    initial = True

    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="LetterRow",
            fields=[
                ("slug", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("document", models.BinaryField(null=True)),
            ],
            options={"db_table": "letter"},
        ),
        migrations.CreateModel(
            name="TermsRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("document", models.BinaryField(null=True)),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="terms", to="letters.letterrow"
                    ),
                ),
            ],
            options={"db_table": "terms"},
        ),
        migrations.AddConstraint(
            model_name="termsrow",
            constraint=models.UniqueConstraint(fields=("letter", "number"), name="terms_once"),
        ),
        CreateTable(name="Supporter", fields=_of_a_tag(), options={"db_table": "supporter"}),
        CreateTable(
            name="Name",
            fields=[
                *_of_a_tag(),
                ("salt", models.BinaryField(max_length=32)),
                ("name", models.CharField(max_length=100)),
                ("line", models.CharField(max_length=140, null=True)),
                ("shown", models.BooleanField(default=False)),
                ("reason", models.CharField(max_length=1000, null=True)),
            ],
            options={"db_table": "name"},
        ),
    ]
