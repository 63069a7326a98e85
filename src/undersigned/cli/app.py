"""All commands in one place; each is in a file of its own."""

import typer

from undersigned.cli import (
    audit,
    burn,
    cancel,
    check_page,
    demo,
    doctor,
    enrol,
    init,
    keeper,
    monitor,
    receipt,
    renew,
    replace,
    restore,
    round,  # noqa: A004 - the command's name
    serve,
    show_name,
    sign,
    support,
    withdraw,
)
from undersigned.cli.archive import archive
from undersigned.cli.backup import backup
from undersigned.cli.codes import codes
from undersigned.cli.epoch import epoch
from undersigned.cli.issuer import issuer
from undersigned.cli.keeper_key import keeper_key
from undersigned.cli.letter import letter
from undersigned.cli.names import names
from undersigned.cli.vouch import vouch
from undersigned.cli.ways import ways

_HELP = "Letters signed by verified members nobody can name, with a count that anyone can check."
_SIGN, _BESIDE = "For people who sign", "For others who stand by a letter"
_CHECK, _RUN = "For people who check", "For who runs an instance"

app = typer.Typer(
    name="undersigned",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("demo", rich_help_panel="Start here")(demo.demo)
app.command("enrol", rich_help_panel=_SIGN)(enrol.enrol)
app.command("sign", rich_help_panel=_SIGN)(sign.sign)
app.command("withdraw", rich_help_panel=_SIGN)(withdraw.withdraw)
app.add_typer(receipt.receipt, name="receipt", rich_help_panel=_SIGN)
app.add_typer(vouch, name="vouch", rich_help_panel=_SIGN)
app.command("renew", rich_help_panel=_SIGN)(renew.renew)
app.command("restore", rich_help_panel=_SIGN)(restore.restore)
app.command("replace", rich_help_panel=_SIGN)(replace.replace)
app.command("cancel", rich_help_panel=_SIGN)(cancel.cancel)
app.command("burn", rich_help_panel=_SIGN)(burn.burn)
app.command("support", rich_help_panel=_BESIDE)(support.support)
app.command("show-name", rich_help_panel=_BESIDE)(show_name.show_name)
app.command("audit", rich_help_panel=_CHECK)(audit.audit)
app.command("check-page", rich_help_panel=_CHECK)(check_page.check_page)
app.command("monitor", rich_help_panel=_CHECK)(monitor.monitor)
app.command("archive", rich_help_panel=_CHECK)(archive)
app.command("init", rich_help_panel=_RUN)(init.init)
app.command("serve", rich_help_panel=_RUN)(serve.serve)
app.command("doctor", rich_help_panel=_RUN)(doctor.doctor)
app.add_typer(letter, name="letter", rich_help_panel=_RUN)
app.add_typer(issuer, name="issuer", rich_help_panel=_RUN)
app.add_typer(epoch, name="epoch", rich_help_panel=_RUN)
app.add_typer(ways, name="ways", rich_help_panel=_RUN)
app.add_typer(codes, name="codes", rich_help_panel=_RUN)
app.add_typer(names, name="names", rich_help_panel=_RUN)
app.add_typer(backup, name="backup", rich_help_panel=_RUN)
app.command("keeper", rich_help_panel=_RUN)(keeper.keeper)
app.add_typer(keeper_key, name="keeper-key", rich_help_panel=_RUN)
app.command("round", rich_help_panel=_RUN)(round.round_)
