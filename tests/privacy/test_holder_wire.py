"""What a holder really sends, octet by octet, as a server on loopback hears it."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from support.instance_double import CODE, ORGANISATION, Double, dice, letter, served, wallet
from undersigned.holder.client import Client
from undersigned.holder.transport import HttpTransport
from undersigned.protocol.act import PADDED
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.enrolment import Admission, Request
from undersigned.values import b64u

Heard = list[bytes]

#: All that any request may say about who sends it, for everyone the same.
HEADERS = {
    "GET": ["accept", "accept-encoding", "host", "user-agent"],
    "POST": ["accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"],
}
FIXED = {"user-agent": "undersigned", "accept": "*/*", "accept-encoding": "identity"}


def split(connection: bytes) -> Iterator[tuple[str, str, dict[str, str], bytes]]:
    """Requests of a connection: method, path, headers, body."""
    rest = connection
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        method, path, version = first.split(" ")
        assert version == "HTTP/1.1"
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs), "a header stands twice"
        body, rest = rest[: int(headers.get("content-length", 0))], rest[int(headers.get("content-length", 0)) :]
        yield method, path, headers, body


class Life:
    """A holder who joins, signs, signs another letter, withdraws and finds the proof; and what was heard of it."""

    def __init__(self, number: int = 0) -> None:
        self.double = Double()
        self.double.open(letter("second-letter"))
        with served(self.double) as (address, heard):
            self.wallet = wallet(number, policy=self.double.policy, address=address)
            self.way = HttpTransport(address)
            client = Client(address, self.wallet, dice("life", number), self.way)
            self.held = client.enrol(ORGANISATION, CODE)
            self.acts = [client.sign("safer-warehouses").act]
            self.double.letter, first = self.double.open(letter("third-letter")), self.double.letter
            self.acts.append(client.sign("third-letter").act)
            self.double.letter = first
            self.acts.append(client.withdraw("safer-warehouses").act)
            self.double.round()
            assert client.find_proof("safer-warehouses") is not None
            self.way.close()
        self.connections = [bytes(each) for each in heard]
        self.requests = [each for connection in self.connections for each in split(connection)]

    @property
    def everything(self) -> bytes:
        return b"".join(self.connections)


@pytest.fixture(scope="module")
def life() -> Life:
    return Life()


def test_headers_are_few_and_the_same_for_everyone(life: Life) -> None:
    for method, _, headers, _ in life.requests:
        assert sorted(headers) == HEADERS[method]
        assert {name: headers[name] for name in FIXED} == FIXED


def test_two_holders_send_the_same_requests_in_the_same_order(life: Life) -> None:
    other = Life(1)

    def shape(one: Life) -> list[tuple[str, str, list[tuple[str, str]], int]]:
        return [
            (method, path, [item for item in headers.items() if item[0] != "host"], len(body))
            for method, path, headers, body in one.requests
        ]

    # What differs between them is in the bodies alone, and those are as long as each other.
    assert shape(life) == shape(other)
    assert life.everything != other.everything


def test_no_cookie_comes_back(life: Life) -> None:
    assert b"cookie" not in life.everything.lower()
    assert list(life.way._reader.cookies.jar) == []
    assert list(life.way._sender.cookies.jar) == []


def test_acts_all_look_alike(life: Life) -> None:
    acts = [(path, headers, body) for method, path, headers, body in life.requests if path == "/api/acts"]
    assert len(acts) == 3
    assert {len(body) for _, _, body in acts} == {PADDED}
    assert len({tuple(headers.items()) for _, headers, _ in acts}) == 1
    assert {headers["content-type"] for _, headers, _ in acts} == {"application/octet-stream"}


def test_joining_and_signing_share_no_connection(life: Life) -> None:
    for connection in life.connections:
        methods = [method for method, *_ in split(connection)]
        assert methods.count("POST") == 0 or methods == ["POST"]


def test_addresses_name_no_person(life: Life) -> None:
    allowed = re.compile(
        r"/(registry|log)/(checkpoint|tile/entries/[0-9x/]+(\.p/[0-9]+)?)|/documents/[0-9a-f]{64}"
        r"|/issuers\.json|/api/acts|/api/issuer/(admissions|nonce)"
    )
    for _, path, _, _ in life.requests:
        assert allowed.fullmatch(path), path


def spellings(secret: int | bytes | str) -> list[bytes]:
    if isinstance(secret, str):
        return [secret.encode()]
    octets = secret if isinstance(secret, bytes) else secret.to_bytes(32, "big")
    found = [octets, octets[::-1], octets.hex().encode(), octets.hex().upper().encode(), b64u(octets).encode()]
    return found if isinstance(secret, bytes) else [*found, str(secret).encode()]


def secrets_of(life: Life) -> dict[str, list[bytes]]:
    seed = life.wallet.seed
    words = life.wallet.phrase.split()
    pairs = [f"{a}{between}{b}" for a, b in pairwise(words) for between in (" ", "-", "+", ",", "%20")]
    return {
        "entropy": spellings(life.wallet.entropy),
        "seed": spellings(seed),
        "phrase": [pair.encode() for pair in pairs],
        "secrets": [spelling for secret in nym_secrets(seed) for spelling in spellings(secret)],
        "blind": spellings(blind(seed, "members.example")),
        "signature": spellings(life.held.credentials["2026Q4"].signature),
    }


def test_nothing_secret_is_sent(life: Life) -> None:
    for name, found in secrets_of(life).items():
        for spelling in found:
            assert spelling not in life.everything, name


def test_the_search_finds_a_planted_secret(life: Life) -> None:
    for name, found in secrets_of(life).items():
        for planted in found:
            leaking = life.everything[:5000] + planted + life.everything[5000:]
            assert any(spelling in leaking for spelling in found), name


def test_the_code_is_in_the_admission_alone(life: Life) -> None:
    with_code = [(method, path) for method, path, _, body in life.requests if CODE.encode() in body]
    assert with_code == [("POST", "/api/issuer/admissions")]
    assert life.everything.count(CODE.encode()) == 1
    for short in (CODE.replace("-", ""), CODE.lower(), CODE[:9]):
        assert life.everything.count(short.encode()) == (1 if short == CODE[:9] else 0)


def test_commitment_and_pseudonym_never_meet(life: Life) -> None:
    admission = next(body for _, path, _, body in life.requests if path.endswith("admissions"))
    point = b64u(Request.parse(Admission, admission).commitment[:48]).encode()
    acts = b"".join(body for _, path, _, body in life.requests if path == "/api/acts")
    # 48 octets are 64 characters of base64url without a rest, so the point stands in its own characters.
    assert point in admission
    assert point not in acts
    for act in life.acts:
        assert b64u(act.pseudonym).encode() not in admission


def test_the_same_act_twice_shares_nothing_but_the_act(life: Life) -> None:
    double = Double()
    client = Client("https://letters.example", wallet(3, policy=double.policy), dice("twice"), double)
    client.enrol(ORGANISATION, CODE)
    intent = client.prepare("safer-warehouses", "sign")
    client.submit(intent)
    client.submit(intent)
    first, second = (body for path, body in double.sent if path == "api/acts")
    proofs = [re.search(rb'"proofs":\["([^"]+)"\]', body) for body in (first, second)]
    assert all(proofs)
    one, other = (found.group(1) for found in proofs if found is not None)
    windows = {one[at : at + 12] for at in range(len(one) - 12)}
    assert not any(other[at : at + 12] in windows for at in range(len(other) - 12))
