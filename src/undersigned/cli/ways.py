"""`undersigned ways set|list`: how an organisation's members join."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory
from undersigned.config import FILE
from undersigned.errors import Malformed, Refused
from undersigned.protocol.account import LOOPBACK, PAGE

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
Provider = Annotated[str, typer.Option(help="Address of the provider of accounts, like https://id.union.example.")]
ClientId = Annotated[str, typer.Option(help="Name of this instance at the provider, which it gave you.")]
Runs = Annotated[str, typer.Option(help="Who runs these accounts: employer or other.")]
SecretFile = Annotated[
    Path | None,
    typer.Option(help="File with the secret that the provider gave you, if it gave one.", show_default=False),
]
HostedDomain = Annotated[str | None, typer.Option(help="Google Workspace domain of the accounts.", show_default=False)]
Claim = Annotated[str | None, typer.Option(help="What an account must have to join, like groups.", show_default=False)]
Value = Annotated[
    list[str] | None, typer.Option(help="Value of --claim that admits; may be repeated.", show_default=False)
]
Scope = Annotated[str, typer.Option(help="What is asked of the provider, for --claim.")]
Port = Annotated[
    int | None,
    typer.Option(help="Port that the command line has to use, if the provider takes one only.", show_default=False),
]
EmployerRuns = Annotated[
    bool,
    typer.Option(
        "--employer-runs",
        help="Take accounts that the employer runs: it sees who asks, and could join in anybody's name.",
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


@_set.command("oidc")
def oidc(
    organisation: Organisation,
    provider: Provider,
    client_id: ClientId,
    runs: Runs,
    directory: Directory = DEFAULT_DIRECTORY,
    secret_file: SecretFile = None,
    hosted_domain: HostedDomain = None,
    claim: Claim = None,
    value: Value = None,
    scope: Scope = "openid",
    port: Port = None,
    employer_runs: EmployerRuns = False,
    besides: Besides = False,
) -> None:
    """Accounts elsewhere (OpenID Connect), like those of a union. The provider sees that somebody joins, and when.

    Register these addresses at the provider: LETTERS/sign/callback/ and, for the command line,
    http://127.0.0.1/callback with any port.
    """
    from undersigned.asking.pins import Pins
    from undersigned.config import Config

    config = Config.read(directory)
    if config.keeper is None:
        raise Refused(
            "no-keeper",
            "Joining by account needs a keeper: start one, and set “keeper” in instance.toml to its socket.",
        )
    if (claim is None) != (not value):
        raise Malformed("bad-claim", "--claim and --value belong together.")
    settings = {
        "claim": None if claim is None else {"name": claim, "values": list(value or ())},
        "client_id": client_id,
        "employer": employer_runs,
        "hosted_domain": hosted_domain,
        "port": port,
        "provider": provider,
        "runs": runs,
        "scope": scope,
        "secret": secret_file is not None,
    }
    secret = None if secret_file is None else _secret(secret_file)
    choose(organisation, "oidc", settings, directory, besides=besides, secret=secret)
    letters = Pins.read(config.pins).letters if config.room == "issuer" else ()
    pages = " and ".join(each + PAGE for each in ([each.url for each in letters] or [config.url]))
    typer.echo(f"Addresses to register at the provider: {pages} and {LOOPBACK.format(port=port or 'PORT')}")
    if employer_runs:
        typer.echo("The employer can see who asks, and could join in anybody's name. Every page says so.")


@ways.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """List the ways of joining, as everybody may know them."""
    from undersigned.bootstrap import open_instance

    found = open_instance(directory).issuer.ways()
    for organisation, offered in found.items():
        for way in offered:
            details = ", ".join(
                f"{name} {_said(value)}" for name, value in way.items() if name != "method" and value is not None
            )
            typer.echo(f"{organisation}: by {way['method']}{f' ({details})' if details else ''}")
    if not found:
        typer.echo("Nothing is set yet: members of every organisation join by code.")


def choose(
    organisation: str,
    method: str,
    settings: "Mapping[str, Any]",
    directory: "Directory",
    *,
    besides: bool,
    secret: str | None = None,
) -> None:
    """Set a way and say so; `secret` is this instance's at a provider. Raises: as `Issuer.set_way`."""
    from undersigned.bootstrap import open_instance

    instance = open_instance(directory)
    instance.issuer.set_way(organisation, method, settings, besides=besides)
    if secret is not None:
        instance.keys.set_account_secret(organisation, secret)
    typer.echo(f"Members of {organisation} join by {method}.")


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)


def _secret(path: Path) -> str:
    """Read a secret from its file: one line of printable ASCII. Raises: `Malformed`."""
    try:
        found = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed("bad-secret", f"The secret cannot be read from {path}.") from error
    if not found or not found.isprintable():
        raise Malformed("bad-secret", f"{path} holds no secret: it is one line of letters, digits and signs.")
    return found
