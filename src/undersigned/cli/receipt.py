"""`undersigned receipt check|proof`: whether one is counted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from undersigned.cli.pass_file import Keeper, PassFile
from undersigned.cli.sign import Letter
from undersigned.cli.visit import Organisation, PolicyFile, Proxy
from undersigned.errors import Malformed, Unavailable, Withheld

if TYPE_CHECKING:
    from undersigned.holder.receipts import Verdict
    from undersigned.holder.wallet import Wallet

receipt = typer.Typer(no_args_is_help=True, help="See whether you are counted, and get a proof of it.")
_MAX: Final = 1 << 16


@receipt.command("check")
def check(
    file: Annotated[
        Path | None, typer.Argument(help="A receipt. Without it, all receipts in your pass.", show_default=False)
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Address of the instance that the receipt is from.", show_default=False)
    ] = None,
    passfile: PassFile = None,
    policy: PolicyFile = None,
    proxy: Proxy = None,
) -> None:
    """Check what became of what you sent: counted, still waiting, or missing.

    Reads the whole public log, so nobody learns which receipt you checked. Exits with 1 if one is missing.
    """
    keeper = Keeper(passfile)
    verdicts: list[Verdict] = []
    if file is None:
        wallet = keeper.open()
        if not wallet.receipts:
            raise Withheld("no-receipts", "Your pass holds no receipts. Name the file of one.")
        verdicts += [_one(keeper, wallet, each.address, each.receipt, proxy) for each in list(wallet.receipts)]
    else:
        address = _address(at, keeper)
        verdicts.append(_file(keeper, address, _read(file), policy, proxy))
    for verdict in verdicts:
        typer.echo(f"{verdict.promise.organisation}, letter {verdict.promise.context[-8:]}: {verdict.words}")
    if not all(verdict.kept for verdict in verdicts):
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MAX + 1)
    except OSError as error:
        raise Withheld("no-receipt", f"There is no receipt in {file}.") from error
    if len(data) > _MAX:
        raise Malformed("bad-receipt", f"{file} is too long for a receipt.")
    return data


def _address(at: str | None, keeper: Keeper) -> str:
    from undersigned.holder import address as addresses

    if at is not None:
        return addresses.instance(at)
    known = list(keeper.open().pins) if keeper.exists() else []
    if len(known) != 1:
        raise Malformed("no-address", "Say where the receipt is from: --at https://letters.example")
    return known[0]


def _file(keeper: Keeper, address: str, data: bytes, policy: Path | None, proxy: str | None) -> "Verdict":
    """Check a receipt of a file, without a pass where there is none: no secret is needed."""
    from undersigned.cli import visit
    from undersigned.holder.wallet import Wallet

    if keeper.exists():
        wallet = keeper.open()
        if address in wallet.pins:
            return _one(keeper, wallet, address, data, proxy)
    nobody = Wallet(bytes(32))
    way = visit.transport(address, proxy)
    try:
        visit.trust(nobody, address, way, policy)
    finally:
        way.close()
    with visit.visiting(keeper, nobody, address, proxy) as client:
        return client.check(data, _now())


def _one(keeper: Keeper, wallet: "Wallet", address: str, data: bytes, proxy: str | None) -> "Verdict":
    from undersigned.cli import visit

    with visit.visiting(keeper, wallet, address, proxy) as client:
        return client.check(data, _now())


def _now() -> str:
    from undersigned.clock import SystemClock

    return SystemClock().tick()


@receipt.command("proof")
def proof(
    letter: Letter,
    out: Annotated[
        Path | None, typer.Option(help="File to write. Usually NAME.tlog-proof.", show_default=False)
    ] = None,
    withdrawal: Annotated[
        bool, typer.Option("--withdrawal", help="Prove the withdrawal instead.", show_default=False)
    ] = False,
    organisation: Organisation = None,
    passfile: PassFile = None,
    proxy: Proxy = None,
) -> None:
    """Find your own signature in the public log and save a proof that it stands there.

    Made on this device from the whole log: nobody learns which signature was looked for.
    """
    from undersigned.cli import visit
    from undersigned.holder import address as addresses
    from undersigned.holder.wallet_file import write

    address, slug = addresses.letter(letter)
    keeper = Keeper(passfile)
    target = out or Path(f"{slug}.tlog-proof")
    wallet = keeper.open()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        found = client.find_proof(slug, "withdraw" if withdrawal else "sign", organisation)
    if found is None:
        raise Unavailable("not-counted", "It is not in the public log yet. Look again after the next count.")
    write(target, found.proof.encode())
    typer.echo(f"Counted: it is entry {found.index:,} of the public log. The proof is in {target}.")
    typer.echo("Whoever has the proof and your words can tell that it was you. Keep both apart, or burn them.")
