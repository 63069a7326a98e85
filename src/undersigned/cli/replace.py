"""`undersigned replace`: new words after the old ones were lost."""

from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.account import Account
from undersigned.cli.mail import Mailed, retried
from undersigned.cli.pass_file import Keeper, PassFile, Sealed
from undersigned.cli.said import RoleFamily, Standing
from undersigned.cli.showing import one_way, showing
from undersigned.cli.visit import At, Issuer, PolicyFile, Proxy
from undersigned.errors import Conflict

if TYPE_CHECKING:
    from undersigned.holder.client import Client


def replace(
    url: Annotated[str, typer.Argument(help="Address of the instance, like https://letters.example.")],
    organisation: Annotated[str, typer.Option(help="Where you work, like example.com.")],
    code: Annotated[
        str | None,
        typer.Option(help="The code that you joined with. Left out it is asked for.", show_default=False),
    ] = None,
    email: Mailed = False,
    oidc: Account = False,
    issuer: Issuer = None,
    at: At = None,
    role_family: RoleFamily = None,
    standing: Standing = None,
    passfile: PassFile = None,
    passphrase: Sealed = False,
    policy: PolicyFile = None,
    proxy: Proxy = None,
    skip_check: Annotated[
        bool, typer.Option("--skip-check", help="Do not ask three of the words back.", show_default=False)
    ] = False,
) -> None:
    """Make new words when the old ones are lost. They count after seven days, for letters of later quarters only.

    In these days whoever has the old words can stop it with “undersigned cancel”. If you joined at several issuers, ask
    each of them: the same new words serve for all.
    """
    from undersigned.cli import said, visit
    from undersigned.cli.enrol import begin, fresh
    from undersigned.holder import address as addresses

    one_way(code=code is not None, email=email, oidc=oidc)
    address = addresses.instance(url)
    keeper = Keeper(passfile)
    new = not keeper.exists()
    wallet = fresh() if new else keeper.open()
    if any(each.credentials for each in wallet.memberships.values()):
        raise _not_lost(keeper)
    way = visit.transport(address, proxy)
    try:
        visit.trust(wallet, address, way, policy)
    finally:
        way.close()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        visit.demonstration(client)
        by = client.issuer(organisation, issuer)
        if (address, by, organisation) in wallet.memberships:
            raise _not_lost(keeper)
        visit.destination(client, by, at)
        _say_whom_it_fails(client, by, organisation)
        show = showing(
            client, organisation, "The code that you joined with", code=code, email=email, oidc=oidc, issuer=by
        )
        work, place = said.both(wallet, address, organisation, role_family, standing)
        if new:
            begin(keeper, wallet, sealed=passphrase, check=not skip_check)
        keeper.save(wallet)
        ready = retried(lambda: client.replace(organisation, show(), work, place, issuer=by), email=email)
    typer.echo(f"Your new words count from {ready} on, for letters of later quarters.")
    typer.echo(f"Then: undersigned renew {address}")


def _say_whom_it_fails(client: "Client", issuer: str, organisation: str) -> None:
    """Say who cannot have words replaced, where there are such members."""
    from undersigned.holder.admission import methods_of
    from undersigned.holder.vouching import WAY

    if WAY in methods_of(client.registry().registry, issuer, organisation):
        typer.echo("If two members vouched for you, lost words cannot be replaced: ask two members again.")


def _not_lost(keeper: Keeper) -> Conflict:
    return Conflict("pass-exists", f"There is a pass in {keeper.path}: your words are not lost. Or burn it first.")
