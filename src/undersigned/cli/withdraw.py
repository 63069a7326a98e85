"""`undersigned withdraw`: take one's signature back, for good."""

import typer

from undersigned.cli.pass_file import Keeper, PassFile, agree
from undersigned.cli.sign import Letter, NoReceipt, ReceiptFile, Yes, day, keep_receipt
from undersigned.cli.visit import Organisation, Proxy


def withdraw(
    letter: Letter,
    organisation: Organisation = None,
    passfile: PassFile = None,
    proxy: Proxy = None,
    receipt: ReceiptFile = None,
    no_receipt: NoReceipt = False,
    yes: Yes = False,
) -> None:
    """Withdraw your signature from a letter. This is final: you cannot sign the same letter again.

    A signature that was not counted yet never becomes public, nor does the withdrawal.
    """
    from undersigned.cli import visit
    from undersigned.holder import address as addresses

    address, slug = addresses.letter(letter)
    keeper = Keeper(passfile)
    wallet = keeper.open()
    with visit.visiting(keeper, wallet, address, proxy) as client:
        visit.demonstration(client)
        intent = client.prepare(slug, "withdraw", organisation)
        typer.echo(f"\n{intent.letter.texts[0].title}\nTo {intent.letter.addressee}.\n")
        typer.echo("What will be public, if your signature was counted already:")
        typer.echo(f"  That one member of {intent.act.organisation} withdrew, by the day of the next count. Not who.")
        if not yes:
            agree("Withdraw your signature? You cannot sign this letter again.")
        sent = client.submit(intent)
        keep_receipt(wallet, address, sent, receipt, keep=not no_receipt)
    typer.echo("You had withdrawn already." if sent.repeated else "Withdrawn.")
    typer.echo(f"The count leaves you out when the next one closes, {day(sent.promise.deadline)} at the latest.")
