"""The holder's file on the command line: where it lies, opening and saving it."""

import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from undersigned.errors import Conflict, Malformed

if TYPE_CHECKING:
    from undersigned.holder.wallet import Wallet

FILE: Final = "pass.json"


def usual() -> Path:
    """Where a pass lies when nothing else is said: the platform's folder for a program's own data."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "undersigned" / FILE


PassFile = Annotated[
    Path | None,
    typer.Option(
        "--pass",
        "--wallet",
        envvar="UNDERSIGNED_PASS",
        help="File of your pass, if it is not where it usually lies.",
        show_default=False,
    ),
]
Sealed = Annotated[
    bool,
    typer.Option("--passphrase", help="Encrypt the file with a passphrase, which is asked for.", show_default=False),
]


def ask(question: str, *, hidden: bool = False, default: str | None = None, option: str = "") -> str:
    """Ask a question on the terminal. Raises: `Malformed` where nobody can answer."""
    try:
        return str(typer.prompt(question, hide_input=hidden, default=default, err=True))
    except typer.Abort as error:
        hint = f" Give it with {option}." if option else " Run this where you can type."
        raise Malformed("nobody-answers", f"“{question}” was not answered.{hint}") from error


def agree(question: str, hint: str = "Add --yes to answer it beforehand.") -> None:
    """Go on only when the person says yes. Raises: `Malformed` where nobody can answer; leaves quietly on a no."""
    try:
        said = typer.confirm(question, err=True)
    except typer.Abort as error:
        raise Malformed("nobody-answers", f"“{question}” was not answered. {hint}") from error
    if not said:
        typer.echo("Nothing was done.")
        raise typer.Exit(0)


class Keeper:
    """Opens one pass and saves it the way it was: encrypted with the passphrase it was opened with, or not."""

    def __init__(self, path: Path | None) -> None:
        self.path = path or usual()
        self._passphrase: str | None = None
        self._wallet: Wallet | None = None
        self._octets: bytes | None = None

    def exists(self) -> bool:
        """Whether there is a pass."""
        return self.path.exists()

    def open(self) -> "Wallet":
        """Read the pass, asking for its passphrase where it has one.

        Raises: `Withheld` where there is none; `Refused` for a wrong passphrase or a file that others can read.
        """
        from undersigned.holder import wallet_file
        from undersigned.holder.wallet import Wallet

        self._octets = data = wallet_file.read(self.path)
        if wallet_file.is_sealed(data):
            self._passphrase = ask("Passphrase of your pass", hidden=True)
            self._wallet = wallet_file.unseal(data, self._passphrase)
        else:
            self._wallet = Wallet.parse(data)
        return self._wallet

    def holds(self, wallet: "Wallet") -> bool:
        """Whether this is the wallet of the file, opened or saved before."""
        return self._wallet is wallet

    def choose_passphrase(self) -> None:
        """Ask for a new passphrase, twice. Raises: `Malformed`."""
        chosen = ask("New passphrase (four or five words that nobody would guess)", hidden=True)
        if not chosen:
            raise Malformed("empty-passphrase", "The passphrase is empty. Leave --passphrase out, or think of one.")
        if ask("Again", hidden=True) != chosen:
            raise Malformed("other-passphrase", "The two are not the same. Start again.")
        self._passphrase = chosen

    def save(self, wallet: "Wallet") -> None:
        """Write the pass, whole and synced.

        Raises: `Conflict` when there is a pass that was not opened here, or that changed since; `Unavailable`.
        """
        from undersigned.holder import wallet_file

        if self.exists() and (not self._octets or wallet_file.read(self.path) != self._octets):
            raise Conflict("pass-changed", f"Another program wrote {self.path} meanwhile. Nothing was written over it.")
        if self._passphrase is None:
            data = wallet.encoded()
        else:
            data = wallet_file.seal(wallet, wallet_file.Seal(self._passphrase, secrets.token_bytes))
        wallet_file.write(self.path, data)
        self._wallet, self._octets = wallet, data
