"""The room that knows who was admitted, and never what anyone signed."""
