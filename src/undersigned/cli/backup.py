"""`undersigned backup make|restore`: an encrypted copy of what cannot be made again, and an instance made of it."""

from pathlib import Path
from typing import Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory
from undersigned.cli.pass_file import ask

backup = typer.Typer(no_args_is_help=True, help="Keep an encrypted copy of an instance, and make one of it again.")

File = Annotated[Path, typer.Argument(help="File of the backup.", show_default=False)]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help="File with the passphrase, one line, closed to others. Left out, it is asked.", show_default=False
    ),
]


@backup.command("make")
def make(
    file: File,
    recipient: Annotated[
        list[str] | None,
        typer.Option(help="Public key of age (age1…) instead of a passphrase. Can be said again.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Write keys, settings and what is published into one file, encrypted with age. The server may run meanwhile.

    Nothing of who joined is in it, and no signature that waits for its count. Make one after each count.
    """
    from undersigned.bootstrap import open_instance
    from undersigned.custody.backup import backup as read
    from undersigned.custody.backup import check_target
    from undersigned.storage import age
    from undersigned.storage.files import write_durably

    check_target(file, directory)
    instance = open_instance(directory)
    # Asked before anything is read: counts wait while that is done.
    passphrase = "" if recipient else _new_passphrase(passphrase_file)
    kept = read(instance)
    data = kept.encoded()
    sealed = age.for_keys(data, recipient) if recipient else age.for_passphrase(data, passphrase)
    write_durably(file, sealed, mode=0o600)
    typer.echo(f"{file} holds {kept.name} as it was at {kept.made}, encrypted.")
    for log, size in kept.sizes.items():
        typer.echo(f"{size:,} entries of the {log}")
    typer.echo("Keep it on another machine, and the passphrase or key on neither.")


@backup.command("restore")
def restore(
    file: File,
    directory: Annotated[Path, typer.Option("--dir", help="New folder of the instance.", show_default=False)],
    registry_size: Annotated[
        int | None, typer.Option(help="Entries of the registry when others last saw it.", show_default=False)
    ] = None,
    log_size: Annotated[
        int | None, typer.Option(help="Entries of the log when others last saw it.", show_default=False)
    ] = None,
    public: Annotated[
        Path | None, typer.Option(help="Newer public folder: an archive, a mirror, or one that survived.")
    ] = None,
    identity: Annotated[
        Path | None, typer.Option(help="File with the secret key of age, where it was made for one.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    only_keys: Annotated[
        bool, typer.Option("--only-keys", help="Write the keys alone, for an instance whose data is whole.")
    ] = False,
) -> None:
    """Make an instance of a backup, in a new folder. Stop the old one for ever first: two would make two logs.

    Past counts stand and letters go on; signatures that waited are lost, and people can sign again. Nobody joins
    any more for a quarter that was begun, since nobody knows who did: those who have a pass keep it.
    """
    from undersigned.custody import restore as restoring
    from undersigned.custody.content import Kept
    from undersigned.storage import age

    data = _read(file)
    if identity is not None:
        opened = age.with_keys(data, _read(identity).decode("ascii", "replace"))
    else:
        age.check(data)
        opened = age.with_passphrase(data, _passphrase(passphrase_file))
    kept = Kept.parse(opened)
    if only_keys:
        count = restoring.only_keys(kept, directory)
        typer.echo(f"{count} keys are in {directory}. Put them into keys/ of the stopped instance.")
        return
    seen = {log: _size(log, given) for log, given in (("registry", registry_size), ("log", log_size)) if kept.sizes}
    restoring.restore(kept if public is None else restoring.newer(kept, public), directory, seen)
    typer.echo(f"{kept.name} is in {directory}. Look at it with “undersigned doctor”, then start the server.")
    typer.echo("Nobody joins for quarters that were begun. The next one begins with new sheets of codes.")
    if public is not None:
        typer.echo("Supporters and shown names are not in it: what was taken back since must stay so.")


def _size(log: str, given: int | None) -> int:
    from undersigned.errors import Malformed

    if given is not None:
        return given
    typer.echo(f"How long was the {log} when somebody outside last saw it? An audit, a monitor or a mirror says.")
    said = ask(f"Entries of the {log}", option=f"--{log}-size")
    if not said.isascii() or not said.isdecimal():
        raise Malformed("bad-size", "A size is a number, like 1204.")
    return int(said)


def _read(file: Path) -> bytes:
    from undersigned.errors import Withheld

    try:
        return file.read_bytes()
    except OSError as error:
        raise Withheld("no-file", f"{file} cannot be read: {error.strerror}.") from error


def _passphrase(file: Path | None) -> str:
    from undersigned.storage.files import secret_line

    if file is None:
        return ask("Passphrase of the backup", hidden=True, option="--passphrase-file")
    return secret_line(file, "passphrase")


def _new_passphrase(file: Path | None) -> str:
    from undersigned.errors import Malformed

    if file is not None:
        return _passphrase(file)
    chosen = ask("New passphrase (six words that nobody would guess)", hidden=True)
    if not chosen:
        raise Malformed("empty-passphrase", "The passphrase is empty.")
    if ask("Again", hidden=True) != chosen:
        raise Malformed("other-passphrase", "The two are not the same. Start again.")
    return chosen
