"""A thousand signatures in seconds: acts of members to whom the issuer's key gives credentials, sent over HTTP."""

import http.client
import secrets
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from support import instances
from support.browsing import Place
from undersigned.bbs.blind import blind_sign, commit
from undersigned.bbs.signature import public_key
from undersigned.protocol.credential import Attributes, Credential, header
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.entry import Issued
from undersigned.protocol.letter import Letter
from undersigned.protocol.presentation import present
from undersigned.web.publish import publish

SENDERS = 4


def signed_by(here: Place, letter: Letter, count: int) -> None:
    """Let so many people sign a letter, and count them: real acts to the real server, joining left out."""
    secret = here.instance.keys.issuer(instances.HERE, letter.epoch)
    # Each act is verified by the server while the next ones are made.
    with ThreadPoolExecutor(SENDERS) as senders:
        sent = [senders.submit(_send, here.url, _act(letter, secret)) for _ in range(count)]
        assert {each.result() for each in sent} == {http.client.CREATED}
    here.does(_count, here, letter, -(-count // 10) * 10)


def _act(letter: Letter, secret: int) -> bytes:
    """The padded act of somebody new."""
    public, said = public_key(secret), Attributes(instances.HERE, letter.epoch, "undeclared", "undeclared", "code")
    seed = secrets.token_bytes(64)
    asked = commit(nym_secrets(seed), blind(seed, instances.ISSUER), secrets.token_bytes)
    fresh = secrets.token_bytes(32)
    signature = blind_sign(secret, public, asked, header(instances.ISSUER), said.messages(), fresh)
    member = instances.Member(seed, instances.HERE, [Credential(instances.ISSUER, said, signature)])
    keys = {instances.ISSUER: public}
    return present(member.act(letter), member.credentials, keys, seed, secrets.token_bytes).padded()


def _send(url: str, padded: bytes) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request("POST", "/api/acts", padded, {"Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _count(here: Place, letter: Letter, at_most: int) -> None:
    """Let the time of the next count come; the issuer says how many it would have admitted."""
    tick = here.after(1)
    instances.move(here.instance, tick)
    figure = Issued(instances.ISSUER, instances.HERE, letter.epoch, at_most)
    here.instance.letters.run_round(tick, lambda: [figure])
    publish(here.instance, tick)
