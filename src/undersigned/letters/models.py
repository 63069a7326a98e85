"""Tables of the room: documents, and others who stand by a letter: tags of addresses, names that people show.

Whether a letter is open is no column: the registry and the closed rounds say it, and there is no second
place that could say something else after a crash.

Trust: whoever can read them learns how many addresses were confirmed for a letter and which names wait to be shown;
with the keeper's keys too they can test guessed addresses. Whoever can modify them can invent both, up to what the
next round writes into the registry. They learn nothing of members, and change no count of theirs.
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


class Supporter(models.Model):
    """An address that was confirmed for a letter: a tag (32 octets), for each letter another, and nothing else."""

    pk = models.CompositePrimaryKey("context", "tag")
    context = models.CharField(max_length=100)
    tag = models.BinaryField(max_length=32)

    class Meta:
        """Where the table is."""

        app_label = "letters"
        db_table = "supporter"

    def __str__(self) -> str:
        return "a supporter"


class Name(models.Model):
    """A name that somebody wants to be shown under a letter, with its line and salt, under the tag of an address.

    `shown` says that it is on the newest list, or on the next one; `reason` why the operator takes it off.
    """

    pk = models.CompositePrimaryKey("context", "tag")
    context = models.CharField(max_length=100)
    tag = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=32)
    name = models.CharField(max_length=100)
    line = models.CharField(max_length=140, null=True)  # noqa: DJ001 - no line is another thing than an empty one
    shown = models.BooleanField(default=False)
    reason = models.CharField(max_length=1000, null=True)  # noqa: DJ001 - as above

    class Meta:
        """Where the table is."""

        app_label = "letters"
        db_table = "name"

    def __str__(self) -> str:
        return "a name"
