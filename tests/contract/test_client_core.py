"""Python and the browser's core: what one makes the other accepts, what one refuses the other refuses, one count."""

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from support.auditing import audited
from support.browsing import missing
from support.client_core import CLIENT, Core, built, core, node
from support.formats import REWRITES, seeds
from support.instance_double import (
    ADDRESS,
    CODE,
    ISSUER,
    ORGANISATION,
    UNION,
    Double,
    IssuerDouble,
    letter,
    served,
    wallet,
)
from support.lies import FINAL_A, ROUND_A, ROUND_A2, ROUND_B, ROUND_G, WITHDRAWAL, acts_of, field, head
from support.own import vectors
from support.published import (
    BETA,
    CO_ISSUED,
    LOG_KEY,
    ONE,
    REGISTRY_KEY,
    Published,
    co_issued,
    crowd,
    honest,
    minted,
    signed,
)
from undersigned.auditor.audit import Options
from undersigned.auditor.state import read_state, write_state
from undersigned.bbs.blind import blind_sign, verify_commitment, verify_signature
from undersigned.bbs.signature import keygen, public_key
from undersigned.errors import Conflict, Refused, UndersignedError
from undersigned.holder.address import instance
from undersigned.holder.client import Client
from undersigned.holder.transport import HttpTransport
from undersigned.holder.wallet import Wallet
from undersigned.holder.wallet_file import Seal, seal, unseal
from undersigned.protocol.act import Act, SignedAct
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.entry import IssuerKey
from undersigned.protocol.presentation import Accepts, ContextRule, KeyRing, present, pseudonym_of, verify
from undersigned.tlog.checkpoint import Checkpoint, sign_checkpoint
from undersigned.tlog.cosignature import CosignatureKey
from undersigned.tlog.note import Note, VerifierKey
from undersigned.tlog.policy import Policy
from undersigned.tlog.proof import TlogProof
from undersigned.tlog.proof import verify as verify_proof
from undersigned.tlog.tile import TilePath
from undersigned.values import canonical

SEED = bytes(range(64))
POLICY = f"log {REGISTRY_KEY.vkey}\nlog {LOG_KEY.vkey}\nquorum none\n"
#: Members that a co-issuer invents.
MINTED = 100
TOGETHER, UNION_CODE = "safer-warehouses-together", "8B4N-0RYB-3C5D-E6FG"
SLUG, AFTER = "safer-warehouses", "2026-12-03T01:00:00Z"


def dice(*names: object) -> Callable[[int], bytes]:
    return random.Random(repr(names)).randbytes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="module", name="core")
def _core(folder: Path) -> Iterator[Core]:
    with core(folder) as partner:
        yield partner


def test_the_clients_own_tests_pass(folder: Path) -> None:
    tests = sorted(map(str, folder.rglob("*.test.*js")))
    assert len(tests) > 5
    done = subprocess.run(
        [node(), "--test", "--test-reporter=tap", *tests],
        cwd=CLIENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout


@pytest.mark.parametrize("project", [".", "test"])
def test_the_client_s_types_hold(project: str) -> None:
    compiler = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.is_file():
        missing("the client's packages are not installed: (cd client && npm ci --ignore-scripts)")
    done = subprocess.run(
        [node(), str(compiler), "-p", project], cwd=CLIENT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout


# ── credentials and acts ──


def test_a_commitment_of_the_client_is_signed_here(core: Core) -> None:
    commitment = bytes.fromhex(core.ask("commit", seed=SEED.hex(), issuer=ISSUER))
    again = bytes.fromhex(core.ask("commit", seed=SEED.hex(), issuer=ISSUER))
    assert verify_commitment(commitment) == verify_commitment(again)
    assert commitment != again
    credential, public = _credential(commitment)
    own = nym_secrets(SEED), blind(SEED, ISSUER)
    verify_signature(public, credential.signature, header(ISSUER), credential.attributes.messages(), *own)


def _credential(commitment: bytes) -> tuple[Credential, bytes]:
    secret = keygen(b"an issuer's key for this test alone")
    said = Attributes(ORGANISATION, "2026Q4", "undeclared", "undeclared", "code")
    signature = blind_sign(secret, public_key(secret), commitment, header(ISSUER), said.messages(), bytes(32))
    return Credential(ISSUER, said, signature), public_key(secret)


def _act(context: str) -> Act:
    disclosed = {0: ORGANISATION, 1: "2026Q4"}
    nym = pseudonym_of(context, SEED)
    return Act("letter", "sign", context, ORGANISATION, "2026Q4", disclosed, (ISSUER,), nym)


def test_acts_go_both_ways(core: Core) -> None:
    credential, public = _credential(bytes.fromhex(core.ask("commit", seed=SEED.hex(), issuer=ISSUER)))
    context = f"undersigned/1/letter/{'0a' * 32}"
    act = _act(context)
    rule = ContextRule(context, "letter", "2026Q4", {ORGANISATION: Accepts((ISSUER,), frozenset({0, 1}))})
    ring = KeyRing({(ISSUER, ORGANISATION, "2026Q4"): public})
    theirs = core.ask(
        "present", act=act.record(), credentials=[credential.record()], keys={ISSUER: public.hex()}, seed=SEED.hex()
    )
    assert verify(SignedAct.parse(theirs.encode()), rule, ring).act == act
    ours = present(act, [credential], {ISSUER: public}, SEED, dice("present"))
    other = ours.encoded.replace(b'"sequence":0', b'"sequence":1').replace(b'"action":"sign"', b'"action":"withdraw"')
    told = core.ask(
        "verify",
        wires=[ours.encoded.decode(), other.decode()],
        rule={
            "context": context,
            "kind": "letter",
            "epoch": "2026Q4",
            "organisations": {ORGANISATION: {"issuers": [ISSUER], "disclosed": [0, 1]}},
        },
        keys={f"{ISSUER} {ORGANISATION} 2026Q4": public.hex()},
    )
    assert told[0] is None
    assert told[1]["code"] == "proof-challenge"


# ── wallets ──


def test_wallet_files_open_on_both_sides(core: Core) -> None:
    double = Double()
    kept = wallet(3, policy=double.policy, address="http://127.0.0.1:9")
    double.origins.append("http://127.0.0.1:9")
    client = Client("http://127.0.0.1:9", kept, dice("wallet"), double)
    client.enrol(ORGANISATION, CODE)
    kept.keep(client.address, client.sign(SLUG).receipt)
    text = kept.encoded().decode()
    theirs = bytes.fromhex(core.ask("seal", wallet=text, passphrase="für die Küche"))
    assert unseal(theirs, "für die Küche").encoded().decode() == text
    ours = seal(kept, Seal("für die Küche", dice("seal"), cost=15))
    assert core.ask("unseal", octets=ours.hex(), passphrase="für die Küche") == text
    with pytest.raises(Refused) as refused:
        core.ask("unseal", octets=ours.hex(), passphrase="another")
    assert refused.value.code == "wrong-passphrase"


# ── formats: the same octets are taken, the rest refused with the same code and words ──

#: Changed octets a format.
CHANGES = 120


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


#: Formats beside those of `support.formats`.
MORE: dict[str, Callable[[bytes], bytes]] = {
    "note": lambda data: Note.parse(data).encode(),
    "checkpoint": lambda data: Checkpoint.parse(_text(data)).text().encode(),
    "verifier-key": lambda data: VerifierKey.parse(_text(data)).encode().encode(),
    "policy": lambda data: Policy.parse(_text(data)).text().encode(),
    "proof": lambda data: TlogProof.parse(data).encode(),
    "tile-path": lambda data: str(TilePath.parse(_text(data))).encode(),
    "wallet": lambda data: Wallet.parse(data).encoded(),
    "address": lambda data: instance(_text(data)).encode(),
}


def _more_seeds() -> dict[str, list[bytes]]:
    signed = sign_checkpoint(Checkpoint(LOG_KEY.name, 2**62 + 5, bytes(32)), LOG_KEY)
    small = CosignatureKey("w1", bytes(32)), CosignatureKey("w2", bytes([1] * 32))
    witnesses = "".join(f"witness {key.name} {key.vkey} https://{key.name}.example/\n" for key in small)
    kept = wallet(3, policy=POLICY)
    Client(ADDRESS, kept, dice("wallet"), Double()).wallet.keep(ADDRESS, signed)
    return {
        "note": [signed],
        "checkpoint": [Note.parse(signed).text.encode(), Checkpoint("a", 7, bytes(32), ("more",)).text().encode()],
        "verifier-key": [LOG_KEY.vkey.encode(), REGISTRY_KEY.vkey.encode()],
        "policy": [f"{POLICY[:-12]}{witnesses}group g 1 w1 w2\nquorum g\n".encode(), POLICY.encode()],
        "proof": [TlogProof(3, [bytes(32)] * 2, signed).encode(), TlogProof(2**61, [], signed, b"more").encode()],
        "tile-path": [b"tile/0/x001/234.p/17", b"tile/entries/000", b"tile/2/x009/x223/x372/x036/x854/775"],
        "wallet": [kept.encoded()],
        "address": [b"https://letters.example", b"http://127.0.0.1:8000", b"https://[::1]:8443", b"http://a.onion"],
    }


def _changes(data: bytes, rng: random.Random) -> bytes:
    """Octets with a small change: one octet, one cut, one repeated part, or one character of another alphabet."""
    at = rng.randrange(len(data) + 1)
    kind = rng.randrange(6)
    if kind == 0:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[at : at + rng.randrange(1, 9)] + data[at:]
    if kind == 3:
        return (
            data[:at]
            + rng.choice(["é", "é", "\u2028", "😀", "\u0000", "\ufeff", '"', "}", ",", "-0", "1e3"]).encode()
            + data[at:]
        )
    if kind == 4:
        return data.replace(
            *rng.choice([(b"0", b"1"), (b"example", b"Example"), (b":null", b":0"), (b"Q4", b"Q5"), (b"a", b"b")]), 1
        )
    return data.replace(b",", b", ", 1)


def _here(kind: str, data: bytes) -> dict[str, str]:
    try:
        return {"octets": (REWRITES | MORE)[kind](data).hex()}
    except UndersignedError as error:
        return _plain({"family": type(error).__name__.lower(), "code": error.code, "words": error.words})


def _family(told: dict[str, str]) -> dict[str, str]:
    """An answer without its reason: an address can be wrong in several ways at once."""
    return {name: value for name, value in told.items() if name not in {"code", "words"}}


def _plain(told: dict[str, str]) -> dict[str, str]:
    """An answer to compare: of what is wrong with a base64 text or an address, each side may say something else."""
    if told.get("code", "") in {"bad-address", "address-unencrypted"}:
        return _family(told)
    return {name: value for name, value in told.items() if name != "words" or "base64" not in told["code"]}


@pytest.mark.parametrize("kind", sorted({*REWRITES, *MORE}))
def test_formats_are_read_alike(core: Core, kind: str) -> None:
    rng = random.Random(kind)
    good = (seeds() | _more_seeds())[kind]
    cases = [*good, *(_changes(rng.choice(good), rng) for _ in range(CHANGES))]
    told = core.ask("rewrite", cases=[{"format": kind, "octets": data.hex()} for data in cases])
    here = [_here(kind, data) for data in cases]
    told = [_plain(each) for each in told]
    assert told[: len(good)] == [{"octets": data.hex()} for data in good]
    if kind == "address":
        here, told = ([_family(each) for each in side] for side in (here, told))
    differing = [(data, ours, theirs) for data, ours, theirs in zip(cases, here, told, strict=True) if ours != theirs]
    assert not differing
    assert sum("octets" not in each for each in here) > CHANGES // 3


def test_vectors_of_acts_are_refused_in_the_same_words(core: Core) -> None:
    cases = [case for case in vectors("acts-invalid.json")["acts"] if case["at"] == "parse"]
    wires = [
        case["wire"]["utf8"].encode() if "utf8" in case["wire"] else bytes.fromhex(case["wire"]["hex"])
        for case in cases
    ]
    told = core.ask("rewrite", cases=[{"format": "act", "octets": data.hex()} for data in wires])
    assert [_plain(each) for each in told] == [_here("act", data) for data in wires]


# ── a whole life against one instance ──


def test_a_life_in_the_browser_and_one_here(core: Core) -> None:
    double = Double()
    with served(double) as (address, _):
        core.ask("open", address=address, wallet=wallet(1, policy=double.policy, address=address).encoded().decode())
        said = {"roleFamily": "software-engineer", "standing": "non-manager"}
        assert core.ask("enrol", address=address, organisation=ORGANISATION, code=CODE.lower(), said=said) == ["2026Q4"]
        sent = core.ask("sign", address=address, slug=SLUG)
        assert sent["digest"] in double.held
        assert not sent["repeated"]
        assert core.ask("sign", address=address, slug=SLUG)["repeated"]
        assert core.ask("find", address=address, slug=SLUG) is None
        # The same words on another device, in Python: the same act, the pass of the browser.
        kept = Wallet.parse(core.ask("wallet", address=address).encode())
        transport = HttpTransport(address)
        here = Client(address, kept, dice("here"), transport)
        assert here.sign(SLUG).act.digest == sent["digest"]
        assert here.check(sent["receipt"].encode(), AFTER).state == "late"
        transport.close()
        double.round(final=True)
        found = core.ask("find", address=address, slug=SLUG)
        key = VerifierKey.parse(double.log_key.vkey)
        proof = TlogProof.parse(found["proof"].encode())
        verify_proof(proof, found["entry"].encode(), key.name, key)
        assert core.ask("check", address=address, receipt=sent["receipt"], now=AFTER)["state"] == "counted"
        assert core.ask("replace", address=address, organisation=ORGANISATION, code=CODE) == "2026-10-09"
        core.ask("cancel", address=address, organisation=ORGANISATION)
        withdrawn = core.ask("withdraw", address=address, slug=SLUG)
        assert withdrawn["digest"] in double.held


def test_the_browser_refuses_what_python_refuses(core: Core) -> None:
    double = Double()
    with served(double) as (address, _):
        for number in (1, 2):
            core.ask(
                "open", address=address, wallet=wallet(number, policy=double.policy, address=address).encoded().decode()
            )
            if number == 1:
                core.ask("enrol", address=address, organisation=ORGANISATION, code=CODE, said={})
                continue
            with pytest.raises(Conflict) as conflict:
                core.ask("enrol", address=address, organisation=ORGANISATION, code=CODE, said={})
            assert conflict.value.code == "code-spent"
        kept = core.ask("wallet", address=address)
        double.registry.rewrite(double.registry.entries[:-1])
        core.ask("open", address=address, wallet=kept)
        with pytest.raises(Refused) as refused:
            core.ask("restore", address=address, organisation=ORGANISATION, said={})
        assert refused.value.code == "log-shrank"


# ── passes of two issuers, one of them elsewhere ──


@dataclass
class CoIssued:
    """Letters with an issuer of their own, another issuer at another address, and a letter that asks for both."""

    core: Core
    letters: Double
    union: IssuerDouble
    address: str

    def open(self, number: int = 1, kept: str | None = None) -> None:
        if kept is None:
            made = wallet(number, policy=self.letters.policy, address=self.address)
            made.agree(self.address, UNION, self.letters.elsewhere[UNION])
            kept = made.encoded().decode()
        self.core.ask("open", address=self.address, wallet=kept)

    def ask(self, verb: str, **asked: Any) -> Any:
        return self.core.ask(verb, address=self.address, **asked)

    def enrol(self, issuer: str, code: str) -> Any:
        return self.ask("enrol", organisation=ORGANISATION, code=code, said={"issuer": issuer})

    def refuses(self, why: str, verb: str, **asked: Any) -> UndersignedError:
        with pytest.raises(UndersignedError) as caught:
            self.ask(verb, **asked)
        assert caught.value.code == why, caught.value.words
        return caught.value


@pytest.fixture
def co_issuing(core: Core) -> Iterator[CoIssued]:
    double = Double()
    union = IssuerDouble(double)
    double.letter = double.open(letter(TOGETHER, by=(ISSUER, UNION)))
    with served(double) as (address, _), served(union) as (there, _):
        double.elsewhere[UNION] = there
        yield CoIssued(core, double, union, address)


def test_a_life_with_two_issuers_in_the_browser_and_here(co_issuing: CoIssued) -> None:
    here = co_issuing
    here.open()
    # Of several issuers the one that is not elsewhere is meant where none is named.
    assert here.ask("enrol", organisation=ORGANISATION, code=CODE, said={}) == ["2026Q4"]
    assert [each.issuer for each in Wallet.parse(here.ask("wallet").encode()).at(here.address)] == [ISSUER]
    words = here.refuses("no-pass", "sign", slug=TOGETHER).words
    assert f"a pass from each of {ISSUER} and {UNION}. You hold no pass from {UNION} for {ORGANISATION}" in words
    assert here.enrol(UNION, UNION_CODE) == ["2026Q4"]
    assert [path for path, _ in here.union.sent] == ["api/issuer/admissions"]
    sent = here.ask("sign", slug=TOGETHER)
    assert here.letters.held[sent["digest"]].act.issuers == (ISSUER, UNION)
    assert len(here.union.sent) == 1, "the other issuer hears nothing of it"
    # Python opens the wallet and makes the same act with the browser's two passes.
    transport = HttpTransport(here.address)
    kept = Wallet.parse(here.ask("wallet").encode())
    assert Client(here.address, kept, dice("here"), transport).sign(TOGETHER).act.digest == sent["digest"]
    transport.close()
    assert here.ask("renew", issuer=UNION) == ["2026Q4"]
    here.open()
    for issuer in (ISSUER, UNION):
        assert here.ask("restore", organisation=ORGANISATION, said={"issuer": issuer}) == ["2026Q4"]
        here.ask("cancel", organisation=ORGANISATION, said={"issuer": issuer})
    assert here.ask("sign", slug=TOGETHER)["repeated"]
    here.open(2)
    assert here.ask("replace", organisation=ORGANISATION, code=UNION_CODE, said={"issuer": UNION}) == "2026-10-09"
    said = [path.rpartition("/")[2] for path, _ in here.union.sent]
    assert said == ["admissions", "renewals", "renewals", "cancellations", "replacements"]


def test_the_browser_goes_nowhere_that_nobody_agreed_to(co_issuing: CoIssued) -> None:
    """An older pass opens and is written as it was; an address that is left out or changed is refused."""
    here = co_issuing
    value = json.loads(wallet(1, policy=here.letters.policy, address=here.address).encoded())
    value["instances"][here.address].pop("issuers")
    older = canonical(value).decode()
    here.open(kept=older)
    for issuer, code in ((ISSUER, CODE), (UNION, UNION_CODE)):
        asked = {"organisation": ORGANISATION, "said": {"issuer": issuer}}
        here.refuses("issuer-unseen", "enrol", code=code, **asked)
        here.refuses("issuer-unseen", "restore", **asked)
        here.refuses("issuer-unseen", "cancel", **asked)
    assert "issuers" not in json.loads(here.ask("wallet"))["instances"][here.address]
    agreed = wallet(1, policy=here.letters.policy, address=here.address)
    agreed.agree(here.address, UNION, here.letters.elsewhere[UNION])
    assert Wallet.parse(agreed.encoded()) == agreed
    for said in (here.address, "https://false.example", None):
        if said is None:
            here.letters.elsewhere.pop(UNION)
        else:
            here.letters.elsewhere[UNION] = said
        here.open(kept=agreed.encoded().decode())
        here.refuses("issuer-moved", "enrol", organisation=ORGANISATION, code=UNION_CODE, said={"issuer": UNION})
    assert here.letters.sent == here.union.sent == []


def test_the_browser_takes_nothing_of_its_own_from_either_issuer(co_issuing: CoIssued) -> None:
    """A key, an attribute, an answer or an address for one person only: refused, and nothing kept."""
    here = co_issuing
    here.open()
    for of, issuer, code in ((here.letters, ISSUER, CODE), (here.union, UNION, UNION_CODE)):
        honest, name = of.attributes, (issuer, ORGANISATION, "2026Q4")
        for change in ({"role_family": "software-engineer"}, {"standing": "manager"}, {"method": "email"}):
            of.attributes = lambda asked, epoch, honest=honest, change=change: replace(honest(asked, epoch), **change)  # type: ignore[method-assign, misc]  # the cheat
            with pytest.raises(Refused, match="could mark you"):
                here.enrol(issuer, code)
        of.attributes = honest  # type: ignore[method-assign]  # as it was
        right, of.secrets[name] = of.secrets[name], keygen(b"a key of one's own for one person alone")
        with pytest.raises(Refused, match="not signed with the key in the public registry"):
            here.enrol(issuer, code)
        of.secrets[name] = right
    there, here.letters.elsewhere[UNION] = here.letters.elsewhere[UNION], here.address
    here.open()
    with pytest.raises(Refused, match=f"says “{ISSUER}” as issuer, not “{UNION}”"):
        here.enrol(UNION, UNION_CODE)
    here.letters.elsewhere[UNION] = there
    assert Wallet.parse(here.ask("wallet").encode()).memberships == {}

    here.open()
    here.enrol(ISSUER, CODE)
    here.enrol(UNION, UNION_CODE)
    kept = here.ask("wallet")
    before = len(here.letters.sent)
    whole = here.letters.documents[here.letters.letter.digest]
    here.letters.documents[here.letters.letter.digest] = letter(TOGETHER, by=(UNION,)).encoded
    here.open(kept=kept)
    here.refuses("document-differs", "sign", slug=TOGETHER)
    here.letters.documents[here.letters.letter.digest] = whole
    own = public_key(keygen(b"a second key of the other issuer for one"))
    here.letters.enter(IssuerKey(UNION, ORGANISATION, "2026Q4", ("code",), own))
    here.open(kept=kept)
    here.refuses("second-issuer-key", "sign", slug=TOGETHER)
    assert len(here.letters.sent) == before


# ── audits ──


def _compared(core: Core, place: Path, *, policy: str | None = None, state: Path | None = None) -> dict[str, Any]:
    """Audit on both sides, compare the reports, return the one of the client."""
    options = Options(
        policy=None if policy is None else Policy.parse(policy), state=None if state is None else read_state(state)
    )
    here = json.loads(json.dumps(audited(place, options).record()))
    told = core.ask("audit", folder=str(place), policy=policy, state=None if state is None else state.read_text())
    there = told["report"]
    for report in (here, there):
        report["failures"].sort(key=lambda failure: json.dumps(failure, sort_keys=True))
        report["remarks"].sort()
        for step in report["steps"]:
            step["checked"] = step["checked"].replace("(blst)", "(noble)")
    differing = {name for name in here if here[name] != there[name]} - {"engine", "seconds", "source", "workers"}
    assert set(here) == set(there)
    assert not differing, [(name, here[name], there[name]) for name in differing]
    return dict(told)


def test_an_honest_log_is_counted_alike(core: Core, tmp_path: Path) -> None:
    place = honest().write(tmp_path / "public", steps=(1, 30))
    told = _compared(core, place)
    assert told["report"]["passed"]
    assert sum(letter["net"] for letter in told["report"]["letters"]) > 50
    with_policy = _compared(core, place, policy=POLICY)
    # Each continues from where the other's audit ended.
    kept = tmp_path / "state"
    kept.write_text(with_policy["state"])
    assert _compared(core, place, policy=POLICY, state=kept)["report"]["verified"] == 0
    write_state(kept, audited(place).heads)
    assert (
        _compared(core, place, state=kept)["report"]["resumed"] == with_policy["report"]["checkpoints"]["log"]["size"]
    )


def _counts(published: Published) -> None:
    head(published, ROUND_A, count=12)
    head(published, ROUND_B, tick="2026-10-02T00:00:00Z")
    head(published, FINAL_A, final=False)


def _fields(published: Published) -> None:
    field(published, ROUND_A + 1, sequence=1, action="withdraw")
    field(published, ROUND_B + 2, epoch="2026Q3")
    published.log[ROUND_A2 + 1] = published.log[ROUND_A + 1]


def _order(published: Published) -> None:
    first, second = acts_of(published, ROUND_G, 20)[:2]
    published.log[ROUND_G + 1], published.log[ROUND_G + 2] = second, first
    published.log[WITHDRAWAL], published.log[ROUND_A + 3] = published.log[ROUND_A + 3], published.log[WITHDRAWAL]


def _unknown(published: Published) -> None:
    published.log[ROUND_A + 4] = b'{"entry":"release"}'
    published.log[ROUND_A + 5] = b"not JSON"
    published.registry.append(b'{"entry":"other"}')
    del published.documents[next(iter(published.documents))]


def _proofs(published: Published) -> None:
    entry = json.loads(published.log[ROUND_A + 2])
    other = json.loads(published.log[ROUND_A + 6])
    field(published, ROUND_A + 2, proofs=other["proofs"])
    field(published, ROUND_B + 1, proofs=list(reversed(json.loads(published.log[ROUND_B + 1])["proofs"])))
    assert entry["proofs"] != other["proofs"]


@pytest.mark.parametrize("lie", [_counts, _fields, _order, _unknown, _proofs])
def test_a_lying_server_is_found_alike(core: Core, tmp_path: Path, lie: Callable[[Published], None]) -> None:
    published = honest()
    lie(published)
    assert not _compared(core, published.write(tmp_path / "public"))["report"]["passed"]


def test_members_that_one_of_two_issuers_invents_are_found_alike(core: Core, tmp_path: Path) -> None:
    """A server that lets them into its log: both audits name every one, and count no rightful one among them."""
    rightful = [signed(each, CO_ISSUED) for each in crowd(10, BETA)]
    assert _compared(core, co_issued(rightful).write(tmp_path / "honest"))["report"]["passed"]
    published = co_issued([*rightful, *minted(MINTED, CO_ISSUED)], at_most=10 + MINTED)
    invented = {at for at, entry in enumerate(published.log) if b'"proofs"' in entry and entry not in rightful}
    report = _compared(core, published.write(tmp_path / "lying"))["report"]
    assert not report["passed"]
    failing = [each for each in report["failures"] if each["step"] == 6]
    assert {each["entry"] for each in failing} <= invented
    assert {each["code"] for each in failing} == {"other-issuers", "proof-challenge", "proof-forged"}
    assert report["steps"][5]["failures"] >= MINTED == len(invented)
    (exceeded,) = (each for each in report["failures"] if each["step"] == 8)
    assert exceeded["words"] == f"110 members of {BETA} signed, but {ONE} admitted at most 20."


def test_damaged_files_are_found_alike(core: Core, tmp_path: Path) -> None:
    place = honest().write(tmp_path / "public", steps=(1, 30))
    rng = random.Random(7)
    sizes = json.loads(json.dumps(audited(place).record()))["checkpoints"]
    read = [f"{log}/tile/{kind}/000.p/{sizes[log]['size']}" for log in ("registry", "log") for kind in ("0", "entries")]
    for path in (*read, next(str(each.relative_to(place)) for each in (place / "documents").iterdir())):
        whole = (place / path).read_bytes()
        at = rng.randrange(len(whole))
        (place / path).write_bytes(whole[:at] + bytes([whole[at] ^ 64]) + whole[at + 1 :])
        assert not _compared(core, place)["report"]["passed"], path
        (place / path).unlink()
        assert not _compared(core, place)["report"]["passed"], path
        (place / path).write_bytes(whole)
    assert _compared(core, place)["report"]["passed"]
