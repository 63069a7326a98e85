"""People who try to cheat, and what the server answers each of them."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from undersigned.bbs.blind import blind_sign, commit
from undersigned.bbs.signature import keygen, public_key
from undersigned.demo.letter import ORGANISATION
from undersigned.demo.members import Member
from undersigned.errors import UndersignedError
from undersigned.holder.client import SIGN, Client
from undersigned.holder.transport import ACT, Transport, parse_answer
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.context import context_id
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.letter import Letter
from undersigned.protocol.presentation import present, pseudonym_of


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody tried, and what came of it; `counted` must be False."""

    what: str
    answer: str
    counted: bool


def _send(transport: Transport, signed: SignedAct) -> tuple[str, bool]:
    """Send an act; return the answer in words and whether it counted as something new."""
    try:
        answer = parse_answer(transport.post("api/acts", signed.padded(), ACT), ("receipt", "repeated"))
    except UndersignedError as error:
        return error.words, False
    if answer["repeated"]:
        return "It was there already and counts once: the first receipt again.", False
    return "It was accepted.", True


def _signed(client: Client, act: Act) -> SignedAct:
    """Prove an act with whatever passes the device holds."""
    view = client.registry()
    held = [pass_ for each in client.wallet.memberships.values() for pass_ in each.credentials.values()]
    known = {each: view.registry.issuer_key(each, act.organisation, act.epoch).public_key for each in act.issuers}
    return present(act, held, known, client.wallet.seed, secrets.token_bytes)


def _own(client: Client, letter: Letter) -> Act:
    return client.act(client.registry(), letter, SIGN)


def twice(cheat: Member, letter: Letter, transport: Transport) -> tuple[str, bool]:
    """Sign a letter that one has signed, with a new proof."""
    return _send(transport, _signed(cheat.client, _own(cheat.client, letter)))


def proved(person: Member, letter: Letter) -> SignedAct:
    """Return somebody's own act, as whoever listens in between would get it."""
    return _signed(person.client, _own(person.client, letter))


def _outsiders(outsider: Member, letter: Letter) -> SignedAct:
    seed = outsider.client.wallet.seed
    (membership,) = outsider.client.wallet.memberships.values()
    act = Act(
        kind="letter",
        action=SIGN,
        context=letter.context,
        organisation=membership.organisation,
        epoch=letter.epoch,
        disclosed={0: membership.organisation, 1: letter.epoch},
        issuers=(membership.issuer,),
        pseudonym=pseudonym_of(letter.context, seed),
    )
    return _signed(outsider.client, act)


def elsewhere(outsider: Member, letter: Letter, transport: Transport) -> tuple[str, bool]:
    """Sign with a genuine pass of another organisation."""
    return _send(transport, _outsiders(outsider, letter))


def relabelled(outsider: Member, letter: Letter, transport: Transport) -> tuple[str, bool]:
    """Prove with a pass of another organisation, then write this organisation's name over it."""
    signed = _outsiders(outsider, letter)
    renamed = replace(signed.act, organisation=ORGANISATION, disclosed={0: ORGANISATION, 1: letter.epoch})
    return _send(transport, SignedAct(renamed, signed.proofs))


def altered_letter(cheat: Member, letter: Letter, transport: Transport) -> tuple[str, bool]:
    """Sign a letter of which one word was changed, so another digest."""
    text = letter.texts[0]
    other = replace(letter, texts=(replace(text, body=text.body.replace("not against", "against")),))
    context = context_id("letter", other.digest)
    own = _own(cheat.client, letter)
    act = replace(own, context=context, pseudonym=pseudonym_of(context, cheat.client.wallet.seed))
    return _send(transport, _signed(cheat.client, act))


def replayed(signed: SignedAct, transport: Transport) -> tuple[str, bool]:
    """Send once more what somebody else has sent."""
    return _send(transport, signed)


def stolen(signed: SignedAct, letter: Letter, transport: Transport) -> tuple[str, bool]:
    """Put another pseudonym under somebody else's proof."""
    own = pseudonym_of(letter.context, secrets.token_bytes(64))
    return _send(transport, SignedAct(replace(signed.act, pseudonym=own), signed.proofs))


def forged(cheat: Member, letter: Letter, transport: Transport) -> tuple[str, bool]:
    """Sign with passes that one has made oneself, without the issuers' keys: all but the pairing holds."""
    seed = secrets.token_bytes(64)
    (asked,) = letter.organisations
    made = [_made_up(seed, issuer, asked.organisation, letter.epoch) for issuer in asked.issuers]
    return _send(transport, _presented(cheat.client, letter, made, seed, asked.issuers))


def alone(invented: Member, letter: Letter, transport: Transport) -> tuple[str, bool]:
    """Sign with the pass of one of two issuers: what one that invents members can give out."""
    held = _passes(invented)
    issuers = tuple(each.issuer for each in held)
    return _send(transport, _presented(invented.client, letter, held, invented.client.wallet.seed, issuers))


def posed(invented: Member, letter: Letter, transport: Transport) -> tuple[str, bool]:
    """Put a pass in the other issuer's name beside it, under a key of one's own."""
    held, seed = _passes(invented), invented.client.wallet.seed
    (asked,) = letter.organisations
    names = {each.issuer for each in held}
    held += [_made_up(seed, name, asked.organisation, letter.epoch) for name in asked.issuers if name not in names]
    return _send(transport, _presented(invented.client, letter, held, seed, asked.issuers))


def _passes(person: Member) -> list[Credential]:
    return [pass_ for each in person.client.wallet.memberships.values() for pass_ in each.credentials.values()]


def _made_up(seed: bytes, issuer: str, organisation: str, epoch: str) -> Credential:
    """A pass in an issuer's name under a key that is not its own."""
    attributes = Attributes(organisation, epoch, "undeclared", "undeclared", "code")
    own_key = keygen(secrets.token_bytes(64))
    made = blind_sign(
        own_key,
        public_key(own_key),
        commit(nym_secrets(seed), blind(seed, issuer), secrets.token_bytes),
        header(issuer),
        attributes.messages(),
        secrets.token_bytes(32),
    )
    return Credential(issuer, attributes, made)


def _presented(
    client: Client, letter: Letter, held: list[Credential], seed: bytes, issuers: tuple[str, ...]
) -> SignedAct:
    (asked,) = letter.organisations
    act = Act(
        kind="letter",
        action=SIGN,
        context=letter.context,
        organisation=asked.organisation,
        epoch=letter.epoch,
        disclosed={0: asked.organisation, 1: letter.epoch},
        issuers=issuers,
        pseudonym=pseudonym_of(letter.context, seed),
    )
    registry = client.registry().registry
    real = {name: registry.issuer_key(name, asked.organisation, letter.epoch).public_key for name in issuers}
    return present(act, held, real, seed, secrets.token_bytes)


def attempt(what: str, trial: Callable[[], tuple[str, bool]]) -> Attempt:
    """Run a trial and write down what came of it."""
    answer, counted = trial()
    return Attempt(what, answer, counted)
