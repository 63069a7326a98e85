"""Where issuers on other machines are reached: `issuers.json` beside the pages (`docs/protocol.md`, section 3).

A hint and no more: nobody signs it. Whoever sends a code there looks first whether the registry names the issuer.
"""

import re
from collections.abc import Mapping
from typing import Final

from undersigned import PROFILE
from undersigned.errors import Malformed
from undersigned.values import canonical, domain, fields, parse_canonical

#: Path under an instance's address.
ISSUERS: Final = "issuers.json"
_ADDRESS: Final = re.compile(r"https?://[a-z0-9.-]+(?::[1-9][0-9]{0,4})?|http://\[::1\](?::[1-9][0-9]{0,4})?")


def address_of(value: object) -> str:
    """Check the address of an issuer: scheme, host in lower case, perhaps a port, no path. Raises: `Malformed`."""
    if not isinstance(value, str) or len(value) > 300 or not _ADDRESS.fullmatch(value):  # noqa: PLR2004 - characters
        raise Malformed("bad-url", "The address of an issuer is like https://issuer.example, without a path.")
    return value


def issuers(addresses: Mapping[str, str]) -> bytes:
    """Return the file's octets: addresses by the issuer's name. Raises: `Malformed`."""
    listed = [{"name": domain(name), "url": address_of(addresses[name])} for name in sorted(addresses)]
    return canonical({"issuers": listed, "profile": PROFILE})


def addresses(data: bytes) -> dict[str, str]:
    """Read what `issuers` wrote. Raises: `Malformed`."""
    got = fields(parse_canonical(data), ("issuers", "profile"), "The list of issuers")
    if not isinstance(got["issuers"], list):
        raise Malformed("bad-list", "The list of issuers is none.")
    listed = [fields(each, ("name", "url"), "An issuer") for each in got["issuers"]]
    found = {domain(each["name"]): address_of(each["url"]) for each in listed}
    if issuers(found) != data:
        raise Malformed("issuers-spelling", "The list of issuers is not in its one allowed spelling.")
    return found
