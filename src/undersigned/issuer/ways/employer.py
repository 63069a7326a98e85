"""Which addresses, accounts and servers are the employer's, by their names alone (section 3, "Subjects")."""


def related(name: str, organisation: str) -> bool:
    """Tell whether one of two domains is the other, or lies under it."""
    return name == organisation or name.endswith(f".{organisation}") or organisation.endswith(f".{name}")
