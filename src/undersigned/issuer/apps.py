"""The room's Django app; its tables lie in the database `issuer`."""

from django.apps import AppConfig


class IssuerConfig(AppConfig):
    """Admission of members and their credentials."""

    name = "undersigned.issuer"
    label = "issuer"
