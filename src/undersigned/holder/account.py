"""Joining by an account elsewhere, on the person's own device (section 3, "Accounts").

The device reads from the instance where people sign in, makes state, salt and verifier, and builds the address to
open. What comes back is taken once, and only if it answers what was asked here: by its state, and by the provider's
name where the provider says it (RFC 9207). The instance hears of it only afterwards.
"""

import hmac
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from undersigned.bbs.octets import Rng
from undersigned.errors import Malformed, Refused
from undersigned.holder.admission import Shown
from undersigned.protocol.account import (
    MAX_PORT,
    SECRET,
    Joining,
    challenge,
    evidence,
    host_of,
    redirect,
    signs_in_at,
    web,
)
from undersigned.protocol.credential import method
from undersigned.values import b64u, domain, fields, integer, parse_canonical, text

#: Where an instance says how people join, and the longest answer.
WAYS: Final = "api/issuer/ways"
MAX_WAYS: Final = 1 << 18
_SHORT: Final = 2000
_MAX_QUERY: Final = 8192
_FILLED: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_NAMES: Final = (
    "authorization", "client_id", "employer", "fragment", "hosted_domain", "method", "names_itself", "port", "provider",
    "scope",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Provider:
    """What an instance says of the accounts by which members of an organisation join.

    `address` names the provider, `authorization` is where people sign in, `client_id` the instance's name there.
    `employer` says that the employer runs it. `fragment` tells that the provider can answer after a “#”, which no
    server sees; `names_itself` that it says its name in the answer; `port` is the one that the command line has to use.
    """

    address: str
    authorization: str
    client_id: str
    scope: str
    employer: bool = False
    fragment: bool = False
    hosted_domain: str | None = None
    names_itself: bool = False
    port: int | None = None

    @classmethod
    def parse(cls, value: object) -> "Provider":
        """Read one way of an instance's answer. Raises: `Malformed`."""
        got = fields(value, _NAMES, "The way of joining")
        for name in ("employer", "fragment", "names_itself"):
            if not isinstance(got[name], bool):
                raise Malformed("bad-flag", f"“{name}” of the way of joining is neither true nor false.")
        hosted, port = got["hosted_domain"], got["port"]
        address, authorization = web(got["provider"]), web(got["authorization"])
        signs_in_at(authorization, address)
        return cls(
            address=address,
            authorization=authorization,
            client_id=_filled(got["client_id"], "The client"),
            scope=_filled(got["scope"], "The scope"),
            employer=got["employer"],
            fragment=got["fragment"],
            hosted_domain=None if hosted is None else domain(hosted),
            names_itself=got["names_itself"],
            port=None if port is None else integer(port, least=1, most=MAX_PORT, what="The port"),
        )

    @property
    def host(self) -> str:
        """The provider's host, for people."""
        return host_of(self.authorization)


def ways_of(answer: bytes, organisation: str) -> dict[str, dict[str, Any]]:
    """Return what an instance says of an organisation's ways of joining, by way. Raises: `Malformed`."""
    got = fields(parse_canonical(answer, limit=MAX_WAYS), ("organisations",), "The answer about joining")
    listed = got["organisations"].get(organisation, []) if isinstance(got["organisations"], dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Malformed("bad-list", "The ways of joining are not lists.")
    return {method(each.get("method")): each for each in listed}


def provider_of(answer: bytes, organisation: str) -> Provider:
    """Return the provider of the accounts by which members of an organisation join.

    Raises: `Malformed`; `Refused` where they do not join by account.
    """
    found = ways_of(answer, organisation).get("oidc")
    if found is None:
        raise Refused("other-method", f"Members of {organisation} do not join by an account elsewhere.")
    return Provider.parse(found)


# ── asking ──


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a provider that waits for its answer; all of it but `address` stays on the device.

    `address` is what to open; state, salt and verifier are 32 random octets each, base64url.
    """

    address: str
    provider: str
    redirect: str
    state: str
    salt: str
    verifier: str
    names_itself: bool


def ask(provider: Provider, joining: Joining, back: str, rng: Rng, *, fragment: bool = False) -> Question:
    """Build a question; the answer is good for `joining` alone.

    `back` is where the answer comes to, `fragment` asks for it after a “#”.
    Draws 96 octets in three calls: state, salt, verifier. Raises: `Malformed`.
    """
    state, salt, verifier = (b64u(rng(SECRET)) for _ in range(3))
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect(back),
        "scope": provider.scope,
        "state": state,
        "nonce": joining.nonce(salt),
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    if fragment and provider.fragment:
        asked["response_mode"] = "fragment"
    if provider.hosted_domain is not None:
        asked["hd"] = provider.hosted_domain
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
    mark = "&" if "?" in provider.authorization else "?"
    address = f"{provider.authorization}{mark}{query}"
    return Question(address, provider.address, back, state, salt, verifier, provider.names_itself)


def answered(question: Question, query: str) -> Shown:
    """Turn what came back, without its “?” or “#”, into evidence.

    1. every parameter that means something is there once at most; 2. the state is the one that was sent; 3. the
    provider is the one that was asked, where it says so; 4. it is not a refusal; 5. there is a code.

    Raises: `Malformed`, `Refused`, with words for the person.
    """
    got = _parameters(query)
    if not hmac.compare_digest(got.get("state", "").encode(), question.state.encode()):
        raise Refused("other-state", "This does not answer what was asked here. Nothing was sent. Sign in anew.")
    if got.get("iss", "" if question.names_itself else question.provider) != question.provider:
        raise Refused(
            "other-provider",
            "Another provider answered than the one that was asked. Nothing was sent. Sign in anew, and tell others.",
        )
    if "error" in got:
        raise _declined(got["error"])
    if "code" not in got:
        raise Malformed("no-account-code", "The provider sent nothing to join with. Sign in anew.")
    parts = {
        "code": got["code"],
        "redirect": question.redirect,
        "salt": question.salt,
        "verifier": question.verifier,
    }
    return Shown("oidc", evidence(parts))


def _parameters(query: str) -> dict[str, str]:
    """Parameters that mean something, each once at most."""
    if len(query) > _MAX_QUERY or not query.isascii():
        raise Malformed("bad-return", "What the provider sent back cannot be read. Sign in anew.")
    out: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise Malformed("bad-return", "What the provider sent back cannot be read. Sign in anew.") from error
    for name, value in pairs:
        if name in {"code", "error", "iss", "state"}:
            if name in out:
                raise Malformed("bad-return", "The provider's answer says something twice. Sign in anew.")
            out[name] = value
    return out


def _declined(error: str) -> Refused:
    if error == "access_denied":
        return Refused("account-declined", "You did not sign in, or this account may not. Nothing was sent.")
    told = error if error.replace("_", "").isalnum() and len(error) <= len("x" * 40) else "without a reason"
    return Refused("account-declined", f"The provider did not sign you in ({told}). Nothing was sent.")


def _filled(value: object, what: str) -> str:
    checked = text(value, limit=_SHORT, what=what)
    if not _FILLED.fullmatch(checked):
        raise Malformed("bad-text", f"{what} is empty or holds what it should not.")
    return checked
