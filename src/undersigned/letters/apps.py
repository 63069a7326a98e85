"""The room's Django app; its tables lie in the database `letters`."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """Letters and their terms."""

    name = "undersigned.letters"
    label = "letters"
    default_auto_field = "django.db.models.BigAutoField"
