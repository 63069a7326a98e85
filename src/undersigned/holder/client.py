"""What a holder does: join, sign, withdraw, find the own act in the log.

What is for an issuer goes to that issuer, on whichever machine it is, once the person agreed to its address; all else
goes to the instance.

State (`Wallet`), transport and randomness are arguments. Nothing here writes a file: whoever calls saves
the wallet, before joining too, so that no code is spent for words that are lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from undersigned.bbs.blind import commit
from undersigned.bbs.ciphersuite import POINT
from undersigned.bbs.octets import Rng
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.holder import issuers, mail, vouching
from undersigned.holder.account import MAX_WAYS, WAYS, Provider, provider_of, ways_of
from undersigned.holder.admission import CALLED, Expected, Shown, accept, issuer_of, issuers_of, methods_of, recognised
from undersigned.holder.log import Found, LogView, read_log
from undersigned.holder.receipts import Verdict, check_receipt
from undersigned.holder.registry import RegistryView, believed, read_registry, signed_by, unsigned
from undersigned.holder.transport import ACT, JSON, NO_ANSWER, Transport, parse_answer
from undersigned.holder.wallet import Membership, Wallet
from undersigned.protocol.act import Act
from undersigned.protocol.credential import ATTRIBUTES, METHOD, Credential
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.enrolment import (
    CANCEL,
    JOIN,
    MAX_NONCE,
    NONCES,
    RENEW,
    REPLACE,
    Admission,
    Bound,
    Cancellation,
    Issuance,
    Keys,
    Renewal,
    Request,
    Wish,
    nonce_of,
)
from undersigned.protocol.letter import LEAST_WORKFORCE, Letter, Terms
from undersigned.protocol.presentation import present, pseudonym_of
from undersigned.protocol.receipt import Receipt, open_receipt
from undersigned.tlog.note import VerifierKey
from undersigned.tlog.policy import Policy
from undersigned.values import b64u, day, text

SIGN, WITHDRAW = "sign", "withdraw"
#: Signing is the first act under a letter, withdrawing the second and last.
_SEQUENCE: Final = {SIGN: 0, WITHDRAW: 1}


@dataclass(frozen=True)
class Intent:
    """An act that is ready to be sent, with what the person should see first."""

    letter: Letter
    terms: Terms
    act: Act
    credentials: tuple[Credential, ...]

    def public(self) -> list[str]:
        """What will be public, one line each: all that the act discloses."""
        return [
            f"{ATTRIBUTES[index].replace('_', ' ')}: {value}" for index, value in sorted(self.act.disclosed.items())
        ]


@dataclass(frozen=True)
class Sent:
    """An act that was accepted: the receipt as signed, what it says, and whether it was there already."""

    act: Act
    receipt: bytes
    promise: Receipt
    repeated: bool


class Client:
    """One holder at one instance.

    `view` is a registry that somebody in this process has read: it is checked for this holder like one that
    was read just now, and read anew where it turns out too old. `reach` gives the way to issuers elsewhere.
    """

    def __init__(
        self,
        address: str,
        wallet: Wallet,
        rng: Rng,
        transport: Transport,
        view: RegistryView | None = None,
        *,
        reach: issuers.Reach | None = None,
    ) -> None:
        self.address = address
        self.wallet = wallet
        self._rng = rng
        self._transport = transport
        self._view = view
        self._checked = False
        self._reach = reach
        self._told: dict[str, str] = {}

    @cached_property
    def elsewhere(self) -> dict[str, str]:
        """Where issuers are that are not at the instance's own address, by name. Raises: as `issuers.elsewhere`."""
        return issuers.elsewhere(self._transport, self.address)

    @cached_property
    def policy(self) -> Policy:
        """The pinned policy of the instance. Raises: `Withheld` where nothing is pinned."""
        return Policy.parse(self.wallet.pin(self.address).policy)

    # ── the registry ──

    def registry(self, *, fresh: bool = False) -> RegistryView:
        """Return the registry, read whole and checked, and remember how long it was.

        Raises: as `read_registry`; `Withheld` where nothing is pinned.
        """
        seen = self.wallet.pin(self.address).registry
        shared = self._view
        if (
            shared is not None
            and not fresh
            and (seen is None or unsigned(shared.checkpoint).size >= unsigned(seen).size)
        ):
            view = shared if self._checked else shared.checked(self.policy, seen)
        else:
            view = read_registry(self._transport, self.policy, seen)
        self._view, self._checked = view, True
        self.wallet.saw(self.address, registry=believed(view.checkpoint, self.policy))
        return view

    # ── joining ──

    def issuer(self, organisation: str, issuer: str | None = None) -> str:
        """Return the issuer that admits members of an organisation, the named one where there are several.

        Raises: `Refused`; as `registry`.
        """
        return issuer_of(self.registry().registry, organisation, issuer)

    def joined(self, organisation: str, issuer: str | None = None) -> str:
        """Return the issuer as `issuer`, where it is the one that this device knows by that name, if any.

        Raises: as `issuer`.
        """
        by = self.issuer(organisation, issuer)
        self.registry().meets(by, self.wallet.identities)
        return by

    def issuers(self, organisation: str) -> list[str]:
        """Return all issuers that admit members of an organisation. Raises: `Refused` where nobody does."""
        return issuers_of(self.registry().registry, organisation)

    def said(self, issuer: str) -> str:
        """Return where an issuer is, as the instance says: nobody signed it. Raises: as `elsewhere`."""
        return self.elsewhere.get(issuer, self.address)

    def agree(self, issuer: str, at: str) -> None:
        """Go to an issuer at an address to which the person agreed just now, whatever the instance says; remember it.

        Raises: `Withheld` where nothing is pinned.
        """
        self.wallet.agree(self.address, issuer, at)
        self._told[issuer] = at

    def where(self, issuer: str) -> str:
        """Return the address of an issuer to which the person agreed. Raises: as `issuers.agreed`, `elsewhere`."""
        said = self._told.get(issuer) or self.said(issuer)
        return issuers.agreed(self.wallet, self.address, issuer, said)

    def way(self, issuer: str) -> Transport:
        """Return the way to an issuer.

        Raises: `Refused` where it is elsewhere and nothing reaches there; as `where`.
        """
        address = self.where(issuer)
        if address == self.address:
            return self._transport
        if self._reach is None:
            raise Refused("issuer-elsewhere", f"{issuer} is at {address}, which cannot be reached from here.")
        return self._reach(address)

    def provider(self, organisation: str, issuer: str | None = None) -> Provider:
        """Return the provider of the accounts by which members of an organisation join.

        Raises: `Refused` where they do not join by account; whatever the transport raises.
        """
        way = self.way(self.joined(organisation, issuer))
        return provider_of(way.get(WAYS, MAX_WAYS), organisation)

    def mailboxes(self, organisation: str, issuer: str | None = None) -> mail.Mailboxes:
        """Return the addresses by which members of an organisation join. Raises: `Refused` where they do not."""
        way = self.way(self.joined(organisation, issuer))
        found = ways_of(way.get(WAYS, MAX_WAYS), organisation).get("email")
        if found is None:
            raise Refused("other-method", f"Members of {organisation} do not join by e-mail.")
        return mail.Mailboxes.parse(found)

    def ask_mail(
        self,
        organisation: str,
        address: str,
        told: Callable[[int, int], None],
        language: str = "en",
        *,
        issuer: str | None = None,
    ) -> None:
        """Do the proof of work, and ask for a code by mail to a checked address.

        `told` hears now and then how many numbers were tried, and of how many. Whether a mail comes nobody is told.
        Raises: `Refused`, `Unavailable`.
        """
        way = self.way(self.joined(organisation, issuer))
        challenge = mail.asked(way)
        solution = mail.work(challenge, lambda tried: told(tried, challenge.most))
        mail.request(way, organisation, address, language, solution)

    def enrol(
        self,
        organisation: str,
        shown: str | Shown,
        role_family: str = "undeclared",
        standing: str = "undeclared",
        *,
        issuer: str | None = None,
    ) -> Membership:
        """Join an organisation; return the membership, its credentials checked.

        `shown` is a one-time code as it was typed, or the evidence of another way.
        Raises: `Conflict`, `Refused` for evidence that does not admit; whatever reading the registry raises.
        """
        by, admission = self._admission(organisation, shown, role_family, standing, issuer)
        expected = Expected(by, organisation, role_family, standing, (admission.method,))
        return self._ask("api/issuer/admissions", JOIN, admission, expected)

    def renew(self, membership: Membership) -> Membership:
        """Get the credentials of a membership again, and those of later quarters; no code is needed.

        For restoring from the words, a membership without credentials serves. Raises: as `enrol`.
        """
        by, organisation = membership.issuer, membership.organisation
        self.registry().meets(by, self.wallet.identities)
        said = membership.role_family, membership.standing
        expected = Expected(by, organisation, *said, (membership.method,))
        return self._ask("api/issuer/renewals", RENEW, Renewal(organisation, *said), expected)

    def restore(
        self,
        organisation: str,
        role_family: str = "undeclared",
        standing: str = "undeclared",
        *,
        issuer: str | None = None,
    ) -> Membership:
        """Get the passes back on a device that has only the words. Raises: as `enrol`."""
        registry = self.registry().registry
        by = self.joined(organisation, issuer)
        expected = Expected(by, organisation, role_family, standing, methods_of(registry, by, organisation))
        return self._ask("api/issuer/renewals", RENEW, Renewal(organisation, role_family, standing), expected)

    def replace(
        self,
        organisation: str,
        shown: str | Shown,
        role_family: str = "undeclared",
        standing: str = "undeclared",
        *,
        issuer: str | None = None,
    ) -> str:
        """Ask that these words take the place of lost ones; return the day from which they count.

        `shown` is the spent code that was joined with, or new evidence of the same account or address. From that day
        on `renew` gets the passes.
        Raises: as `enrol`.
        """
        by, admission = self._admission(organisation, shown, role_family, standing, issuer)
        answer = parse_answer(self._request("api/issuer/replacements", REPLACE, admission, by), ("profile", "ready"))
        self.wallet.hold(Membership(self.address, by, organisation, role_family, standing, admission.method))
        return day(answer["ready"])

    def cancel(self, organisation: str, *, issuer: str | None = None) -> None:
        """Stop a replacement that somebody else asked for. Raises: as `enrol`."""
        by = self.issuer(organisation, issuer)
        self._request("api/issuer/cancellations", CANCEL, Cancellation(organisation), by)

    # ── vouching ──

    def invitation(self, organisation: str, *, issuer: str | None = None) -> bytes:
        """Return what two members need to vouch for this holder (48 octets). Raises: `Refused`, as `registry`."""
        registry = self.registry().registry
        by = self.joined(organisation, issuer)
        if vouching.WAY not in methods_of(registry, by, organisation):
            raise Refused("no-vouching", f"Members of {organisation} do not join by vouching.")
        return self.point(by)

    def voucher(self, organisation: str | None = None, *, issuer: str | None = None) -> Membership:
        """Return the membership that vouches. Raises: as `vouching.member`, `registry`."""
        return vouching.member(self.registry().registry, self.wallet.at(self.address), organisation, issuer)

    def vouch(self, point: bytes, organisation: str | None = None, *, issuer: str | None = None) -> int:
        """Vouch for an invitation, at the issuer that it was made for; return how many vouches are left this quarter.

        Raises: `Conflict` when all are used, or this member vouched for this person before; `Refused`, `Withheld`.
        """
        view = self.registry()
        held = self.voucher(organisation, issuer=issuer)
        quarter = vouching.quarter(view.registry, held)
        for slot in vouching.free_slots(self.wallet, held.organisation, quarter):
            act = vouching.act(self.wallet, held.credentials[quarter], slot, point)
            key = view.issuer_key(held.issuer, held.organisation, quarter, self.wallet.identities).public_key
            signed = present(act, [held.credentials[quarter]], {held.issuer: key}, self.wallet.seed, self._rng)
            try:
                parse_answer(self._post("api/acts", signed.padded(), ACT, self.way(held.issuer)), ("repeated",))
            except Conflict as error:
                if error.code != "slot-used":
                    raise
                # Used from a device that this one does not know of.
                self.wallet.vouches.add(slot)
                continue
            self.wallet.vouches.add(slot)
            return len(vouching.free_slots(self.wallet, held.organisation, quarter))
        raise vouching.none_left()

    def _admission(
        self, organisation: str, shown: str | Shown, role_family: str, standing: str, issuer: str | None
    ) -> tuple[str, Admission]:
        registry = self.registry().registry
        by = self.joined(organisation, issuer)
        brought = Shown.code(shown) if isinstance(shown, str) else shown
        if brought.method not in methods_of(registry, by, organisation):
            called = CALLED[brought.method]
            raise Refused("other-method", f"{by} does not admit members of {organisation} by {called}.")
        return by, Admission(organisation, brought.method, brought.evidence, role_family, standing)

    def point(self, issuer: str) -> bytes:
        """Return the commitment's point (48 octets) by which an issuer knows this holder."""
        keys = self._keys(issuer)
        return commit(keys.secrets, keys.blind, self._rng)[:POINT]

    def _keys(self, issuer: str) -> Keys:
        return Keys(nym_secrets(self.wallet.seed), blind(self.wallet.seed, issuer))

    def _request(self, path: str, action: str, wish: Wish, issuer: str) -> bytes:
        """Ask an issuer for something, with a proof that is good for this alone, there and now; return the answer."""
        way = self.way(issuer)
        bound = Bound(issuer, self.where(issuer), nonce_of(way.get(NONCES, MAX_NONCE)))
        request = Request.prove(action, wish, bound, self._keys(issuer), self._rng)
        return self._post(path, request.encoded(), JSON, way)

    def _ask(self, path: str, action: str, wish: Wish, asked: Expected) -> Membership:
        issuance = Issuance.parse(self._request(path, action, wish, asked.issuer))
        known = self.registry().registry.issuer_keys
        names = [(asked.issuer, asked.organisation, each.attributes.epoch) for each in issuance.credentials]
        # A quarter may have begun since the registry was read.
        view = self.registry(fresh=any(name not in known for name in names))
        held = recognised(accept(issuance, asked, view.registry, self.wallet.seed), view, self.wallet.identities)
        way = next(iter(held.values())).attributes.method
        membership = Membership(
            self.address, asked.issuer, asked.organisation, asked.role_family, asked.standing, way, held
        )
        self.wallet.hold(membership)
        for quarter in held:
            self.wallet.know(asked.issuer, view.registry.issuer_key(asked.issuer, asked.organisation, quarter).identity)
        return self.wallet.memberships[membership.name]

    # ── acts ──

    def sign(self, slug: str, organisation: str | None = None) -> Sent:
        """Sign a letter. Raises: as `prepare` and `submit`."""
        return self.submit(self.prepare(slug, SIGN, organisation))

    def withdraw(self, slug: str, organisation: str | None = None) -> Sent:
        """Withdraw a signature, which is final. Raises: as `prepare` and `submit`."""
        return self.submit(self.prepare(slug, WITHDRAW, organisation))

    def prepare(self, slug: str, action: str, organisation: str | None = None) -> Intent:
        """Return an act that would be sent, everything about it checked against the registry.

        Raises: `Refused` when the letter is closed or asks other members, `Withheld` without a pass for it.
        """
        view = self.registry()
        if slug not in view.registry.letters:
            # It may have been opened since the registry was read.
            view = self.registry(fresh=True)
        letter = view.letter(slug)
        if letter.digest in view.registry.closed:
            raise Refused(
                "letter-closed", "This letter is closed. It can no longer be signed, nor a signature withdrawn."
            )
        terms = view.terms(letter)[-1]
        act = self.act(view, letter, action, organisation)
        if action == SIGN:
            _hidden_among(terms, act.organisation)
            self._keys_for(view, act)
        return Intent(letter, terms, act, issuers.passes(self.wallet, self.address, act))

    def act(self, view: RegistryView, letter: Letter, action: str, organisation: str | None = None) -> Act:
        """Return the one act that this holder can make: what it discloses follows from the registry alone.

        Raises: `Refused`, `Withheld` as `prepare`.
        """
        rule = view.rule(letter)
        here = sorted({each.organisation for each in self.wallet.at(self.address)} & set(rule.organisations))
        if organisation is not None:
            here = [each for each in here if each == organisation]
        if not here:
            raise Withheld("no-pass", "You hold no pass of an organisation that this letter asks. Join first.")
        if len(here) > 1:
            raise Refused("several-organisations", f"You hold passes of {' and '.join(here)}. Say which one signs.")
        accepts = rule.organisations[here[0]]
        disclosed = {0: here[0], 1: letter.epoch}
        if METHOD in accepts.disclosed:
            first = self.wallet.memberships.get((self.address, accepts.issuers[0], here[0]))
            disclosed[METHOD] = first.method if first is not None else "code"
        act = Act(
            kind="letter",
            action=action,
            context=letter.context,
            organisation=here[0],
            epoch=letter.epoch,
            disclosed=disclosed,
            issuers=accepts.issuers,
            pseudonym=pseudonym_of(letter.context, self.wallet.seed),
            sequence=_SEQUENCE[action],
        )
        rule.check(act)
        return act

    def submit(self, intent: Intent) -> Sent:
        """Send an act, 8,192 octets to one address; check the receipt.

        May be called again when no answer came: the same act gets the same receipt.
        Raises: `Conflict`, `Refused` as the server says; `Refused` when the receipt is no good.
        """
        view = self.registry()
        act = intent.act
        keys = self._keys_for(view, act)
        signed = present(act, intent.credentials, keys, self.wallet.seed, self._rng)
        answer = parse_answer(self._post("api/acts", signed.padded(), ACT), ("receipt", "repeated"))
        repeated = answer["repeated"]
        if not isinstance(repeated, bool):
            raise Malformed("bad-answer", "The server's answer is not as it should be. Send it again.")
        receipt = text(answer["receipt"], what="The receipt").encode()
        promise = self._promise(receipt, intent, repeated=repeated)
        keys_then = [VerifierKey.parse(key) for key in self.registry().registry.receipt_keys]
        return Sent(act, signed_by(receipt, keys_then), promise, repeated)

    def _keys_for(self, view: RegistryView, act: Act) -> dict[str, bytes]:
        """Return the public keys of an act, by issuer; taking a signature back is nobody's to prevent."""
        known = self.wallet.identities if act.action == SIGN else {}
        entries = (view.issuer_key(each, act.organisation, act.epoch, known) for each in act.issuers)
        return {each.issuer: each.public_key for each in entries}

    def _post(self, path: str, body: bytes, kind: str, way: Transport | None = None) -> bytes:
        """Send a message, to the instance where no other way is given; where no answer comes, say what that means."""
        try:
            return (way or self._transport).post(path, body, kind)
        except Unavailable as error:
            if error.code not in NO_ANSWER:
                raise
            raise Unavailable(
                error.code,
                f"{error.words} Whether it arrived is not certain. Doing the same again is safe: it counts once.",
            ) from error

    def _promise(self, receipt: bytes, intent: Intent, *, repeated: bool) -> Receipt:
        try:
            return self._opened(receipt, intent, self.registry(), repeated=repeated)
        except UndersignedError:
            # The registry may have a later closing or a new receipt key since it was read.
            return self._opened(receipt, intent, self.registry(fresh=True), repeated=repeated)

    def _opened(self, receipt: bytes, intent: Intent, view: RegistryView, *, repeated: bool) -> Receipt:
        act = intent.act
        promise = open_receipt(receipt, view.registry.receipt_keys)
        if (promise.context, promise.organisation, promise.act) != (act.context, act.organisation, act.digest):
            raise Refused(
                "receipt-differs", "The receipt is for something else than what you sent. Your act may not be counted."
            )
        closings = [each.closes for each in view.terms(intent.letter)]
        # An act that was there before gets its first receipt again, with the closing of that time.
        if promise.deadline not in (closings if repeated else closings[-1:]):
            raise Refused("receipt-deadline", "The receipt promises another day than the letter's closing.")
        return promise

    # ── afterwards ──

    def log(self, slug: str, log: LogView | None = None) -> LogView:
        """Return the log with this holder's own acts under a letter, read whole; remember how long it was.

        Raises: as `read_log`; `Equivocation` when it is not the one seen before.
        """
        if log is not None:
            return log
        nym = b64u(pseudonym_of(self.registry().letter(slug).context, self.wallet.seed)).encode()
        seen = self.wallet.pin(self.address).log
        out = read_log(self._transport, self.registry(), self.policy, seen, lambda entry: nym in entry)
        self.wallet.saw(self.address, log=believed(out.checkpoint, out.policy))
        return out

    def find_proof(
        self, slug: str, action: str = SIGN, organisation: str | None = None, log: LogView | None = None
    ) -> Found | None:
        """Return the own act with its proof, made here and verified, or None while it is not in the log.

        `log` is a log that somebody in this process has read. Raises: as `log` and `act`.
        """
        view = self.registry()
        digest = self.act(view, view.letter(slug), action, organisation).digest
        return self.log(slug, log).find(digest)

    def check(self, receipt: bytes, now: str) -> Verdict:
        """Say what became of what a receipt promises; `now` is a full hour in UTC.

        Raises: as `check_receipt`; `Equivocation` when the log is not the one seen before.
        """
        view = self.registry()
        promise = open_receipt(receipt, view.registry.receipt_keys)
        context = promise.context.encode()
        seen = self.wallet.pin(self.address).log
        log = read_log(self._transport, view, self.policy, seen, lambda entry: context in entry)
        self.wallet.saw(self.address, log=believed(log.checkpoint, log.policy))
        return check_receipt(receipt, view, self.policy, now, log, self._counterpart(promise, view))

    def _counterpart(self, promise: Receipt, view: RegistryView) -> str | None:
        """The digest of the withdrawal that belongs to a signature, or the other way round, where both were sent."""
        kept = [open_receipt(each.receipt, view.registry.receipt_keys)
                for each in self.wallet.receipts if each.address == self.address]  # fmt: skip
        for other in kept:
            same = (other.context, other.organisation) == (promise.context, promise.organisation)
            if same and other.act != promise.act:
                return other.act
        return None


def _hidden_among(terms: Terms, organisation: str) -> None:
    """Check that enough people work there to hide among, as every audit does later. Raises: `Refused`."""
    known = {each.organisation: each.at_least for each in terms.workforce}
    if known.get(organisation, 0) < LEAST_WORKFORCE:
        raise Refused(
            "too-small",
            f"Fewer than {LEAST_WORKFORCE} people work at {organisation}, or this letter does not say how many. "
            "A signature could point at you. Do not sign.",
        )
