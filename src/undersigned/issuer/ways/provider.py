"""A provider of accounts as the issuer sees it: its metadata, its keys, and what it says of one account.

OpenID Connect Core 1.0 and Discovery 1.0, with Authlib. An ID token is believed only when every check holds; the token
itself, the code and the claims are forgotten when the request ends. Kept in memory, for an hour, are the provider's
public metadata and keys.

Trust: a provider can say of anybody that they are one of its accounts. It learns that somebody asked, and when.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from undersigned.errors import Malformed, Refused, Unavailable
from undersigned.issuer.ways.outgoing import Answer, Outgoing
from undersigned.protocol.account import signs_in_at, web

#: Signatures that are believed: of the provider's own key pairs, none by a shared secret, and never none at all.
ALGORITHMS: Final = (
    "ES256", "ES384", "ES512", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
)  # fmt: skip
#: Seconds by which the clocks of provider and issuer may differ.
LEEWAY: Final = 60
#: Seconds since a token was made, at most: it was asked for just now.
OLDEST: Final = 600
#: Characters of the longest `sub` (OpenID Connect Core, section 2).
MAX_SUB: Final = 255
_KINDS: Final = ("EC", "OKP", "RSA")
_HOUR: Final = 3600.0
#: Seconds after which keys are asked for anew because a token names one that is unknown.
_AGAIN: Final = 30.0
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
#: What is read of a provider's answer with a token: nothing of it reaches a library that would say it again.
_TOKEN: Final = ("error", "id_token", "access_token")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is used of a provider's public metadata.

    `post` tells that a client's secret goes into the form, `fragment` that it can answer after a “#”, `names_itself`
    that it says its name in an answer (RFC 9207).
    """

    issuer: str
    authorization: str
    token: str
    keys: str
    algorithms: tuple[str, ...]
    post: bool
    fragment: bool
    names_itself: bool


@dataclass(frozen=True, slots=True)
class Client:
    """Who the issuer is at a provider; `secret` is empty for a public client."""

    provider: str
    client_id: str
    secret: str = ""


class Providers:
    """All providers that are asked. `now` is the time in seconds since 1970, `unencrypted` allows http on this machine.

    May be used from several threads: two that ask for the same at once both ask.
    """

    def __init__(self, outgoing: Outgoing, *, unencrypted: bool = False, now: Callable[[], float] = time.time) -> None:
        self._outgoing, self._unencrypted, self._now = outgoing, unencrypted, now
        self._metadata: dict[str, tuple[float, Metadata]] = {}
        self._keys: dict[str, tuple[float, KeySet]] = {}

    def metadata(self, provider: str) -> Metadata:
        """Return a provider's metadata, at most an hour old. Raises: `Malformed`, `Unavailable`."""
        found = self._metadata.get(provider)
        if found is None or time.monotonic() - found[0] > _HOUR:
            got = self._outgoing.get(self.address(provider).rstrip("/") + _WELL_KNOWN)
            found = (time.monotonic(), self._checked(provider, got))
            self._metadata[provider] = found
        return found[1]

    def address(self, value: object) -> str:
        """Check an address of a provider. Raises: `Malformed`."""
        address = web(value)
        if not address.startswith("https://") and not self._unencrypted:
            raise Malformed("bad-provider", "A provider's address begins with https://")
        return address

    def _checked(self, provider: str, got: Mapping[str, Any]) -> Metadata:
        if got.get("issuer") != provider:
            raise unfit("it calls itself by another address")
        flows, challenges = got.get("response_types_supported"), got.get("code_challenge_methods_supported")
        if not _has(flows, "code") or not _has(challenges, "S256"):
            raise unfit("it does not offer the authorization code flow with S256")
        offered = got.get("id_token_signing_alg_values_supported", ["RS256"])
        algorithms = tuple(each for each in ALGORITHMS if _has(offered, each))
        if not algorithms:
            raise unfit("it signs in no way that is believed here")
        try:
            addresses = [self.address(got.get(f"{name}_endpoint")) for name in ("authorization", "token")]
            keys = self.address(got.get("jwks_uri"))
        except Malformed as error:
            raise unfit("an address of it is missing or does not begin with https://") from error
        try:
            signs_in_at(addresses[0], provider)
        except Malformed as error:
            raise unfit("its address to sign in is on another host, or says too much") from error
        methods = got.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Metadata(
            issuer=provider,
            authorization=addresses[0],
            token=addresses[1],
            keys=keys,
            algorithms=algorithms,
            post=not _has(methods, "client_secret_basic"),
            fragment=_has(got.get("response_modes_supported", ["query", "fragment"]), "fragment"),
            names_itself=got.get("authorization_response_iss_parameter_supported") is True,
        )

    def claims(self, client: Client, evidence: Mapping[str, str], nonce: str) -> dict[str, Any]:
        """Change a code for an ID token and return its claims, all of it checked; it has to answer to `nonce`.

        Raises: `Refused`, `Unavailable`, with words for the person.
        """
        metadata = self.metadata(client.provider)
        got = self._exchange(metadata, client, evidence)
        token, access = got.get("id_token"), got.get("access_token")
        if not isinstance(token, str) or not token.isascii():
            raise _disbelieved()
        try:
            try:
                found = self._decoded(metadata, token, self._key_set(metadata, _HOUR))
            except InvalidKeyIdError:
                found = self._decoded(metadata, token, self._key_set(metadata, _AGAIN))
            parameters = {"nonce": nonce, "client_id": client.client_id}
            if isinstance(access, str):
                parameters["access_token"] = access
            self._check(CodeIDToken(found.claims, found.header, _options(client), parameters))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _disbelieved() from error
        return found.claims

    def _decoded(self, metadata: Metadata, token: str, keys: KeySet) -> jwt.Token:
        registry = JWSRegistry(algorithms=list(metadata.algorithms), strict_check_header=False)
        return jwt.decode(token, keys, registry=registry)

    def _check(self, claims: CodeIDToken) -> None:
        """Check what the token says: whose it is, for whom, of when, and in answer to what.

        Raises: `JoseError` or `Refused`.
        """
        now = int(self._now())
        claims.validate(now, LEEWAY)
        issued, sub = claims["iat"], claims["sub"]
        if isinstance(issued, bool) or issued < now - OLDEST or not 0 < len(sub) <= MAX_SUB:
            raise _disbelieved()

    def _key_set(self, metadata: Metadata, age: float) -> KeySet:
        """Return a provider's public keys, at most `age` seconds old. Raises: `Unavailable`, `JoseError`."""
        found = self._keys.get(metadata.keys)
        if found is None or time.monotonic() - found[0] > age:
            listed = self._outgoing.get(metadata.keys).get("keys")
            public = [each for each in listed if _signs(each)] if isinstance(listed, list) else []
            found = (time.monotonic(), KeySet.import_key_set({"keys": public}))
            self._keys[metadata.keys] = found
        return found[1]

    def _exchange(self, metadata: Metadata, client: Client, evidence: Mapping[str, str]) -> dict[str, Any]:
        method = "none"
        name, secret = client.client_id, client.secret
        if secret:
            method = "client_secret_post" if metadata.post else "client_secret_basic"
        if method == "client_secret_basic":
            # RFC 6749, section 2.3.1: both are form-encoded first.
            name, secret = quote_plus(name), quote_plus(secret)
        library = OAuth2Client(_Session(self._outgoing), name, secret, token_endpoint_auth_method=method)
        try:
            got: dict[str, Any] = library.fetch_token(
                metadata.token,
                grant_type="authorization_code",
                code=evidence["code"],
                redirect_uri=evidence["redirect"],
                code_verifier=evidence["verifier"],
            )
        except OAuth2Error as error:
            raise _declined(str(error.error)) from error
        return got


class _Session:
    """The one thing that Authlib may do over the network: send one form."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> "_Read":  # noqa: ANN401 - Authlib's
        """Send a form; of the answer only what is used is passed on."""
        return _Read(self._outgoing.post(url, data, headers, auth))


class _Read:
    """An answer of which Authlib sees what is used."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status_code
        self.raise_for_status = answer.raise_for_status
        self._got = answer.json()

    def json(self) -> dict[str, Any]:
        """Return the fields that are used."""
        return {name: self._got[name] for name in _TOKEN if name in self._got}


def _has(listed: object, name: str) -> bool:
    """Tell whether a list of the metadata has a member; one that is left out says nothing against it."""
    return listed is None or (isinstance(listed, list) and name in listed)


def _signs(key: object) -> bool:
    return isinstance(key, dict) and key.get("kty") in _KINDS and key.get("use", "sig") == "sig"


def _options(client: Client) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": client.provider},
        "sub": {"essential": True},
        "aud": {"essential": True, "value": client.client_id},
    }


def _declined(error: str) -> Refused | Unavailable:
    if error == "invalid_grant":
        return Refused(
            "account-code-spent", "This sign-in was used already, or is too old. Sign in anew: it takes a moment."
        )
    return Unavailable(
        "provider-declines",
        "The place where you sign in does not take what this server sends. Nothing was stored. "
        "Tell whoever runs this server.",
    )


def unfit(why: str) -> Unavailable:
    """Return what is said of a provider that cannot be used."""
    return Unavailable("provider-unfit", f"The provider cannot be used: {why}.")


def _disbelieved() -> Refused:
    return Refused(
        "account-disbelieved",
        "What the provider says of your account cannot be believed, so nothing was stored. Sign in anew. "
        "If it fails again, tell whoever runs this server.",
    )
