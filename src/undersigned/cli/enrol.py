"""`undersigned enrol`: join, once, as a member of where one works."""

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.account import Account
from undersigned.cli.mail import Mailed, retried
from undersigned.cli.pass_file import Keeper, PassFile, Sealed
from undersigned.cli.said import RoleFamily, Standing
from undersigned.cli.showing import Vouched, one_way, showing
from undersigned.cli.visit import At, Issuer, PolicyFile, Proxy
from undersigned.errors import Malformed

if TYPE_CHECKING:
    from undersigned.holder.wallet import Membership, Wallet


def enrol(
    url: Annotated[str, typer.Argument(help="Address of the instance, like https://letters.example.")],
    organisation: Annotated[str, typer.Option(help="Where you work, like example.com.")],
    code: Annotated[
        str | None,
        typer.Option(
            help="Your one-time code. Left out it is asked for, and stays out of your shell's history.",
            show_default=False,
        ),
    ] = None,
    email: Mailed = False,
    oidc: Account = False,
    vouched: Vouched = False,
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
    """Join with a one-time code, by e-mail, account elsewhere or vouching. You get a pass, and 24 words to write down.

    The server learns that someone with this code, address or account works there. It does not learn what you sign.
    Where a letter asks for passes of several issuers, join at each: the same words serve for all.
    """
    from undersigned.cli import said, visit
    from undersigned.holder import address as addresses

    one_way(code=code is not None, email=email, oidc=oidc, vouched=vouched)
    address = addresses.instance(url)
    keeper = Keeper(passfile)
    new = not keeper.exists()
    if passphrase and not new:
        raise Malformed("pass-exists", f"There is a pass in {keeper.path} already. --passphrase is for a new one.")
    wallet = fresh() if new else keeper.open()
    way = visit.transport(address, proxy)
    try:
        visit.trust(wallet, address, way, policy)
    finally:
        way.close()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        visit.demonstration(client)
        by = client.issuer(organisation, issuer)
        visit.destination(client, by, at)
        show = showing(client, organisation, "Your code", code=code, email=email, oidc=oidc, vouched=vouched, issuer=by)
        work, place = said.both(wallet, address, organisation, role_family, standing)
        if new:
            begin(keeper, wallet, sealed=passphrase, check=not skip_check)
        # Saved before anything is sent: no code is spent for words that nobody has.
        keeper.save(wallet)
        member = retried(lambda: client.enrol(organisation, show(), work, place, issuer=by), email=email)
    _welcome(wallet, member)
    visit.file_mode_note(keeper)
    typer.echo(f"To sign: undersigned sign {address}/letters/NAME")
    typer.echo("Better later, and from another network: whoever watches both visits could put them together.")


def _welcome(wallet: "Wallet", member: "Membership") -> None:
    several = len([each for each in wallet.at(member.address) if each.organisation == member.organisation]) > 1
    at = f" at {member.issuer}" if several else ""
    quarters = " and ".join(sorted(member.credentials))
    typer.echo(f"You have joined as a member of {member.organisation}{at}, for {quarters}.")


def fresh() -> "Wallet":
    """Return a wallet with new words."""
    from undersigned.holder.phrase import ENTROPY
    from undersigned.holder.wallet import Wallet

    return Wallet(secrets.token_bytes(ENTROPY))


def begin(keeper: Keeper, wallet: "Wallet", *, sealed: bool, check: bool) -> None:
    """Show the words of a new pass, ask some back, choose a passphrase."""
    from undersigned.cli import words

    words.show(wallet.phrase)
    if check:
        words.ask_back(wallet.phrase)
    else:
        words.skipped()
    if sealed:
        keeper.choose_passphrase()
