"""Joining by an account elsewhere: evidence, addresses to open, and what may come back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import rfc8785

from making.cast import Draws, octets_of
from undersigned.holder.account import Provider, Question, ask
from undersigned.protocol.account import Joining
from undersigned.protocol.enrolment import Admission
from undersigned.values import b64u

Record = dict[str, Any]

_PAGE: Final = "https://letters.example/sign/callback/"
_REDIRECTS: Final = {
    "page": _PAGE,
    "page-with-a-port": "https://letters.example:8443/sign/callback/",
    "onion": f"http://{'undersigned' * 5}2.onion/sign/callback/",
    "demonstration": "http://127.0.0.1:8000/sign/callback/",
    "command-line": "http://127.0.0.1:65535/callback",
}
_BAD_REDIRECTS: Final = {
    "another-page": "https://letters.example/sign/",
    "without-the-slash": "https://letters.example/sign/callback",
    "with-a-query": f"{_PAGE}?a=b",
    "with-a-fragment": f"{_PAGE}#a",
    "in-capitals": "https://Letters.example/sign/callback/",
    "unencrypted": "http://letters.example/sign/callback/",
    "with-a-name": "https://me@letters.example/sign/callback/",
    "command-line-elsewhere": "http://192.0.2.1:8000/callback",
    "command-line-by-name": "http://localhost:8000/callback",
    "command-line-without-a-port": "http://127.0.0.1/callback",
    "command-line-with-port-0": "http://127.0.0.1:0/callback",
    "command-line-with-port-65536": "http://127.0.0.1:65536/callback",
    "command-line-with-a-leading-zero": "http://127.0.0.1:08000/callback",
    "line-end-after": f"{_PAGE}\n",
    "empty": "",
}

# ── evidence ──


def _admission(redirect: str) -> Admission:
    evidence = {
        "code": "SplxlOBeZQQYbYS6WxSbIA/+ ~",
        "redirect": redirect,
        "salt": b64u(octets_of("account/salt", 32)),
        "verifier": b64u(octets_of("account/verifier", 32)),
    }
    return Admission("harbour.example", "oidc", evidence, "undeclared", "manager")


#: What is asked by account, by where one comes back.
WISHES: Final = {name: _admission(redirect) for name, redirect in _REDIRECTS.items()}


def _spoiled() -> Iterator[tuple[str, Record, str]]:
    yield "code-empty", {"code": ""}, "bad-account-code"
    yield "code-with-a-line-end", {"code": "abc\n"}, "bad-account-code"
    yield "code-with-an-accent", {"code": "é"}, "bad-account-code"
    yield "code-of-2049", {"code": "a" * 2049}, "too-long"
    yield "code-null", {"code": None}, "not-text"
    yield "salt-of-31", {"salt": b64u(bytes(31))}, "bad-length"
    yield "salt-padded", {"salt": b64u(bytes(32)) + "="}, "bad-base64url"
    yield "verifier-of-33", {"verifier": b64u(bytes(33))}, "bad-length"
    yield "verifier-a-number", {"verifier": 1}, "not-text"
    yield "nonce-too", {"nonce": b64u(bytes(32))}, "field-unknown"
    yield "state-too", {"state": b64u(bytes(32))}, "field-unknown"
    for name, redirect in _BAD_REDIRECTS.items():
        yield f"redirect-{name}", {"redirect": redirect}, "bad-redirect"


def bad_admissions(record: Record) -> list[Record]:
    """Admissions by account with a bad evidence; `record` is a good one."""
    out = []
    for name, changed, code in _spoiled():
        spoiled = record | {"evidence": record["evidence"] | changed}
        out.append({"name": f"account-{name}", "text": rfc8785.dumps(spoiled).decode(), "code": code})
    for name in record["evidence"]:
        kept = {key: value for key, value in record["evidence"].items() if key != name}
        text = rfc8785.dumps(record | {"evidence": kept}).decode()
        out.append({"name": f"account-without-{name}", "text": text, "code": "field-missing"})
    return out


# ── asking and being answered ──

_PROVIDERS: Final = {
    "plain": Provider("https://id.union.example", "https://id.union.example/auth", "letters", "openid"),
    "everything": Provider(
        address="https://login.example/realms/one",
        authorization="https://login.example/realms/one/start?ui=short",
        client_id="letters 1/(*')!~",
        scope="openid groups",
        employer=True,
        fragment=True,
        hosted_domain="harbour.example",
        names_itself=True,
        port=8765,
    ),
    "demonstration": Provider("http://127.0.0.1:9000", "http://127.0.0.1:9000/auth", "letters", "openid"),
}
_BAD_PROVIDERS: Final[dict[str, tuple[Record, str]]] = {
    "unencrypted": ({"provider": "http://id.union.example"}, "bad-provider"),
    "sign-in-unencrypted": ({"authorization": "http://id.union.example/auth"}, "bad-provider"),
    "sign-in-as-script": ({"authorization": "javascript:alert(1)"}, "bad-provider"),
    "sign-in-with-a-name": ({"authorization": "https://id.union.example@evil.example/"}, "bad-provider"),
    "sign-in-with-a-fragment": ({"authorization": "https://id.union.example/#a"}, "bad-provider"),
    "sign-in-with-a-quote": ({"authorization": 'https://id.union.example/"'}, "bad-provider"),
    "sign-in-with-a-space": ({"authorization": "https://id.union.example/a b"}, "bad-provider"),
    "sign-in-with-an-accent": ({"authorization": "https://id.union.example/é"}, "bad-provider"),
    "sign-in-on-another-host": ({"authorization": "https://evil.example/auth"}, "bad-provider"),
    "sign-in-beneath-its-host": ({"authorization": "https://a.id.union.example/auth"}, "bad-provider"),
    "sign-in-with-a-nonce": ({"authorization": "https://id.union.example/auth?a=b&nonce=x"}, "bad-provider"),
    "sign-in-with-an-escaped-nonce": ({"authorization": "https://id.union.example/auth?%6eonce"}, "bad-provider"),
    "sign-in-with-a-nonce-after-a-semicolon": (
        {"authorization": "https://id.union.example/auth?a=b;nonce=x"},
        "bad-provider",
    ),
    "sign-in-with-a-request": ({"authorization": "https://id.union.example/auth?request_uri=x"}, "bad-provider"),
    "port-65536": ({"authorization": "https://id.union.example:65536/"}, "bad-provider"),
    "without-a-host": ({"provider": "https:///auth"}, "bad-provider"),
    "client-empty": ({"client_id": ""}, "bad-text"),
    "client-with-a-line-end": ({"client_id": "a\n"}, "bad-text"),
    "scope-with-a-space-before": ({"scope": " openid"}, "bad-text"),
    "employer-a-number": ({"employer": 1}, "bad-flag"),
    "fragment-null": ({"fragment": None}, "bad-flag"),
    "hosted-domain-in-capitals": ({"hosted_domain": "Harbour.example"}, "bad-domain"),
    "command-line-port-0": ({"port": 0}, "bad-integer"),
    "with-more": ({"secret": "x"}, "field-unknown"),
}


#: Who signs in, and for which issuer.
_JOINING: Final = Joining("union.example", octets_of("account/point", 48))


def _nonces() -> Iterator[Record]:
    """Yield nonces, each with one thing changed."""
    salt, other = (b64u(octets_of(f"account/{name}", 32)) for name in ("salt", "other-salt"))
    for name, joining, drawn in (
        ("plain", _JOINING, salt),
        ("another-issuer", Joining("evil-union.example", _JOINING.point), salt),
        ("a-longer-name", Joining("union.example.org", _JOINING.point), salt),
        ("other-words", Joining(_JOINING.issuer, octets_of("account/other-point", 48)), salt),
        ("another-salt", _JOINING, other),
    ):
        nonce = joining.nonce(drawn)
        yield {"name": name, "issuer": joining.issuer, "point": joining.point.hex(), "salt": drawn, "nonce": nonce}


def _said(provider: Provider) -> Record:
    """Return what an instance says of the way."""
    return {
        "authorization": provider.authorization,
        "client_id": provider.client_id,
        "employer": provider.employer,
        "fragment": provider.fragment,
        "hosted_domain": provider.hosted_domain,
        "method": "oidc",
        "names_itself": provider.names_itself,
        "port": provider.port,
        "provider": provider.address,
        "scope": provider.scope,
    }


def _answers(plain: Question, strict: Question) -> Iterator[tuple[str, Question, str, str]]:
    """Yield answers with what becomes of them: a refusal's code, or “=” and the code that is taken."""
    state = f"state={plain.state}"
    other = f"state={b64u(octets_of('account/other', 32))}"
    named = f"iss=https%3A%2F%2Fid.union.example&{state}"
    yield "plain", plain, f"code=abc&{state}", "=abc"
    yield "with-what-means-nothing", plain, f"code=abc&{state}&session_state=x&scope=openid&hd=x&code_=1", "=abc"
    yield "escaped", plain, f"code=a%2Fb%2Bc+d&{state}", "=a/b+c d"
    yield "named", plain, f"code=abc&{named}", "=abc"
    yield (
        "named-by-one-that-must",
        strict,
        f"code=abc&state={strict.state}&iss=https%3A%2F%2Flogin.example%2Frealms%2Fone",
        "=abc",
    )
    yield "unnamed-by-one-that-must", strict, f"code=abc&state={strict.state}", "other-provider"
    yield "named-another", plain, f"code=abc&{state}&iss=https%3A%2F%2Fevil.example", "other-provider"
    yield "named-with-a-slash-more", plain, f"code=abc&{state}&iss=https%3A%2F%2Fid.union.example%2F", "other-provider"
    yield "another-state", plain, f"code=abc&{other}", "other-state"
    yield "another-state-with-an-error", plain, f"error=access_denied&{other}", "other-state"
    yield "without-a-state", plain, "code=abc", "other-state"
    yield "state-empty", plain, "code=abc&state=", "other-state"
    yield "state-twice", plain, f"code=abc&{state}&{state}", "bad-return"
    yield "code-twice", plain, f"code=abc&code=abd&{state}", "bad-return"
    yield "without-a-code", plain, state, "no-account-code"
    yield "code-empty", plain, f"code=&{state}", "bad-account-code"
    yield "code-not-utf-8", plain, f"code=%ff&{state}", "bad-return"
    yield "code-with-a-line-end", plain, f"code=a%0A&{state}", "bad-account-code"
    yield "declined", plain, f"error=access_denied&{state}", "account-declined"
    yield "error", plain, f"error=server_error&error_description=gone&{state}", "account-declined"
    yield "error-with-markup", plain, f"error=%3Cb%3E&{state}", "account-declined"
    yield "error-and-code", plain, f"error=access_denied&code=abc&{state}", "account-declined"
    yield "empty", plain, "", "other-state"
    yield "not-ascii", plain, f"code=é&{state}", "bad-return"
    yield "too-long", plain, f"code=abc&{state}&x={'a' * 8192}", "bad-return"
    yield "too-many", plain, f"code=abc&{state}" + "&a=1" * 101, "bad-return"


def _outcome(question: Question, expected: str) -> Record:
    if not expected.startswith("="):
        return {"code": expected}
    taken = {"redirect": question.redirect, "salt": question.salt, "verifier": question.verifier}
    return {"evidence": {"code": expected[1:]} | taken}


def accounts() -> Record:
    """What an instance says, the address to open, and answers, taken or refused."""
    questions = []
    for name, provider in _PROVIDERS.items():
        for back in ("page", "command-line"):
            draws = Draws(f"account/{name}/{back}")
            asked = ask(provider, _JOINING, _REDIRECTS[back], draws, fragment=back == "page")
            questions.append(
                {
                    "name": f"{name}-{back}",
                    "way": _said(provider),
                    "redirect": _REDIRECTS[back],
                    "fragment": back == "page",
                    "draws": draws.label,
                    "address": asked.address,
                    "state": asked.state,
                    "salt": asked.salt,
                    "nonce": _JOINING.nonce(asked.salt),
                    "verifier": asked.verifier,
                }
            )
    plain = ask(_PROVIDERS["plain"], _JOINING, _PAGE, Draws("account/plain/page"))
    strict = ask(replace(_PROVIDERS["everything"], port=None), _JOINING, _PAGE, Draws("account/everything/page"))
    way = _said(_PROVIDERS["plain"])
    return {
        "nonces": list(_nonces()),
        "joining": {"issuer": _JOINING.issuer, "point": _JOINING.point.hex()},
        "questions": questions,
        "bad_ways": [
            {"name": name, "way": way | changed, "code": code} for name, (changed, code) in _BAD_PROVIDERS.items()
        ],
        "answers": [
            {"name": name, "question": "plain-page" if question is plain else "everything-page", "query": query}
            | _outcome(question, expected)
            for name, question, query, expected in _answers(plain, strict)
        ],
    }
