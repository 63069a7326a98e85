"""`undersigned renew`: passes of a new quarter."""

from typing import Annotated

import typer

from undersigned.cli.pass_file import Keeper, PassFile
from undersigned.cli.visit import At, Issuer, Organisation, Proxy


def renew(
    url: Annotated[str, typer.Argument(help="Address of the instance, like https://letters.example.")],
    organisation: Organisation = None,
    issuer: Issuer = None,
    at: At = None,
    passfile: PassFile = None,
    proxy: Proxy = None,
) -> None:
    """Get passes for letters of a new quarter. No code is needed.

    The server learns that a member it knows asked again, not what they sign.
    """
    from undersigned.cli import visit
    from undersigned.errors import Withheld
    from undersigned.holder import address as addresses

    address = addresses.instance(url)
    keeper = Keeper(passfile)
    wallet = keeper.open()
    held = [
        each
        for each in wallet.at(address)
        if organisation in {None, each.organisation} and issuer in {None, each.issuer}
    ]
    if not held:
        raise Withheld("no-pass", f"You never joined there with this pass. Join first: undersigned enrol {address}")
    with visit.visiting(keeper, wallet, address, proxy) as client:
        visit.demonstration(client)
        asked = sorted({each.issuer for each in held})
        visit.one_at(asked, at)
        for by in asked:
            visit.settle(client, by, at)
        by_name = {f"{each.organisation} at {each.issuer}": each for each in held}
        for member in visit.each_of(by_name, lambda name: client.renew(by_name[name]), all_of_them=True):
            several = len([each for each in held if each.organisation == member.organisation]) > 1
            named = f" from {member.issuer}" if several else ""
            typer.echo(
                f"You hold passes of {member.organisation}{named} for {' and '.join(sorted(member.credentials))}."
            )
