"""Encrypted backups of an instance, and what is made of one on another machine."""
