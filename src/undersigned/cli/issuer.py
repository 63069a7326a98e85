"""`undersigned issuer key|allow|pin|add|correct|corrected|list`: an issuer on one machine, letters on another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from undersigned.cli.options import DEFAULT_DIRECTORY, Directory

if TYPE_CHECKING:
    from undersigned.asking.pins import Pin

issuer = typer.Typer(no_args_is_help=True, help="Let an issuer and letters on two machines work together.")

Name = Annotated[str, typer.Argument(help="Name of the issuer, like issuer.example.", show_default=False)]
Key = Annotated[str, typer.Argument(help="Its key, as it was handed to you.", show_default=False)]
Url = Annotated[str, typer.Option(help="Address under which it is reached, like https://issuer.example.")]


@issuer.command("key")
def key(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Print the key with which the issuer of this instance signs what it says to letters elsewhere."""
    from undersigned.bootstrap import open_instance

    instance = open_instance(directory)
    instance.issuer.open_epochs()
    typer.echo(instance.keys.identity(instance.config.issuer).vkey)


@issuer.command("allow")
def allow(
    key: Key,
    url: Url,
    organisation: Annotated[
        list[str],
        typer.Option(
            help="Whose number of members they may ask for, like example.com. Name each; said anew, all are said anew.",
            show_default=False,
        ),
    ],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """On the issuer's machine: let letters elsewhere, by their registry key, ask for numbers and send people here."""
    from undersigned.asking.pins import Pin
    from undersigned.bootstrap import open_instance

    instance = open_instance(directory)
    instance.issuer.open_epochs()
    pin = Pin.letters(key, url, organisation)
    instance.pins().with_letters(pin).write(instance.config.pins)
    typer.echo(
        f"{pin.name} may ask, once an hour, how many members of {' and '.join(pin.organisations or ())} there are, "
        "rounded up to the next ten."
    )
    typer.echo(f"Sheets of codes name {instance.pins().letters[0].url}. Restart “undersigned serve” if it runs.")


@issuer.command("pin")
def pin(name: Name, key: Key, url: Url, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """On the letters' machine: believe an issuer elsewhere by its key, which you got another way than from there."""
    from undersigned.asking.pins import Pin
    from undersigned.bootstrap import open_instance
    from undersigned.web.operations import pin_issuer

    pin_issuer(open_instance(directory), Pin.issuer(name, key, url))
    typer.echo(f"{name} is pinned, and {url} is where people are sent to join.")
    typer.echo(f"For each organisation and quarter: undersigned issuer add {name} ORGANISATION QUARTER")


@issuer.command("add")
def add(
    name: Name,
    organisation: Annotated[str, typer.Argument(help="Whose members it admits, like example.com.")],
    quarter: Annotated[str, typer.Argument(help="Quarter for which it admits them, like 2026Q4.")],
    file: Annotated[
        Path | None,
        typer.Option(
            help="Its statement, if it was brought over as a file. Left out, it is asked.", show_default=False
        ),
    ] = None,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """On the letters' machine: enter a pinned issuer's key in the registry, for ever, so that letters can name it."""
    import secrets

    from undersigned.asking.issuer import RemoteIssuer, key_of
    from undersigned.bootstrap import open_instance
    from undersigned.errors import Withheld
    from undersigned.values import domain, epoch
    from undersigned.web.operations import add_issuer_key

    instance = open_instance(directory)
    pinned = instance.pins().of_issuer(domain(name))
    domain(organisation)
    epoch(quarter)
    if file is None:
        entry = RemoteIssuer(pinned, secrets.token_bytes, proxy=instance.config.proxy).key(organisation, quarter)
    else:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise Withheld("no-file", f"The statement cannot be read from {file}.") from error
        entry = key_of(data, pinned, organisation, quarter)
    if add_issuer_key(instance, entry):
        typer.echo(
            f"The registry has the key of {name} for {organisation} in {quarter}, by {' and '.join(entry.methods)}."
        )
    else:
        typer.echo("The registry has this key already.")


@issuer.command("correct")
def correct(
    organisation: Annotated[str, typer.Argument(help="Whose number of members was wrong, like example.com.")],
    quarter: Annotated[str, typer.Argument(help="Of which quarter, like 2026Q4.")],
    was: Annotated[int, typer.Option(help="The number that was said, as an audit of the letters shows it.")],
    reason: Annotated[str, typer.Option(help="Why it was wrong; published for ever.")],
    out: Annotated[Path, typer.Option(help="File for the signed statement, to bring to the letters' machine.")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """On the issuer's machine: take back a number of members that was too large. The present one takes its place."""
    from undersigned.bootstrap import open_instance
    from undersigned.errors import Unavailable

    note = open_instance(directory).issuer.correct(organisation, quarter, was, reason)
    try:
        out.write_bytes(note)
    except OSError as error:
        raise Unavailable("not-written", f"The statement cannot be written to {out}: {error.strerror}.") from error
    typer.echo(f"The correction is in {out}. On the letters' machine: undersigned issuer corrected {out.name}")


@issuer.command("corrected")
def corrected(
    file: Annotated[Path, typer.Argument(help="The issuer's signed correction, as “issuer correct” wrote it.")],
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """On the letters' machine: publish an issuer's correction of a number, for ever. Every audit shows it."""
    from undersigned.asking.issuer import correction_of
    from undersigned.asking.pins import Pin
    from undersigned.bootstrap import open_instance
    from undersigned.errors import Withheld
    from undersigned.protocol.statement import Correction, read
    from undersigned.web.operations import correct_issued

    instance = open_instance(directory)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Withheld("no-file", f"The statement cannot be read from {file}.") from error
    name = read(Correction, data)[0].entry.issuer
    if instance.issuer_side is not None and name == instance.config.issuer:
        pin = Pin(instance.keys.identity(name).verifier, instance.config.url)
    else:
        pin = instance.pins().of_issuer(name)
    entry = correction_of(data, pin)
    correct_issued(instance, entry)
    typer.echo(f"The registry says that {name} had at most {entry.at_most:,} members, not {entry.was:,}.")


@issuer.command("list")
def list_(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """List the instances elsewhere that this one works with, and their keys."""
    from undersigned.bootstrap import open_instance

    pins = open_instance(directory).pins()
    for what, pinned in (("issuer", pins.issuers), ("letters", pins.letters)):
        for each in pinned:
            typer.echo(f"{what}  {each.name}  {each.url}  {each.key.encode()}{_about(what, each)}")
    if not (pins.issuers or pins.letters):
        typer.echo("This instance works with none elsewhere.")


def _about(what: str, pin: "Pin") -> str:
    if what == "issuer":
        return ""
    return "  about every organisation" if pin.organisations is None else f"  about {' and '.join(pin.organisations)}"
