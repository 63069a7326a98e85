"""The room's registration with Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The room `ledger`, with a database of the same name."""

    name = "undersigned.ledger"
    label = "ledger"
