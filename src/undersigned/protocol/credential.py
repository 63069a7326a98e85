"""What an issuer signs (`docs/protocol.md`, section 2): six messages under a header.

The set of attributes is closed and fixed in order; nothing that could mark one person fits in.
"""

from dataclasses import dataclass
from typing import Any, Final

from undersigned import PROFILE
from undersigned.bbs.ciphersuite import SIGNATURE
from undersigned.errors import Malformed
from undersigned.values import b64u, canonical, code_word, domain, epoch, fields, octets

ATTRIBUTES: Final = ("organisation", "epoch", "role_family", "standing", "method", "reserved")
ORGANISATION, EPOCH, ROLE_FAMILY, STANDING, METHOD, RESERVED = range(6)
STANDINGS: Final = ("non-manager", "manager", "undeclared")
METHODS: Final = ("code", "email", "oidc", "vouch")
UNDECLARED: Final = "undeclared"


def header(issuer: str) -> bytes:
    """Return the application header of all credentials of an issuer: canonical JSON."""
    return canonical({"issuer": domain(issuer), "profile": PROFILE})


def standing(value: object) -> str:
    """Check a standing: `non-manager`, `manager` or `undeclared`."""
    if value not in STANDINGS:
        raise Malformed("bad-standing", "A standing is non-manager, manager or undeclared.")
    return str(value)


def method(value: object) -> str:
    """Check a way of joining: `code`, `email`, `oidc` or `vouch`."""
    if value not in METHODS:
        raise Malformed("bad-method", "A way of joining is code, email, oidc or vouch.")
    return str(value)


_CHECKS: Final = (domain, epoch, code_word, standing, method)


def attribute(index: int, value: object) -> str:
    """Check one of the six messages by its index.

    Raises: `Malformed`.
    """
    if index == RESERVED:
        if value != "":
            raise Malformed("bad-reserved", "The reserved attribute is empty in this profile.")
        return ""
    return _CHECKS[index](value)


@dataclass(frozen=True, slots=True)
class Attributes:
    """The six messages of a credential, as text."""

    organisation: str
    epoch: str
    role_family: str
    standing: str
    method: str

    def __post_init__(self) -> None:
        for index, value in enumerate(self.texts()):
            attribute(index, value)

    def texts(self) -> tuple[str, ...]:
        """Return the six messages in their order."""
        return (self.organisation, self.epoch, self.role_family, self.standing, self.method, "")

    def messages(self) -> tuple[bytes, ...]:
        """Return the six messages as UTF-8 octets, in their order."""
        return tuple(text.encode() for text in self.texts())


@dataclass(frozen=True, slots=True)
class Credential:
    """An issuer's signature (80 octets) over `attributes` and the holder's hidden secrets."""

    issuer: str
    attributes: Attributes
    signature: bytes

    def record(self) -> dict[str, Any]:
        """Return the JSON value that the issuer sends and the holder keeps."""
        return {
            "issuer": self.issuer,
            "messages": list(self.attributes.texts()),
            "signature": b64u(self.signature),
        }

    @classmethod
    def parse(cls, value: object) -> "Credential":
        """Read what `record` wrote.

        Raises: `Malformed`.
        """
        got = fields(value, ("issuer", "messages", "signature"), "The credential")
        messages = got["messages"]
        if not isinstance(messages, list) or len(messages) != len(ATTRIBUTES):
            raise Malformed("bad-messages", "A credential has six messages.")
        checked = [attribute(index, message) for index, message in enumerate(messages)]
        return cls(
            issuer=domain(got["issuer"]),
            attributes=Attributes(*checked[:RESERVED]),
            signature=octets(got["signature"], SIGNATURE, what="The signature"),
        )
