"""Each room's tables live in the room's own database, and nowhere else."""

import time
from typing import Any

from django.db import connections
from django.db.models import Model


class RoomRouter:
    """Routes by the app's label, which is the room's name; relations across rooms are refused."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str:  # noqa: ANN401 - Django's signature
        """Name the database of a model."""
        return model._meta.app_label  # noqa: SLF001 - Django's documented way to the label

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **_hints: Any) -> bool:  # noqa: ANN401 - Django's signature
        """Allow relations inside a room only."""
        return one._meta.app_label == other._meta.app_label  # noqa: SLF001 - as above

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:  # noqa: ANN401 - Django's signature
        """Make a room's tables in its own database only."""
        return db == app_label


def write_anew(room: str, *, page_size: int | None = None, grid: float = 0.0) -> None:
    """Write a room's tables anew in the order of their keys, so that no page tells in which order rows came.

    With a `grid`, in seconds, the database is locked from one multiple of it to another: who asks something at that
    moment waits equally long whether there was little to write or much, and learns nothing of how much it was.
    """
    with connections[room].cursor() as cursor:
        if connections[room].vendor == "postgresql":
            cursor.execute("VACUUM FULL")
            return
        if page_size is not None:
            cursor.execute(f"PRAGMA page_size = {page_size}")
        if not grid:
            cursor.execute("VACUUM")
            return
        # In this mode a lock is kept after the statement that took it, until the mode is left and something is read.
        cursor.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        try:
            _wait(grid)
            cursor.execute("VACUUM")
            _wait(grid)
        finally:
            cursor.execute("PRAGMA locking_mode = NORMAL").fetchall()
            cursor.execute("SELECT COUNT(*) FROM sqlite_schema").fetchall()


def _wait(grid: float) -> None:
    time.sleep(grid - time.time() % grid)


def is_current(room: str, newest: str) -> bool:
    """Tell whether a room's migration of this name was made; true also where none ever was."""
    connection = connections[room]
    opened = connection.connection is not None
    try:
        tables = connection.introspection.table_names()
        if "django_migrations" not in tables:
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM django_migrations WHERE app = %s AND name = %s", [room, newest])
            return bool(cursor.fetchone()[0])
    finally:
        if not opened:
            connection.close()


def close_all() -> None:
    """Close the connections of this thread."""
    connections.close_all()


def forget_times(room: str, tick: str) -> None:
    """Cut the times of a room's migrations to a full hour, and give up the room of the finer ones."""
    with connections[room].cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET applied = %s", [tick])
        if connections[room].vendor == "sqlite":
            cursor.execute("VACUUM")
