"""Codes that are mailed to an address and typed in: made, sent, and checked, with nothing of it written down."""
