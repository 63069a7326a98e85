"""What people say of themselves on joining: kind of work and standing, both of which may stay undeclared."""

from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.pass_file import ask
from undersigned.errors import Malformed
from undersigned.protocol.credential import STANDINGS, UNDECLARED

if TYPE_CHECKING:
    from undersigned.holder.wallet import Wallet

RoleFamily = Annotated[
    str | None,
    typer.Option("--role-family", help="Your kind of work, a code of the list; or undeclared.", show_default=False),
]
Standing = Annotated[
    str | None, typer.Option("--standing", help="non-manager, manager or undeclared.", show_default=False)
]


def role_family(given: str | None) -> str:
    """Return the code that was given, else ask; Enter leaves it open.

    Raises: `Malformed` for a code that is not in the list.
    """
    from undersigned.issuer.taxonomy import taxonomy

    families = taxonomy().families
    if given is None:
        typer.echo(
            "\nWhat kind of work do you do? It is shown only for groups that are large enough, and only if you say so."
        )
        for number, family in enumerate(families, 1):
            typer.echo(f"{number:>3}  {family.label}")
        said = ask("Number, or Enter to leave it open", default="-", option="--role-family").strip()
        if said == "-":
            return UNDECLARED
        if not said.isdecimal() or not 1 <= int(said) <= len(families):
            raise Malformed("bad-choice", f"Choose a number from 1 to {len(families)}, or press Enter.")
        return families[int(said) - 1].code
    taxonomy().check(given)
    return given


def standing(given: str | None) -> str:
    """Return what was given, else ask; Enter leaves it open. Raises: `Malformed`."""
    if given is not None:
        if given not in STANDINGS:
            raise Malformed("bad-standing", "A standing is non-manager, manager or undeclared.")
        return given
    said = ask("\nDo you manage other people? (yes, no, or Enter to leave it open)", default="-", option="--standing")
    answers = {"yes": "manager", "y": "manager", "no": "non-manager", "n": "non-manager", "-": UNDECLARED}
    if said.strip().lower() not in answers:
        raise Malformed("bad-choice", "Answer yes or no, or press Enter.")
    return answers[said.strip().lower()]


def both(wallet: "Wallet", address: str, organisation: str, work: str | None, place: str | None) -> tuple[str, str]:
    """Return kind of work and standing; at a second issuer those of the first, unasked, since passes have to agree.

    Raises: `Malformed`.
    """
    before = [each for each in wallet.at(address) if each.organisation == organisation]
    if before and work is None and place is None:
        return before[0].role_family, before[0].standing
    return role_family(work), standing(place)
