"""A holder's visit to an instance on the command line: transport, trust, and saving what was seen."""

import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from undersigned.cli.pass_file import Keeper, agree
from undersigned.errors import Malformed, UndersignedError

if TYPE_CHECKING:
    from undersigned.holder.client import Client
    from undersigned.holder.registry import Equivocation
    from undersigned.holder.transport import HttpTransport
    from undersigned.holder.wallet import Wallet

T = TypeVar("T")

Proxy = Annotated[
    str | None,
    typer.Option(
        envvar=["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"],
        help="Go through this proxy, like socks5h://127.0.0.1:9050 for Tor.",
        show_default=False,
    ),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy", help="File with the keys to trust (tlog-policy), got from someone you trust.", show_default=False
    ),
]
Organisation = Annotated[
    str | None, typer.Option(help="Where you work, if you have passes of several places.", show_default=False)
]
Issuer = Annotated[
    str | None,
    typer.Option(
        help="Which issuer, like union.example, where several admit members of where you work.", show_default=False
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        help="Address of the issuer, as your slip or the issuer itself names it. Left out, you are asked.",
        show_default=False,
    ),
]
_MAX_KEY: Final = 1000


def transport(address: str, proxy: str | None) -> "HttpTransport":
    """Return the way to an instance; this machine itself is reached without a proxy.

    Raises: `Malformed` for a proxy that cannot be used, and for an onion service without one.
    """
    from undersigned.holder.transport import HttpTransport

    onion = address.partition("://")[2].partition(":")[0].endswith(".onion")
    if onion and proxy is None:
        raise Malformed(
            "no-proxy", "An onion service is reached through Tor. Start it and add --proxy socks5h://127.0.0.1:9050"
        )
    unencrypted = address.startswith("http://")
    return HttpTransport(address, proxy=None if unencrypted and not onion else proxy)


def trust(wallet: "Wallet", address: str, way: "HttpTransport", policy: Path | None) -> None:
    """Pin what is believed of an instance: the policy of a file, else, at the first visit, the key that it shows.

    Raises: `Malformed` for a policy that is none; `Refused` where another is pinned already.
    """
    if policy is not None:
        try:
            wallet.trust(address, policy.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise Malformed("bad-policy", f"The policy cannot be read from {policy}.") from error
    elif address not in wallet.pins:
        from undersigned.tlog.note import VerifierKey
        from undersigned.tlog.policy import log_only

        vkey = VerifierKey.parse(way.get("registry.vkey", _MAX_KEY).decode("utf-8", "replace").strip()).encode()
        wallet.trust(address, log_only(vkey))
        typer.echo(f"First visit to {address}. From now on this device trusts the key that it shows:")
        typer.echo(f"  {vkey}")
        typer.echo("Compare it with one that you got another way. A false key could show you a registry of your own.")


@contextmanager
def visiting(keeper: Keeper, wallet: "Wallet", address: str, proxy: str | None) -> Iterator["Client"]:
    """Give a client of an instance; in the end save the wallet where it is the keeper's, also after a refusal.

    Where an instance contradicts itself, both signed checkpoints are kept beside the pass: they prove it.
    """
    from undersigned.holder.client import Client
    from undersigned.holder.registry import Equivocation

    with ExitStack() as closing:

        @cache
        def reach(there: str) -> "HttpTransport":
            way = transport(there, proxy)
            closing.callback(way.close)
            return way

        before = wallet.encoded()
        try:
            yield Client(address, wallet, secrets.token_bytes, reach(address), reach=reach)
        except Equivocation as error:
            keep_evidence(keeper.path.parent, error)
            raise
        finally:
            if keeper.holds(wallet) and wallet.encoded() != before:
                keeper.save(wallet)


def keep_evidence(folder: Path, error: "Equivocation") -> None:
    """Write the two checkpoints that contradict each other beside the pass."""
    from undersigned.holder.wallet_file import write
    from undersigned.values import sha256_hex

    for octets in error.checkpoints:
        path = folder / f"evidence-{sha256_hex(octets)[:16]}.txt"
        if octets and not path.exists():
            write(path, octets)
            typer.echo(f"Kept as evidence: {path}", err=True)


def demonstration(client: "Client") -> None:
    """Say so where the instance is a demonstration. Raises: as reading the registry."""
    genesis = client.registry().registry.genesis
    if genesis is not None and genesis.demo:
        typer.echo("This is a demonstration: nothing here is a real letter or a real member.")


def destination(client: "Client", issuer: str, at: str | None) -> None:
    """Say where what is for an issuer goes, before anything is sent; ask where the address is new, and remember it.

    `at` is the address as the person gave it: it counts more than what the instance says.
    Raises: `Refused` where the instance says another address than the one that is kept; as `settle`.
    """
    settle(client, issuer, at)
    client.way(issuer)


def settle(client: "Client", issuer: str, at: str | None) -> None:
    """Do as `destination`, but leave it to the one who sends to refuse an address that changed.

    Raises: `Malformed` for an address that is none, or where nobody can answer; leaves quietly on a no.
    """
    from undersigned.holder import address as addresses

    said, kept = client.said(issuer), client.wallet.pin(client.address).issuers.get(issuer)
    if at is not None:
        there = addresses.instance(at)
        if there != said:
            typer.echo(f"{client.address} says {said} for {issuer}. It goes to {there}, as you say.")
        client.agree(issuer, there)
    elif kept is None:
        question = f"This goes to {issuer} at {said}. Is that the address on your slip, or as you were told?"
        try:
            agree(question, f"Name it with --at {said}")
        except typer.Exit:
            typer.echo("If your slip names another address, give it with --at.")
            raise
        client.agree(issuer, said)
        return
    typer.echo(f"This goes to {issuer} at {client.wallet.pin(client.address).issuers[issuer]}.")


def one_at(issuers: Collection[str], at: str | None) -> None:
    """Check that an address is given for one issuer alone. Raises: `Malformed`."""
    if at is not None and len(issuers) > 1:
        raise Malformed("several-issuers", f"Say of which issuer this is the address: --issuer {' or '.join(issuers)}")


def each_of(issuers: Iterable[str], ask: Callable[[str], T], *, all_of_them: bool = False) -> Iterator[T]:
    """Ask several issuers the same; gives what each answers, and prints why another refuses, each by its name.

    Raises: the last refusal where none answers, or, with `all_of_them`, where one does not.
    """
    asked, answered = list(issuers), 0
    refused: UndersignedError | None = None
    for issuer in asked:
        try:
            answer = ask(issuer)
        except UndersignedError as error:
            refused = error
            if len(asked) > 1:
                typer.echo(f"{issuer}: {error.words}", err=True)
            continue
        answered += 1
        yield answer
    if refused is not None and (all_of_them or not answered):
        raise refused


def file_mode_note(keeper: Keeper) -> None:
    """Say where the pass lies and who can read it."""
    unlocked = "" if os.name != "posix" else " Only your account can read it."
    typer.echo(f"Your pass is in {keeper.path}.{unlocked}")
