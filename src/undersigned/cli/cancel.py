"""`undersigned cancel`: stop a replacement that somebody else asked for."""

from typing import Annotated

import typer

from undersigned.cli.pass_file import Keeper, PassFile
from undersigned.cli.visit import At, Issuer, Proxy


def cancel(
    url: Annotated[str, typer.Argument(help="Address of the instance, like https://letters.example.")],
    organisation: Annotated[str, typer.Option(help="Where you work, like example.com.")],
    issuer: Issuer = None,
    at: At = None,
    passfile: PassFile = None,
    proxy: Proxy = None,
) -> None:
    """Stop new words from taking the place of yours, if somebody asked for it with your code.

    Without --issuer all are told that admit members of where you work.
    """
    from undersigned.cli import visit
    from undersigned.holder import address as addresses

    address = addresses.instance(url)
    keeper = Keeper(passfile)
    wallet = keeper.open()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        asked = client.issuers(organisation) if issuer is None else [issuer]
        visit.one_at(asked, at)
        for by in asked:
            visit.settle(client, by, at)
        for _ in visit.each_of(asked, lambda by: client.cancel(organisation, issuer=by)):
            pass
    typer.echo("Stopped. Your words are the ones that count. Whoever asked has your code: tell who gave it to you.")
