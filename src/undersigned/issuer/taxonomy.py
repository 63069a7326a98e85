"""What people may say of themselves on joining: a role family of a short list, and a standing.

The list is data (`taxonomy.toml`), versioned, and named by every letter. Families are wide on purpose: a code
that only a few people of an organisation share would mark them.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from undersigned.errors import Malformed
from undersigned.protocol.credential import UNDECLARED
from undersigned.values import code_word, fields, text


@dataclass(frozen=True, slots=True)
class Family:
    """A role family: its code, what its people are called (lower case, plural), and its sector in the list."""

    code: str
    label: str
    sector: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A version of the list. `undeclared` is no family and is always allowed."""

    version: str
    families: tuple[Family, ...]

    def check(self, role_family: str) -> None:
        """Check a code against the list.

        Raises: `Malformed`.
        """
        if role_family != UNDECLARED and all(family.code != role_family for family in self.families):
            raise Malformed(
                "unknown-role-family", f"There is no role family “{role_family}” in the list {self.version}."
            )


def parse(data: str) -> Taxonomy:
    """Read a list and check it: codes once each, none named `undeclared`.

    Raises: `Malformed`.
    """
    got = fields(tomllib.loads(data), ("version", "family"), "The list")
    families = tuple(
        Family(code_word(each["code"]), text(each["label"], limit=60), code_word(each["sector"]))
        for each in (fields(one, ("code", "label", "sector"), "A family") for one in got["family"])
    )
    codes = {family.code for family in families}
    if len(codes) != len(families) or UNDECLARED in codes:
        raise Malformed("bad-taxonomy", "A role family stands in the list twice, or is named undeclared.")
    return Taxonomy(code_word(got["version"]), families)


@cache
def taxonomy() -> Taxonomy:
    """Return the list of this release."""
    return parse(files("undersigned.issuer").joinpath("taxonomy.toml").read_text(encoding="utf-8"))
