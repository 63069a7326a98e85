"""Django's settings, built from the one configuration tree.

One database a room that is here, no default one: a query that forgets its room, or asks one that is elsewhere, fails.
SQLite runs with a rollback journal, which is truncated after each commit: versions 3.7.0 to 3.51.2 can
corrupt a write-ahead log when two processes write and checkpoint at once, and a log would keep an order.
"""

from typing import Any, Final

from undersigned.config import ROOMS, Config

_PRAGMAS: Final = (
    "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; "
    "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
)
#: Seconds that a write waits for another one.
_BUSY: Final = 30


def _database(config: Config, room: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(config.database(room)),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"timeout": _BUSY, "transaction_mode": "IMMEDIATE", "init_command": _PRAGMAS},
    }


def build(config: Config) -> dict[str, Any]:
    """Return the settings of an instance, for `django.conf.settings.configure`."""
    return {
        "ALLOWED_HOSTS": ["*"],
        "APPEND_SLASH": False,
        "DATABASES": {"default": {}} | {room: _database(config, room) for room in config.rooms},
        "DATABASE_ROUTERS": ["undersigned.storage.databases.RoomRouter"],
        "DEBUG": False,
        "INSTALLED_APPS": [f"undersigned.{room}" for room in ROOMS],
        "LOGGING_CONFIG": None,
        "MIDDLEWARE": ["undersigned.web.middleware.Guard"],
        "ROOT_URLCONF": "undersigned.web.urls",
        "SECRET_KEY": "unused: nothing is signed by Django and there are no sessions",
        "TEMPLATES": [],
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "USE_TZ": True,
    }
