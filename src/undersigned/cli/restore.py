"""`undersigned restore`: a pass back from its words."""

from typing import Annotated

import typer

from undersigned.cli.pass_file import Keeper, PassFile, Sealed
from undersigned.cli.said import RoleFamily, Standing
from undersigned.cli.visit import At, Issuer, PolicyFile, Proxy


def restore(
    url: Annotated[str, typer.Argument(help="Address of the instance, like https://letters.example.")],
    organisation: Annotated[str, typer.Option(help="Where you work, like example.com.")],
    issuer: Issuer = None,
    at: At = None,
    role_family: RoleFamily = None,
    standing: Standing = None,
    passfile: PassFile = None,
    passphrase: Sealed = False,
    policy: PolicyFile = None,
    proxy: Proxy = None,
) -> None:
    """Get your pass back from your 24 words, on a new device or after burning it. No code is needed.

    The server learns that a member it knows asked again. What you signed before is yours again: you can withdraw it.
    Without --issuer all are asked that admit members of where you work.
    """
    from undersigned.cli import said, visit, words
    from undersigned.errors import Conflict
    from undersigned.holder import address as addresses
    from undersigned.holder.vouching import WAY
    from undersigned.holder.wallet import Wallet

    address = addresses.instance(url)
    keeper = Keeper(passfile)
    wallet = Wallet.of(words.typed())
    if keeper.exists():
        if (kept := keeper.open()).entropy != wallet.entropy:
            raise Conflict("other-words", f"The pass in {keeper.path} has other words. Burn it first, or use --pass.")
        wallet = kept
    elif passphrase:
        keeper.choose_passphrase()
    way = visit.transport(address, proxy)
    try:
        visit.trust(wallet, address, way, policy)
    finally:
        way.close()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        visit.demonstration(client)
        asked = client.issuers(organisation) if issuer is None else [issuer]
        visit.one_at(asked, at)
        for by in asked:
            visit.settle(client, by, at)
        work, place = said.role_family(role_family), said.standing(standing)
        back = visit.each_of(asked, lambda by: client.restore(organisation, work, place, issuer=by))
        for member in back:
            keeper.save(wallet)
            by = f" from {member.issuer}" if len(asked) > 1 else ""
            quarters = " and ".join(sorted(member.credentials))
            typer.echo(f"Your pass of {organisation}{by} is back, for {quarters}.")
            if member.method == WAY:
                typer.echo("Two members vouched for you. If you lose your words, they cannot be replaced: keep them.")
    visit.file_mode_note(keeper)
