"""`undersigned burn`: remove one's pass from this device."""

import secrets

import typer

from undersigned.cli.pass_file import Keeper, PassFile, agree
from undersigned.cli.sign import Yes


def burn(passfile: PassFile = None, yes: Yes = False) -> None:
    """Remove your pass from this device, so that whoever takes it cannot see what you signed.

    What you signed stays signed and counted. With your words you can get the pass back; without them nobody can.
    """
    from undersigned.holder import wallet_file

    keeper = Keeper(passfile)
    wallet_file.read(keeper.path)
    if not yes:
        typer.echo("Without your words on paper you can then no longer withdraw, nor sign anything with this pass.")
        agree(f"Burn the pass in {keeper.path}?")
    wallet_file.burn(keeper.path, secrets.token_bytes)
    typer.echo(f"Burned: {keeper.path} was overwritten and removed.")
    typer.echo(
        "A program can do no more. Solid-state disks, snapshots and backups may keep older copies, and so may your "
        "terminal's history. Receipts and proofs that you saved elsewhere are still there."
    )
