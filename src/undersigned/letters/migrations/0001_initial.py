"""Letters and their terms."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


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
    ]
