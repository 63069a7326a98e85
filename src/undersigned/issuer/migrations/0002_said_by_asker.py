"""Numbers that were told to letters elsewhere are kept for each asker, not for each organisation.

What was told before is forgotten: it does not say to whom. Columns are dropped in place, so the table of epochs stays
without row numbers.
"""

from typing import ClassVar

from django.db import migrations, models

from undersigned.storage.tables import CreateTable


class Migration(migrations.Migration):
    """A table for what was said, instead of two columns."""

    dependencies: ClassVar = [("issuer", "0001_initial")]
    operations: ClassVar = [
        CreateTable(
            name="Said",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "asker",
                        "organisation",
                        "quarter",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("asker", models.CharField(max_length=255)),
                ("organisation", models.CharField(max_length=253)),
                ("quarter", models.CharField(max_length=6)),
                ("number", models.PositiveIntegerField()),
                ("tick", models.CharField(max_length=20)),
            ],
            options={"db_table": "said"},
        ),
        migrations.RemoveField("Epoch", "said"),
        migrations.RemoveField("Epoch", "said_at"),
    ]
