"""Tables of the room: documents alone.

Whether a letter is open is no column: the registry and the closed rounds say it, and there is no second
place that could say something else after a crash.
"""

from typing import ClassVar

from django.db import models


class LetterRow(models.Model):
    """A letter's document, from its draft on. Emptied once a redacted letter has ended."""

    slug = models.CharField(max_length=80, primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    document = models.BinaryField(null=True)

    class Meta:
        """Where the table is."""

        app_label = "letters"
        db_table = "letter"

    def __str__(self) -> str:
        return self.slug


class TermsRow(models.Model):
    """Numbered terms of a letter; the registry names the digest of those that count."""

    letter = models.ForeignKey(LetterRow, on_delete=models.CASCADE, related_name="terms")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    document = models.BinaryField(null=True)

    class Meta:
        """Where the table is."""

        app_label = "letters"
        db_table = "terms"
        constraints: ClassVar = [models.UniqueConstraint(fields=["letter", "number"], name="terms_once")]

    def __str__(self) -> str:
        return f"{self.letter_id}, {self.number}"
