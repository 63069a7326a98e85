"""Tables of the room. Nothing here has a time, a number that counts up, or a code in any spelling.

Trust: whoever can read them and has the subject key can tell which of the codes they know was used; without
the key they cannot. They cannot tell what anyone signed. Whoever can modify them can admit people who should not be.

All primary keys are hashes or random, and on SQLite the tables have no hidden row numbers (`WITHOUT ROWID`, see the
migration), so rows lie in the order of their keys and not in the order of joining.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import models


class Epoch(models.Model):
    """A quarter in which an organisation's members are or were issued credentials."""

    pk = models.CompositePrimaryKey("organisation", "quarter")
    organisation = models.CharField(max_length=253)
    quarter = models.CharField(max_length=6)
    #: Ways of joining, in alphabetical order, joined by commas.
    methods = models.CharField(max_length=40)
    is_open = models.BooleanField()
    #: Members when it was last closed; while it is open they are counted.
    members = models.PositiveIntegerField(default=0)

    class Meta:
        """Where the table is."""

        app_label = "issuer"
        db_table = "epoch"

    def __str__(self) -> str:
        return f"{self.organisation}, {self.quarter}"


class Said(models.Model):
    """The number of members that letters elsewhere (by their key's name) were told last, and for which full hour."""

    pk = models.CompositePrimaryKey("asker", "organisation", "quarter")
    asker = models.CharField(max_length=255)
    organisation = models.CharField(max_length=253)
    quarter = models.CharField(max_length=6)
    number = models.PositiveIntegerField()
    tick = models.CharField(max_length=20)

    class Meta:
        """Where the table is."""

        app_label = "issuer"
        db_table = "said"

    def __str__(self) -> str:
        return f"said to {self.asker}"

    @classmethod
    def tell(
        cls, name: tuple[str, str, str], tick: str, now: int, decide: Callable[[tuple[str, int], str, int], int]
    ) -> int:
        """Return the number that `decide` (`rules.said`) takes for asker, organisation and quarter, and keep it."""
        place: dict[str, Any] = dict(zip(("asker", "organisation", "quarter"), name, strict=True))
        before = cls.objects.filter(**place).values_list("tick", "number").first() or ("", 0)
        number = decide(before, tick, now)
        cls.objects.update_or_create(**place, defaults={"number": number, "tick": tick})
        return number


class Joining(models.Model):
    """A way of joining that an organisation offers, with its settings as canonical JSON, no secret among them."""

    pk = models.CompositePrimaryKey("organisation", "method")
    organisation = models.CharField(max_length=253)
    method = models.CharField(max_length=5)
    settings = models.TextField()

    class Meta:
        """Where the table is."""

        app_label = "issuer"
        db_table = "joining"

    def __str__(self) -> str:
        return f"{self.organisation} by {self.method}"


class Sheet(models.Model):
    """One-time codes that were handed out together."""

    id = models.CharField(max_length=16, primary_key=True)
    organisation = models.CharField(max_length=253)
    note = models.CharField(max_length=200)
    is_void = models.BooleanField(default=False)

    class Meta:
        """Where the table is."""

        app_label = "issuer"
        db_table = "sheet"

    def __str__(self) -> str:
        return self.id


class Code(models.Model):
    """A one-time code: HMAC-SHA-256 (32 octets) under the subject key, never the code itself.

    Whether it was spent is no column: an admission of the same subject says it.
    """

    subject = models.BinaryField(max_length=32, primary_key=True)
    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="codes")
    is_void = models.BooleanField(default=False)

    class Meta:
        """Where the table is."""

        app_label = "issuer"
        db_table = "code"

    def __str__(self) -> str:
        return f"a code of {self.sheet_id}"

    @classmethod
    def admits(cls, subject: bytes) -> bool:
        """Tell whether a code exists and neither it nor its sheet is void: one query, whatever the answer."""
        return cls.objects.filter(pk=subject, is_void=False, sheet__is_void=False).exists()


class Admission(models.Model):
    """A subject that was admitted: its commitment point C (48 octets), the newest epoch issued, and by which way.

    The way is kept because renewed credentials name it (ADR 16).
    """

    subject = models.BinaryField(max_length=32, primary_key=True)
    organisation = models.CharField(max_length=253)
    point = models.BinaryField(max_length=48)
    newest = models.CharField(max_length=6)
    method = models.CharField(max_length=5, default="code")

    class Meta:
        """Where the table is, and that one point is one member."""

        app_label = "issuer"
        db_table = "admission"
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "point"], name="admission_point")]

    def __str__(self) -> str:
        return f"a member of {self.organisation}"


class Floor(models.Model):
    """Newest epoch issued under points that a subject lost; only subjects that lost one have it."""

    subject = models.BinaryField(max_length=32, primary_key=True)
    quarter = models.CharField(max_length=6)

    class Meta:
        """Where the table is."""

        app_label = "issuer"
        db_table = "floor"

    def __str__(self) -> str:
        return self.quarter


class Replacement(models.Model):
    """A new point that waits, with the day (`2026-12-10`) from which it is in force; gone at its first use."""

    subject = models.BinaryField(max_length=32, primary_key=True)
    organisation = models.CharField(max_length=253)
    point = models.BinaryField(max_length=48)
    ready = models.CharField(max_length=10)

    class Meta:
        """Where the table is, and that one point waits for one subject."""

        app_label = "issuer"
        db_table = "replacement"
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "point"], name="replacement_point")]

    def __str__(self) -> str:
        return f"in force on {self.ready}"


class Slot(models.Model):
    """A member's vouching slot that was used: the digest of its context (hex), the pseudonym there, and of which act.

    Kept until the epoch is over. The act itself is not kept, so a slot says for whom it was used to nobody.
    """

    pk = models.CompositePrimaryKey("context", "pseudonym")
    context = models.CharField(max_length=64)
    pseudonym = models.BinaryField(max_length=48)
    organisation = models.CharField(max_length=253)
    quarter = models.CharField(max_length=6)
    act = models.BinaryField(max_length=32)

    class Meta:
        """Where the table is."""

        app_label = "issuer"
        db_table = "slot"

    def __str__(self) -> str:
        return f"a slot of {self.quarter}"


class Vouch(models.Model):
    """Somebody vouched for who is invited: the digest of the invitation's context (hex) and the pseudonym there.

    Gone as soon as the invited person joins, at the latest when the epoch is over.
    """

    pk = models.CompositePrimaryKey("invitation", "pseudonym", "organisation", "quarter")
    invitation = models.CharField(max_length=64)
    pseudonym = models.BinaryField(max_length=48)
    organisation = models.CharField(max_length=253)
    quarter = models.CharField(max_length=6)

    class Meta:
        """Where the table is."""

        app_label = "issuer"
        db_table = "vouch"

    def __str__(self) -> str:
        return f"a vouch of {self.quarter}"

    #: Members who have to vouch.
    NEEDED: ClassVar = 2

    @classmethod
    def enough(cls, organisation: str, invitation: str) -> bool:
        """Tell whether two members vouched in one open epoch. Two slots of one member are one pseudonym there.

        In two epochs they can be two: a member who replaced words has the old ones in one and the new ones in the next.
        """
        found = cls.objects.filter(organisation=organisation, invitation=invitation)
        quarters = list(found.values_list("quarter", flat=True))
        return any(quarters.count(each) >= cls.NEEDED for each in quarters)
