"""Undersigned: letters signed by members nobody can name, with a count anyone can check."""

PROFILE = "undersigned/1"
