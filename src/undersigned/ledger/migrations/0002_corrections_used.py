"""How many corrections of an issuer's number the log has followed: each lets the number fall once.

Kept in a table of its own: to alter the one of the figures would make it anew with row numbers.
"""

from typing import ClassVar

from django.db import migrations, models

from undersigned.storage.tables import CreateTable


class Migration(migrations.Migration):
    """One more table."""

    dependencies: ClassVar = [("ledger", "0001_initial")]
    operations: ClassVar = [
        CreateTable(
            "CorrectionsUsed",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "issuer",
                        "organisation",
                        "epoch",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("issuer", models.CharField(max_length=253)),
                ("organisation", models.CharField(max_length=253)),
                ("epoch", models.CharField(max_length=6)),
                ("number", models.IntegerField()),
            ],
        ),
    ]
