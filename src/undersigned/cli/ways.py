"""`undersigned ways set|list`: how an organisation's members join."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory
from undersigned.config import FILE
from undersigned.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

ways = typer.Typer(no_args_is_help=True, help="Say by which way an organisation's members join.")

Organisation = Annotated[str, typer.Argument(help="Whose members join, like example.com.")]
Besides = Annotated[
    bool,
    typer.Option(
        "--besides",
        help="Offer it beside the way that is there. A person who joins by both counts twice, and every page says so.",
        show_default=False,
    ),
]
_set = typer.Typer(no_args_is_help=True, help="Choose a way, before the organisation's first letter opens.")
ways.add_typer(_set, name="set")


@_set.command("code")
def code(organisation: Organisation, directory: Directory = DEFAULT_DIRECTORY, besides: Besides = False) -> None:
    """One-time codes, handed over in person. This is what holds where nothing is set."""
    choose(organisation, "code", {}, directory, besides=besides)


@_set.command("vouch")
def vouch(organisation: Organisation, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Two members vouch for a third, beside the way that is there: a person who joins by both counts twice.

    The public log then says of every signature by which way its member joined.
    """
    choose(organisation, "vouch", {}, directory, besides=True)
    typer.echo("From the next quarter that opens on, letters show by which way each member joined.")


@_set.command("email")
def email(
    organisation: Organisation,
    domain: Annotated[list[str], typer.Option(help="Domain of the addresses, exactly; may be repeated.")],
    employer_runs: Annotated[
        bool,
        typer.Option(
            "--employer-runs",
            help="Take mail that the employer runs: it sees who asks, and could join in anybody's name.",
            show_default=False,
        ),
    ] = False,
    directory: Directory = DEFAULT_DIRECTORY,
    besides: Besides = False,
) -> None:
    """Codes mailed to an address at a domain, like that of a union. Whoever runs the mailbox sees that a code came."""
    from undersigned.config import Config

    config = Config.read(directory)
    if config.keeper is None or config.mail is None:
        raise Refused(
            "mail-not-set-up",
            f"Joining by e-mail needs a keeper and a mail server. Set “keeper” and “[mail]” in {FILE} first.",
        )
    choose(organisation, "email", {"domains": domain, "employer": employer_runs}, directory, besides=besides)
    typer.echo(f"If it is not there yet, make its key: undersigned keeper-key make {organisation}")
    if len(domain) > 1:
        typer.echo("Whoever has addresses at several of these domains can join once with each, and counts as often.")
    if employer_runs:
        typer.echo("The employer can see who asks, and could join in anybody's name. Every page says so.")


@ways.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """List the ways of joining, as everybody may know them."""
    from undersigned.bootstrap import open_instance

    found = open_instance(directory).issuer.ways()
    for organisation, offered in found.items():
        for way in offered:
            details = ", ".join(f"{name} {_said(value)}" for name, value in way.items() if name != "method")
            typer.echo(f"{organisation}: by {way['method']}{f' ({details})' if details else ''}")
    if not found:
        typer.echo("Nothing is set yet: members of every organisation join by code.")


def choose(
    organisation: str, method: str, settings: "Mapping[str, Any]", directory: "Directory", *, besides: bool
) -> None:
    """Set a way and say so. Raises: as `Issuer.set_way`."""
    from undersigned.bootstrap import open_instance

    open_instance(directory).issuer.set_way(organisation, method, settings, besides=besides)
    typer.echo(f"Members of {organisation} join by {method}.")


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)
