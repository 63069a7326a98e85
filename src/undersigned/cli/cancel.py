"""`undersigned cancel`: stop a replacement that somebody else asked for."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from undersigned.cli.pass_file import Keeper, PassFile
from undersigned.cli.visit import At, Issuer, Proxy
from undersigned.errors import Refused, UndersignedError, Withheld

if TYPE_CHECKING:
    from undersigned.holder.client import Client

#: An issuer's answer where nobody asked for new words.
_NOTHING: Final = "nothing-waits"


def cancel(
    url: Annotated[str, typer.Argument(help="Address of the instance, like https://letters.example.")],
    organisation: Annotated[str, typer.Option(help="Where you work, like example.com.")],
    issuer: Issuer = None,
    at: At = None,
    passfile: PassFile = None,
    proxy: Proxy = None,
) -> None:
    """Stop new words from taking the place of yours, if somebody asked for it with your code.

    Without --issuer all are told of which you hold passes of where you work.
    """
    from undersigned.cli import visit
    from undersigned.holder import address as addresses

    address = addresses.instance(url)
    keeper = Keeper(passfile)
    wallet = keeper.open()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        held = sorted({each.issuer for each in wallet.at(address) if each.organisation == organisation})
        asked = held if issuer is None else [issuer]
        if not asked:
            raise Withheld("no-pass", f"You hold no pass of {organisation} here. Name the issuer with --issuer.")
        visit.one_at(asked, at)
        for by in asked:
            visit.settle(client, by, at)
        stopped = _stopped(client, organisation, asked)
    if not stopped:
        typer.echo("Nobody asked to replace your words. There is nothing to stop.")
    else:
        typer.echo("Stopped. Your words are the ones that count. Whoever asked has your code: tell who gave it to you.")
    for other in held:
        if other not in asked:
            typer.echo(f"Not asked: {other}. If somebody asked there too, stop it there: --issuer {other}")


def _stopped(client: "Client", organisation: str, issuers: list[str]) -> list[str]:
    """Return where something was stopped; where nothing waits there was nothing to stop.

    Raises: the refusal of one alone; `Refused`, by name, where some of several did not stop it.
    """
    stopped, failed = [], []
    for issuer in issuers:
        try:
            client.cancel(organisation, issuer=issuer)
        except UndersignedError as error:
            if error.code == _NOTHING:
                continue
            failed.append(issuer)
            typer.echo(f"Not stopped at {issuer}: {error.words}", err=True)
            if len(issuers) == 1:
                raise
        else:
            stopped.append(issuer)
    if failed:
        for issuer in stopped:
            typer.echo(f"Stopped at {issuer}.")
        raise Refused(
            "not-stopped",
            f"Not stopped at {' and '.join(failed)}: there, new words can still take the place of yours. Do as "
            "said above, and try again today: seven days after somebody asked it is too late.",
        )
    return stopped
