"""Tables of the ledger. None has a row number, a counter or a time finer than a tick.

Trust: whoever can modify this database can drop acts that wait (their receipts then prove it) and refuse new
ones; they cannot add an act that the audit accepts, nor change what was published without the log's key, which
lies elsewhere. Whoever reads it learns pseudonyms that the next rounds publish, those of signatures that were
withdrawn before, and, until the next tick, traces of the order in which the last ones came in.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Self

from django.db import OperationalError, connections, models, transaction

from undersigned.errors import Unavailable
from undersigned.storage.databases import write_anew

#: Alias of the room's database.
DATABASE: Final = "ledger"
#: PostgreSQL's number of the lock that lets one transaction at a time write.
_LOCK: Final = 0x6C6564676572

#: Octets of a page of SQLite: an act fits into a quarter of it, else each would add a page of its own at the end
#: of the file, one after the other.
_PAGE: Final = 8192


@contextmanager
def exclusive() -> Iterator[None]:
    """Run a transaction beside which no other one writes; durable when it ends.

    SQLite's transactions begin with the write lock (`transaction_mode` IMMEDIATE); PostgreSQL's take one here.

    Raises: `Unavailable` when the database cannot write now: locked for too long, or the disk is full.
    """
    try:
        with transaction.atomic(using=DATABASE, durable=True):
            if connections[DATABASE].vendor == "postgresql":
                with connections[DATABASE].cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            yield
    except OperationalError as error:
        raise Unavailable("ledger-busy", "Nothing can be written now. Nothing was accepted; try again.") from error


def rewrite(grid: float) -> None:
    """Write all tables anew, so that no page tells the order of signing; `grid` as in `write_anew`."""
    write_anew(DATABASE, page_size=_PAGE, grid=grid)


class Row(models.Model):
    """What all tables have in common."""

    class Meta:
        """No table of its own."""

        abstract = True

    def __str__(self) -> str:
        """Name the table alone: a message or a log shows no key of an act."""
        return type(self).__name__


class Head(Row):
    """The committed end of one log: what the next append must build upon.

    `staged` names the staged file whose tiles may not all be published yet, empty when they are.
    """

    log = models.CharField(primary_key=True, max_length=8)
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    checkpoint = models.BinaryField()
    staged = models.CharField(max_length=80, blank=True)

    @classmethod
    def begin(cls, log: str, root: bytes, checkpoint: bytes) -> bool:
        """Begin an empty log; False when it was begun before."""
        values = {"size": 0, "root": root, "checkpoint": checkpoint, "staged": ""}
        return cls.objects.get_or_create(log=log, defaults=values)[1]

    @classmethod
    def of(cls, log: str) -> Self:
        """Return the head of a log. Raises: `Unavailable` when there is no such log."""
        found = cls.objects.filter(log=log).first()
        if found is None:
            raise Unavailable("no-log", "This instance has no logs yet.")
        return found

    @classmethod
    def staged_names(cls) -> set[str]:
        """Return the names of staged files that are not all published."""
        return set(cls.objects.exclude(staged="").values_list("staged", flat=True))

    def swap(self, size: int, root: bytes, checkpoint: bytes, staged: str) -> bool:
        """Compare and swap: put a new head in place of this one; False when another one is there by now."""
        same = type(self).objects.filter(log=self.log, size=self.size, root=self.root, staged="")
        return same.update(size=size, root=root, checkpoint=checkpoint, staged=staged) == 1

    def settle(self) -> None:
        """Say that everything up to this head is published."""
        type(self).objects.filter(log=self.log, size=self.size, staged=self.staged).update(staged="")


class OpenContext(Row):
    """A context in which acts were held: the newest deadline of its receipts, and whether it takes no more.

    One deadline for all, so that no row tells whether its act came before or after a closing was moved.
    """

    context = models.CharField(primary_key=True, max_length=100)
    deadline = models.CharField(max_length=20)
    closed = models.BooleanField(default=False)

    @classmethod
    def of(cls, context: str) -> Self:
        """Return what is known of a context, unsaved where nothing is."""
        return cls.objects.filter(context=context).first() or cls(context=context, deadline="")

    def promise(self, deadline: str) -> None:
        """Note the deadline of a receipt; it only moves later."""
        if deadline > self.deadline:
            self.deadline = deadline
            self.save()


class HeldAct(Row):
    """An accepted act that waits for its round; `wire` is the entry that the log will get."""

    pk = models.CompositePrimaryKey("context", "pseudonym", "sequence")
    context = models.CharField(max_length=100)
    pseudonym = models.BinaryField(max_length=48)
    sequence = models.IntegerField()
    organisation = models.CharField(max_length=253)
    digest = models.BinaryField(max_length=32)
    wire = models.BinaryField()

    @classmethod
    def add(cls, acts: Sequence[Self]) -> None:
        """Insert acts; the most frequent of all statements, so by hand."""
        fields = [field.attname for field in cls._meta.concrete_fields]
        names, marks = ", ".join(fields), ", ".join(["%s"] * len(fields))
        with connections[DATABASE].cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {cls._meta.db_table} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
                [[getattr(act, name) for name in fields] for act in acts],
            )

    @classmethod
    def release(cls, context: str, keys: Sequence[tuple[bytes, int]]) -> None:
        """Delete exactly these acts, by pseudonym and sequence.

        Raises: `Unavailable` when one of them is there no more.
        """
        table = cls._meta.db_table
        with connections[DATABASE].cursor() as cursor:
            cursor.executemany(
                f"DELETE FROM {table} WHERE context = %s AND pseudonym = %s AND sequence = %s",  # noqa: S608 - our name
                [(context, *key) for key in keys],
            )
            if keys and cursor.rowcount != len(keys):
                raise Unavailable("round-changed", "The acts of a round were erased while it closed.")


class SpokenAct(Row):
    """What is left of an act that waits no more: enough to accept none twice and to repeat its receipt.

    `published` is false for a signature and its withdrawal that cancelled each other; these rows go when the
    context closes.
    """

    pk = models.CompositePrimaryKey("context", "pseudonym", "sequence")
    context = models.CharField(max_length=100)
    pseudonym = models.BinaryField(max_length=48)
    sequence = models.IntegerField()
    organisation = models.CharField(max_length=253)
    digest = models.BinaryField(max_length=32)
    published = models.BooleanField()


class Tally(Row):
    """What the closed rounds of a context and organisation add up to; `tick` is that of the last one.

    `vouched` are those of the standing signatures whose members were vouched for.
    """

    pk = models.CompositePrimaryKey("context", "organisation")
    context = models.CharField(max_length=100)
    organisation = models.CharField(max_length=253)
    signed = models.IntegerField()
    withdrawn = models.IntegerField()
    vouched = models.IntegerField(default=0)
    tick = models.CharField(max_length=20)
    final = models.BooleanField()


class IssuedFigure(Row):
    """The last figure that the log says of an issuer's admissions."""

    pk = models.CompositePrimaryKey("issuer", "organisation", "epoch")
    issuer = models.CharField(max_length=253)
    organisation = models.CharField(max_length=253)
    epoch = models.CharField(max_length=6)
    at_most = models.IntegerField()

    @classmethod
    def note(cls, issuer: str, organisation: str, epoch: str, at_most: int) -> None:
        """Keep the figure that the log says now; where it fell, a correction was used up."""
        name = {"issuer": issuer, "organisation": organisation, "epoch": epoch}
        row = cls.objects.filter(**name).first() or cls(**name, at_most=0)
        if at_most < row.at_most:
            CorrectionsUsed.follow(issuer, organisation, epoch)
        row.at_most = at_most
        row.save()


class CorrectionsUsed(Row):
    """How often the log's figure fell: each time it followed one correction of the registry, in their order."""

    pk = models.CompositePrimaryKey("issuer", "organisation", "epoch")
    issuer = models.CharField(max_length=253)
    organisation = models.CharField(max_length=253)
    epoch = models.CharField(max_length=6)
    number = models.IntegerField()

    @classmethod
    def follow(cls, issuer: str, organisation: str, epoch: str) -> None:
        """Note that one more was followed: it is of no use again."""
        name = {"issuer": issuer, "organisation": organisation, "epoch": epoch}
        row = cls.objects.filter(**name).first() or cls(**name, number=0)
        row.number += 1
        row.save()


#: Every table of the room, for tests that look at what is stored.
TABLES: Final[tuple[type[Row], ...]] = (Head, OpenContext, HeldAct, SpokenAct, Tally, IssuedFigure, CorrectionsUsed)
