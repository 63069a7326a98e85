"""A small instance's published folder, made from protocol, tlog and bbs alone, and lies to tell with it.

`world()` makes keys, members and acts once. `honest()` gives the entries of an instance that did everything
right; a test changes them (`log[3] = …`) and `write` signs and writes whatever there is, as a lying server would.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from undersigned.bbs import blind as issuance
from undersigned.bbs import signature
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.credential import METHOD, Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.entry import (
    ClientFiles,
    Genesis,
    Issued,
    IssuerKey,
    LetterClosed,
    LetterOpened,
    NamesShown,
    ReceiptKey,
    Round,
    Supporters,
    TermsSet,
)
from undersigned.protocol.letter import Erratum, Letter, Organisation, Terms, Text, Workforce
from undersigned.protocol.names import NameList, ShownName, digest_of
from undersigned.protocol.presentation import present, pseudonym_of
from undersigned.tlog import tile
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.note import Note, SigningKey

EPOCH = "2026Q4"
ALPHA, BETA, GAMMA = "alpha.example", "beta.example", "gamma.example"
ONE, TWO = "issuer.example", "union.example"
METHODS = {ALPHA: ("code",), BETA: ("code",), GAMMA: ("code", "vouch")}
ISSUERS = {ALPHA: (ONE,), BETA: (ONE, TWO), GAMMA: (ONE,)}
NAME = "letters.example"
TICKS = [f"2026-10-{day:02}T00:00:00Z" for day in range(1, 31)]
CLOSES = "2026-10-20T00:00:00Z"


def octets(*what: object, length: int = 32) -> bytes:
    """Octets that look random and are always the same."""
    return hashlib.shake_256(repr(what).encode()).digest(length)


def dice(*what: object) -> Callable[[int], bytes]:
    """A source of such octets, new ones at every call."""
    calls = iter(range(10**9))
    return lambda length: octets(*what, next(calls), length=length)


def key(log: str, which: str = "") -> SigningKey:
    """The signing key of a log; `which` names another one under the same name."""
    return SigningKey(f"{NAME}/{log}", octets("log key", log, which))


REGISTRY_KEY, LOG_KEY, RECEIPT_KEY = key("registry"), key("log"), key("receipt")


@cache
def issuer_secret(issuer: str, organisation: str, epoch: str = EPOCH) -> int:
    """An issuer's secret key for an organisation and epoch."""
    return signature.keygen(octets("issuer", issuer, organisation, epoch))


@cache
def issuer_key(issuer: str, organisation: str, epoch: str = EPOCH) -> bytes:
    """Its public key, 96 octets."""
    return signature.public_key(issuer_secret(issuer, organisation, epoch))


@dataclass(frozen=True)
class Member:
    """A member of an organisation, `name` telling members apart: the same name is the same person anywhere."""

    name: int
    organisation: str = ALPHA
    method: str = "code"
    epoch: str = EPOCH

    @cached_property
    def seed(self) -> bytes:
        """The holder's 64 octets."""
        return octets("seed", self.name, length=64)

    @cached_property
    def attributes(self) -> Attributes:
        """What the issuers sign."""
        return Attributes(self.organisation, self.epoch, "undeclared", "undeclared", self.method)

    def credential(self, issuer: str, secret: int | None = None) -> Credential:
        """A credential, issued blindly as a real one; with `secret` under a key that is not the issuer's."""
        hidden, own = nym_secrets(self.seed), blind(self.seed, issuer)
        commitment = issuance.commit(hidden, own, dice("commit", self, issuer))
        secret = secret or issuer_secret(issuer, self.organisation, self.epoch)
        public = signature.public_key(secret)
        made = issuance.blind_sign(
            secret, public, commitment, header(issuer), self.attributes.messages(), octets("fresh", self, issuer)
        )
        return Credential(issuer, self.attributes, made)


_credential = cache(Member.credential)


def act(member: Member, letter: Letter, action: str = "sign") -> Act:
    """A member's act under a letter, without proofs."""
    disclosed = {0: member.organisation, 1: member.epoch}
    if "vouch" in METHODS[member.organisation]:
        disclosed[METHOD] = member.method
    return Act(
        kind="letter",
        action=action,
        context=letter.context,
        organisation=member.organisation,
        epoch=member.epoch,
        disclosed=disclosed,
        issuers=ISSUERS[member.organisation],
        pseudonym=pseudonym_of(letter.context, member.seed),
        sequence=0 if action == "sign" else 1,
    )


def prove(made: Act, member: Member, secret: int | None = None) -> bytes:
    """Log entry of an act with real proofs; with `secret` from credentials that somebody forged."""
    credentials = [_credential(member, issuer, secret) for issuer in made.issuers]
    keys = {issuer: issuer_key(issuer, member.organisation, member.epoch) for issuer in made.issuers}
    return present(made, credentials, keys, member.seed, dice("prove", made.encoded)).encoded


def minted(count: int, of: Letter) -> list[bytes]:
    """Log entries of members of beta whom its second issuer invented: all that it can make with its own key."""
    out = []
    for number, member in enumerate(crowd(count, BETA, first=500)):
        made = act(member, of)
        if number % 3 == 0:  # its proof alone
            out.append(prove(replace(made, issuers=(TWO,)), member))
        elif number % 3 == 1:  # a pass in the first one's name under its own key
            out.append(prove(made, member, issuer_secret(TWO, BETA)))
        else:  # its own proof in both places
            own = SignedAct.parse(prove(made, member)).proofs[1]
            out.append(SignedAct(made, (own, own)).encoded)
    return out


@cache
def signed(member: Member, letter: Letter, action: str = "sign") -> bytes:
    """Log entry of a member's act under a letter."""
    return prove(act(member, letter, action), member)


def letter(slug: str, goal: int | None = None, organisations: Iterable[str] = (ALPHA, BETA, GAMMA)) -> Letter:
    """A short letter."""
    return Letter(
        slug=slug,
        addressee="The boards",
        epoch=EPOCH,
        goal=goal,
        organisations=tuple(Organisation(name, ISSUERS[name]) for name in sorted(organisations)),
        texts=(Text("en", f"About {slug}", "We ask for three things.", ("One", "Two", "Three")),),
        taxonomy="t2026-1",
    )


def terms(of: Letter, number: int = 1, closes: str = CLOSES, **changes: object) -> Terms:
    """Terms of a letter."""
    made = Terms(
        letter=of.digest,
        number=number,
        dated="2026-10-01",
        closes=closes,
        workforce=tuple(Workforce(each.organisation, 120, "2026-01-31", "annual report") for each in of.organisations),
        errata=(Erratum("2026-10-01", "A comma."),) if number > 1 else (),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # changes are fields of Terms


def round_of(
    of: Letter, tick: str, acts: Sequence[bytes], organisation: str = ALPHA, *, final: bool = False
) -> list[bytes]:
    """Entries of a round: its head, then its acts, sorted."""
    ordered = sorted(acts, key=pseudonym)
    return [Round(of.context, organisation, len(ordered), tick, final).encoded, *ordered]


def pseudonym(entry: bytes) -> bytes:
    """Pseudonym of an act's log entry."""
    return SignedAct.parse(entry).act.pseudonym


def crowd(count: int, organisation: str = ALPHA, first: int = 0) -> list[Member]:
    """Members of an organisation, each a person of their own."""
    start = {ALPHA: 0, BETA: 1000, GAMMA: 2000}[organisation] + first
    method = "vouch" if organisation == GAMMA else "code"
    return [Member(start + n, organisation, method if n % 2 else "code") for n in range(count)]


#: Names shown under the letter with a goal.
SHOWN = (
    ShownName("Ada Brandt", "crane driver", octets("salt", 1)),
    ShownName("Robert Ek", None, octets("salt", 2)),
    ShownName("<script>alert(1)</script>", None, octets("salt", 3)),
)
OPEN = letter("open-letter")
GOAL = letter("with-goal", goal=20, organisations=(ALPHA,))
MISSED = letter("missed", goal=500, organisations=(ALPHA,))


@dataclass
class Published:
    """What an instance publishes, before it is written: change it at will."""

    registry: list[bytes]
    log: list[bytes]
    documents: dict[str, bytes]
    served: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, SigningKey] = field(default_factory=lambda: {"registry": REGISTRY_KEY, "log": LOG_KEY})

    def copy(self) -> "Published":
        """One that can be changed without changing this one."""
        copied = dict(self.documents), dict(self.served), dict(self.keys)
        return Published(list(self.registry), list(self.log), *copied)

    def document(self, made: Letter | Terms) -> str:
        """Put a document beside the registry; return its digest."""
        self.documents[made.digest] = made.encoded
        return made.digest

    def opens(self, made: Letter, first: Terms) -> None:
        """Add a letter and its first terms to the registry."""
        self.registry.append(LetterOpened(made.slug, self.document(made)).encoded)
        self.registry.append(TermsSet(made.digest, 1, self.document(first)).encoded)

    def shows(self, of: Letter, number: int, tick: str, names: Sequence[ShownName], reason: str | None = None) -> None:
        """Bind a list of names in the registry, and show it."""
        entry = NamesShown(of.digest, number, len(names), digest_of(of.digest, names), tick, reason)
        self.registry.append(entry.encoded)
        self.served[f"letters/{of.slug}/names.json"] = NameList.of(entry, names).encoded

    def place(self, text: str, nth: int = 0) -> int:
        """Index of the nth entry of the log that holds this text."""
        return [at for at, entry in enumerate(self.log) if text.encode() in entry][nth]

    def write(
        self, folder: Path, *, steps: Sequence[int] = (), change: Callable[[Checkpoint], Checkpoint] = lambda c: c
    ) -> Path:
        """Write all files, the log in several appends where `steps` names sizes on the way; `change` may lie."""
        write_log(folder / "registry", self.keys["registry"], self.registry)
        write_log(folder / "log", self.keys["log"], self.log, steps, change)
        for name, signer in self.keys.items():
            (folder / f"{name}.vkey").write_text(signer.vkey + "\n")
        (folder / "documents").mkdir(exist_ok=True)
        for digest, data in self.documents.items():
            (folder / "documents" / digest).write_bytes(data)
        for path, data in self.served.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder


def write_log(
    folder: Path,
    signer: SigningKey,
    entries: Sequence[bytes],
    steps: Sequence[int] = (),
    change: Callable[[Checkpoint], Checkpoint] = lambda c: c,
    witnesses: Callable[[Note], Note] = lambda note: note,
) -> None:
    """Write tiles, bundles and checkpoint of a log, appending up to each size of `steps` and then the rest."""
    size, root = 0, hashlib.sha256(b"").digest()
    for end in sorted({*steps, len(entries)}):
        made = tile.append(size, lambda path: (folder / path).read_bytes(), entries[size:end])
        for path, data in made.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        size, root = made.size, made.root
    folder.mkdir(parents=True, exist_ok=True)
    note = Note.parse(sign_checkpoint(change(Checkpoint(signer.name, size, root)), signer))
    (folder / "checkpoint").write_bytes(witnesses(note).encode())


def _registry(published: Published) -> None:
    add = published.registry.append
    add(Genesis(NAME, demo=True, registry=REGISTRY_KEY.vkey, log=LOG_KEY.vkey).encoded)
    add(ReceiptKey(RECEIPT_KEY.vkey).encoded)
    for organisation, issuers in ISSUERS.items():
        for issuer in issuers:
            public = issuer_key(issuer, organisation)
            add(IssuerKey(issuer, organisation, EPOCH, METHODS[organisation], public).encoded)
    published.opens(OPEN, terms(OPEN))
    published.opens(GOAL, terms(GOAL))
    published.opens(MISSED, terms(MISSED))
    later = terms(OPEN, 2, "2026-10-21T00:00:00Z")
    add(TermsSet(OPEN.digest, 2, published.document(later)).encoded)
    add(ClientFiles({"sign/index.html": hashlib.sha256(b"page").hexdigest()}).encoded)
    add(LetterClosed(MISSED.digest, "goal-missed").encoded)
    add(LetterClosed(OPEN.digest, "closed").encoded)
    add(Supporters(GOAL.digest, 40, TICKS[4]).encoded)
    add(Supporters(GOAL.digest, 30, TICKS[5]).encoded)
    published.shows(GOAL, 1, TICKS[4], SHOWN[:2])
    published.shows(GOAL, 2, TICKS[5], SHOWN)


def issued(organisation: str, at_most: int, issuer: str = ONE, epoch: str = EPOCH) -> bytes:
    """Entry that says how many members there are at most."""
    return Issued(issuer, organisation, epoch, at_most).encoded


def _log() -> Iterator[bytes]:
    alpha, beta, gamma = crowd(25), crowd(10, BETA), crowd(10, GAMMA)
    last = "2026-10-21T00:00:00Z"
    yield issued(ALPHA, 20)
    yield issued(BETA, 20)
    yield issued(BETA, 10, TWO)
    yield from round_of(OPEN, TICKS[2], [signed(each, OPEN) for each in alpha[:13]])
    yield from round_of(OPEN, TICKS[2], [signed(each, OPEN) for each in beta], BETA)
    yield issued(ALPHA, 30)
    yield issued(GAMMA, 20)
    second = [signed(each, OPEN) for each in alpha[13:22]] + [signed(alpha[0], OPEN, "withdraw")]
    yield from round_of(OPEN, TICKS[3], second)
    yield from round_of(OPEN, TICKS[3], [signed(each, OPEN) for each in gamma], GAMMA)
    yield from round_of(GOAL, TICKS[4], [signed(each, GOAL) for each in alpha[:20]])
    yield from round_of(OPEN, last, [signed(each, OPEN) for each in alpha[22:]], final=True)
    yield from round_of(OPEN, last, [], BETA, final=True)
    yield from round_of(OPEN, last, [signed(gamma[1], OPEN, "withdraw")], GAMMA, final=True)


@cache
def _honest() -> Published:
    published = Published([], [], {})
    _registry(published)
    published.log.extend(_log())
    return published


def honest() -> Published:
    """What an instance publishes that did everything right: three letters, three organisations, two issuers."""
    return _honest().copy()


SMALL = letter("small-letter", organisations=(ALPHA,))


@cache
def _small() -> Published:
    published = Published([], [], {})
    add = published.registry.append
    add(Genesis(NAME, demo=True, registry=REGISTRY_KEY.vkey, log=LOG_KEY.vkey).encoded)
    add(IssuerKey(ONE, ALPHA, EPOCH, METHODS[ALPHA], issuer_key(ONE, ALPHA)).encoded)
    published.opens(SMALL, terms(SMALL))
    published.log += [issued(ALPHA, 10), *round_of(SMALL, TICKS[2], [signed(each, SMALL) for each in crowd(10)])]
    return published


CO_ISSUED = letter("co-issued", organisations=(BETA,))


def co_issued(acts: Sequence[bytes], at_most: int = 20) -> Published:
    """One letter of one organisation with two issuers, of which the second says how many it admitted at most."""
    published = Published([], [], {})
    add = published.registry.append
    add(Genesis(NAME, demo=True, registry=REGISTRY_KEY.vkey, log=LOG_KEY.vkey).encoded)
    for issuer in ISSUERS[BETA]:
        add(IssuerKey(issuer, BETA, EPOCH, METHODS[BETA], issuer_key(issuer, BETA)).encoded)
    published.opens(CO_ISSUED, terms(CO_ISSUED))
    published.log += [issued(BETA, 20), issued(BETA, at_most, TWO), *round_of(CO_ISSUED, TICKS[2], acts, BETA)]
    return published


def small() -> Published:
    """One letter, one organisation, one round of ten: quick to audit again and again."""
    return _small().copy()
