"""Joining by an account at an OpenID provider; the subject is a tag of provider and account (section 3, "Accounts").

One shot: no account is made here, no token kept, no name or address asked for. Who learns what: the provider sees that
one of its accounts asked for this, and when. It can say of anybody that they signed in, so one that the employer runs
could join in anybody's name; that is refused, unless the operator says that it is to be so, and then every page says
it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from undersigned.errors import Malformed, Refused, UndersignedError
from undersigned.issuer.rules import Said
from undersigned.issuer.ways.employer import related
from undersigned.issuer.ways.provider import Client, Providers
from undersigned.issuer.ways.way import Proved, Settings
from undersigned.protocol.account import MAX_PORT, Joining, host_of, is_loopback
from undersigned.protocol.enrolment import Admission
from undersigned.subjects.tagger import Tagger
from undersigned.values import canonical, domain, fields, integer, text

#: Who runs a provider, as the operator has to say.
RUNNERS: Final = ("employer", "other")
_ASKED: Final = ("claim", "client_id", "employer", "hosted_domain", "port", "provider", "runs", "scope", "secret")
_PUBLIC: Final = (
    "authorization", "client_id", "employer", "fragment", "hosted_domain", "names_itself", "port", "provider", "scope",
)  # fmt: skip
_SHORT: Final = 200
_MOST_VALUES: Final = 20

_SPENT: Final = (
    "Somebody joined with this account already. If that was you, restore your pass with your words. "
    "If your words are lost, replace them."
)
_NOBODY: Final = (
    "Nobody joined with this account, so there is nothing to replace. Join with it, or sign in with another."
)
# A sign-in that is believed admits; the first of the three is never said.
SAID: Final = Said(wrong=("account-wrong", _NOBODY), spent=("account-spent", _SPENT), nobody=_NOBODY)

#: Hosts of services that people take for what they are not, and why they cannot be used.
_NO_PROOF: Final = {
    "linkedin.com": "What people say on LinkedIn about where they work is checked by nobody, so it admits nobody.",
    "github.com": "GitHub offers OAuth for apps and no OpenID Connect for people, and its accounts prove no employer.",
    "githubusercontent.com": "GitHub's tokens are for its machines. They say nothing about where a person works.",
}
#: Providers at which anybody can have an account.
_ANYBODY: Final = ("accounts.google.com", "appleid.apple.com", "www.facebook.com", "gitlab.com")


class Accounts:
    """Accounts elsewhere.

    `issuer` is the name of the issuer that admits by them, `secret` returns a client's secret for an organisation,
    `pages` are the addresses of an instance's own page to which a provider may send somebody back.
    """

    method: Final = "oidc"
    replaces: Final = True
    fixed: Final = ("provider", "client_id")
    said: Final = SAID

    def __init__(
        self, issuer: str, providers: Providers, tagger: Tagger, secret: Callable[[str], str], pages: tuple[str, ...]
    ) -> None:
        self._issuer = issuer
        self._providers, self._tagger, self._secret, self._pages = providers, tagger, secret, pages

    # ── settings ──

    def check(self, organisation: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Check what the operator says, ask the provider for its metadata, and try the keeper.

        Raises: `Malformed`, `Refused` or `Unavailable`, with words for the operator.
        """
        got = fields(dict(settings), _ASKED, "Joining by account")
        provider = self._providers.address(got["provider"])
        hosted = None if got["hosted_domain"] is None else domain(got["hosted_domain"])
        claim = _claim(got["claim"])
        _proves(host_of(provider), narrowed=hosted is not None or claim is not None)
        employer = _employer(organisation, got, host_of(provider), hosted)
        metadata = self._providers.metadata(provider)
        self._tries(organisation)
        return {
            "authorization": metadata.authorization,
            "claim": claim,
            "client_id": _word(got["client_id"], "The client"),
            "employer": employer,
            "fragment": metadata.fragment,
            "hosted_domain": hosted,
            "names_itself": metadata.names_itself,
            "port": None if got["port"] is None else integer(got["port"], least=1, most=MAX_PORT, what="The port"),
            "provider": provider,
            "scope": _scope(got["scope"]),
            "secret": _flag(got["secret"]),
        }

    def _tries(self, organisation: str) -> None:
        """Ask the keeper for a tag, so that the operator hears of what is missing, and not the first who joins."""
        try:
            self._tagger.tag(organisation, b"oidc:")
        except UndersignedError as error:
            if error.code == "no-key":
                raise Refused("no-key", f"Make its key first: undersigned keeper-key make {organisation}") from error
            raise

    def public(self, settings: Settings) -> dict[str, Any]:
        """All that a device needs to ask the provider, and whether the employer runs it."""
        return {name: settings[name] for name in _PUBLIC}

    # ── joining ──

    def prove(self, asked: Admission, point: bytes, settings: Settings) -> Proved:
        """Ask the provider about the code and return the account's tag: an account that is believed admits.

        They signed in for this issuer and these words, or the provider's token has another nonce.
        Raises: `Refused` or `Unavailable`, alike whether or not the subject is known.
        """
        back = asked.evidence["redirect"]
        if back not in self._pages and not is_loopback(back):
            raise Refused("other-page", "You signed in for another page than one of this server. Sign in anew here.")
        secret = self._secret(asked.organisation) if settings["secret"] else ""
        client = Client(settings["provider"], settings["client_id"], secret)
        nonce = Joining(self._issuer, point).nonce(asked.evidence["salt"])
        claims = self._providers.claims(client, asked.evidence, nonce)
        if not _fits(claims, settings):
            raise Refused(
                "account-other",
                f"This account is not one of those by which members of {asked.organisation} join. "
                "Sign in with the one that is, or ask whoever writes the letter.",
            )
        subject = b"oidc:" + canonical({"iss": client.provider, "sub": claims["sub"]})
        return Proved(self._tagger.tag(asked.organisation, subject), lambda: True)


def _fits(claims: Mapping[str, Any], settings: Settings) -> bool:
    """Tell whether an account is of the hosted domain and has the claim that is asked for, where one is."""
    hosted, claim = settings["hosted_domain"], settings["claim"]
    if hosted is not None and claims.get("hd") != hosted:
        return False
    if claim is None:
        return True
    said = claims.get(claim["name"])
    values = said if isinstance(said, list) else [said]
    return any(isinstance(each, str) and each in claim["values"] for each in values)


def _proves(host: str, *, narrowed: bool) -> None:
    """Refuse what proves no employer. Raises: `Refused`."""
    for name, why in _NO_PROOF.items():
        if host == name or host.endswith(f".{name}"):
            raise Refused("proves-nothing", why)
    if host in _ANYBODY and not narrowed:
        raise Refused(
            "proves-nothing",
            f"Anybody can have an account at {host}. Say which are members': with --hosted-domain for Google "
            "Workspace, or with --claim and --value.",
        )


def _employer(organisation: str, got: Mapping[str, Any], host: str, hosted: str | None) -> bool:
    """Return whether the employer runs the provider: by its name, or as the operator says.

    Raises: `Malformed`; `Refused` where it does and the operator did not say that it is to be so.
    """
    if got["runs"] not in RUNNERS:
        raise Malformed("bad-runs", "Say who runs the provider: --runs employer, or --runs other.")
    own = [name for name in (host, hosted) if name is not None and related(name, organisation)]
    employer = got["runs"] == "employer" or bool(own)
    if employer and not _flag(got["employer"]):
        named = own[0] if own else host
        raise Refused(
            "employer-provider",
            f"Accounts at {named} are run by the employer, who can then see that somebody asked for this, and could "
            "join in anybody's name. Use another way, or say --employer-runs: then every page says so.",
        )
    return employer


def _claim(value: object) -> dict[str, Any] | None:
    """Check a required claim: its name, and the values of which one has to be there. Raises: `Malformed`."""
    if value is None:
        return None
    got = fields(value, ("name", "values"), "The claim")
    values = got["values"]
    if not isinstance(values, list) or not 1 <= len(values) <= _MOST_VALUES:
        raise Malformed("bad-claim", f"Name the values of the claim, one at least and {_MOST_VALUES} at most.")
    named = sorted({_word(each, "A value of the claim") for each in values})
    return {"name": _word(got["name"], "The claim's name"), "values": named}


def _scope(value: object) -> str:
    """Check what is asked of the provider: `openid` first. Raises: `Malformed`."""
    words = _word(value, "The scope").split(" ")
    if words[0] != "openid" or not all(words) or {"email", "profile", "address", "phone", "offline_access"} & {*words}:
        raise Malformed(
            "bad-scope",
            "The scope begins with openid and asks for no name, address or lasting access: nothing uses it.",
        )
    return " ".join(words)


def _word(value: object, what: str) -> str:
    checked = text(value, limit=_SHORT, what=what)
    if not checked.isascii() or not checked.isprintable() or checked.strip() != checked or not checked:
        raise Malformed("bad-text", f"{what} is one word or a few, in ASCII, without spaces around.")
    return checked


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Malformed("bad-flag", "This setting is either true or false.")
    return value
