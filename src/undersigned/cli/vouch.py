"""`undersigned vouch invite|give`: join because two members vouch, and vouch for a colleague."""

from typing import Annotated

import typer

from undersigned.cli.pass_file import Keeper, PassFile, Sealed, agree
from undersigned.cli.sign import Yes
from undersigned.cli.visit import At, Issuer, Organisation, PolicyFile, Proxy

vouch = typer.Typer(no_args_is_help=True, help="Ask two members to vouch for you, or vouch for a colleague.")

Address = Annotated[str, typer.Argument(help="Address of the instance, like https://letters.example.")]


@vouch.command("invite")
def invite(
    url: Address,
    organisation: Annotated[str, typer.Option(help="Where you work, like example.com.")],
    issuer: Issuer = None,
    passfile: PassFile = None,
    passphrase: Sealed = False,
    policy: PolicyFile = None,
    proxy: Proxy = None,
    skip_check: Annotated[
        bool, typer.Option("--skip-check", help="Do not ask three of the words back.", show_default=False)
    ] = False,
) -> None:
    """Make an invitation: show it to two members who know you. They vouch, then you join.

    Nothing is sent. The invitation says nothing of you, and only vouching can be done with it.
    """
    import segno

    from undersigned.cli import enrol, visit
    from undersigned.holder import address as addresses
    from undersigned.values import b64u

    address = addresses.instance(url)
    keeper = Keeper(passfile)
    new = not keeper.exists()
    wallet = enrol.fresh() if new else keeper.open()
    way = visit.transport(address, proxy)
    try:
        visit.trust(wallet, address, way, policy)
    finally:
        way.close()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        visit.demonstration(client)
        client.registry()
        point = b64u(client.invitation(organisation, issuer=issuer))
        if new:
            enrol.begin(keeper, wallet, sealed=passphrase, check=not skip_check)
        keeper.save(wallet)
    typer.echo("Your invitation:\n")
    typer.echo(f"  {point}\n")
    segno.make(point, error="m", micro=False).terminal(compact=True)
    typer.echo("\nShow it to two members in person, not by work mail or chat. Each vouches on their own device:")
    choice = f" --issuer {issuer}" if issuer else ""
    typer.echo(f"  undersigned vouch give {address} {point}{choice}")
    typer.echo("When both have, join:")
    typer.echo(f"  undersigned enrol {address} --organisation {organisation} --vouched{choice}")
    visit.file_mode_note(keeper)


@vouch.command("give")
def give(
    url: Address,
    invitation: Annotated[str, typer.Argument(help="The invitation of who wants to join, 64 letters and digits.")],
    organisation: Organisation = None,
    issuer: Issuer = None,
    at: At = None,
    passfile: PassFile = None,
    proxy: Proxy = None,
    yes: Yes = False,
) -> None:
    """Vouch for a colleague: that this person works there, and has not joined before.

    You can vouch five times a quarter. The server learns that some member vouched, not which one.
    """
    from undersigned.cli import visit
    from undersigned.holder import address as addresses
    from undersigned.holder.vouching import invitation as read

    address, point = addresses.instance(url), read(invitation)
    keeper = Keeper(passfile)
    wallet = keeper.open()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        visit.demonstration(client)
        visit.destination(client, client.voucher(organisation, issuer=issuer).issuer, at)
        if not yes:
            typer.echo("You say that you know this person, that they work there, and that they are no member yet.")
            agree("Vouch for them?")
        left = client.vouch(point, organisation, issuer=issuer)
    typer.echo(
        f"You vouched. You can do so {left} more times this quarter."
        if left != 1
        else "You vouched. You can do so once more this quarter."
    )
    typer.echo("They can join as soon as another member has vouched too.")
