"""What may be published about who signed: true at-least counts that single out nobody (`docs/disclosure.md`).

Pure: counts, earlier releases and randomness come in, a `Released` or the reasons against one go out.
"""
