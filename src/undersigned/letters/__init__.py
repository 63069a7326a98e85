"""The room that knows what was signed, never by whom: letters, their terms, and which acts they accept."""
