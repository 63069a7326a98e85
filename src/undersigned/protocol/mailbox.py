"""E-mail addresses and the codes that are mailed to them, each in one spelling (`docs/protocol.md`, section 3).

An address is `local@domain`, at most 254 characters. The local part is ASCII: letters, digits, `_`, `-` and `'`, in
parts joined by single dots, at most 64 characters, and does not begin with a hyphen. That is less than mail allows: an
address with a `+` is refused, since one mailbox has any number of those, and so are quotes, comments and what mail
servers took for routes. The domain is in lower case, a name beyond ASCII as its A-labels (`xn--…`).

Mail goes to the address as it is spelled. The subject is made of the address in lower case: no mail server that
matters tells addresses apart by case, and one person must not be two.
"""

import re
from typing import Final

import idna

from undersigned.errors import Malformed
from undersigned.values import domain

MOST: Final = 254
_MOST_LOCAL: Final = 64
_PART: Final = "[A-Za-z0-9_'-]+"
_LOCAL: Final = re.compile(rf"(?!-){_PART}(?:\.{_PART})*")
DIGITS: Final = 8
_CODE: Final = re.compile(rf"[0-9]{{{DIGITS}}}")
#: What people put between the digits of a code, white space apart.
_BETWEEN: Final = str.maketrans("", "", "-.\u2010\u2011\u2013")


def address(value: object) -> str:
    """Check an address in its one spelling. Raises: `Malformed`."""
    local, at, host = value.rpartition("@") if isinstance(value, str) else ("", "", "")
    if at and "+" in local:
        raise Malformed(
            "address-plus",
            "Write your address without the plus sign and what follows it, up to the @. Mail reaches you there too.",
        )
    if not isinstance(value, str) or len(value) > MOST or len(local) > _MOST_LOCAL or not _LOCAL.fullmatch(local):
        raise _bad()
    try:
        domain(host)
    except Malformed as error:
        raise _bad() from error
    return value


def typed_address(value: str) -> str:
    """Turn what a person typed into the one spelling: spaces go, the domain is written in lower case and A-labels.

    Raises: `Malformed`.
    """
    local, at, host = "".join(value.split()).rpartition("@")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise _bad() from error
    return address(f"{local}{at}{host.lower()}")


def domain_of(checked: str) -> str:
    """Return the domain of a checked address."""
    return checked.rpartition("@")[2]


def subject_of(checked: str) -> bytes:
    """Return the canonical subject of a checked address: `email:` and the whole in lower case."""
    return b"email:" + checked.lower().encode("ascii")


def mailed_code(value: object) -> str:
    """Check a mailed code in its one spelling: eight digits. Raises: `Malformed`."""
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise Malformed("bad-mailed-code", "The code in the mail is eight digits, like 0417 2936.")
    return value


def typed_mailed_code(value: str) -> str:
    """Turn what a person typed into eight digits: spaces, hyphens and dots do not matter. Raises: `Malformed`."""
    return mailed_code("".join(value.split()).translate(_BETWEEN))


def _bad() -> Malformed:
    return Malformed(
        "bad-address",
        "An address is like anna.smith@example.com: before the @ plain letters, digits, dots, hyphens and underscores.",
    )
