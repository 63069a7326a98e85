"""Constants of the pinned ciphersuite BLS12-381-SHA-256 and of the profile (`docs/protocol.md`, section 2).

None of them is a setting: any choice that differs between installations would tell people apart.
"""

from dataclasses import dataclass
from typing import Final

#: Order r of the groups G1, G2 and GT.
R: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001

# ── sizes in octets ──

SCALAR: Final = 32
POINT: Final = 48
SECRET_KEY: Final = 32
PUBLIC_KEY: Final = 96
SIGNATURE: Final = POINT + SCALAR
PSEUDONYM: Final = POINT

# ── the profile ──

#: Signer messages of a credential: organisation, epoch, role family, standing, method, reserved.
N_MESSAGES: Final = 6
#: Nym secrets of a holder.
N_SECRETS: Final = 8
#: Commitment with its proof of knowledge: the point, a response for the blind and for each secret, the challenge.
COMMITMENT: Final = POINT + SCALAR * (N_SECRETS + 2)

#: The fixed point P1 of the ciphersuite, which every signed sum starts from.
P1: Final = bytes.fromhex(
    "a8ce256102840821a3e94ea9025e4662b205762f9776b3a766c872b948f1fd225e7c59698588e70d11406d161b4e28c9"
)
#: The generator BP2 of G2.
P2: Final = bytes.fromhex(
    "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
    "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
)


@dataclass(frozen=True, slots=True)
class Interface:
    """One of the drafts' interfaces: its identifier, from which every domain separation tag is built."""

    api_id: bytes
    #: 1 where a slot for the holder's blind is signed, 0 in the core interface.
    blinded: int

    @property
    def hash_dst(self) -> bytes:
        """Tag of challenges, domains and the signature's scalar `e`."""
        return self.api_id + b"H2S_"

    @property
    def map_dst(self) -> bytes:
        """Tag under which a message becomes a scalar."""
        return self.api_id + b"MAP_MSG_TO_SCALAR_AS_HASH_"

    @property
    def blind_api_id(self) -> bytes:
        """Identifier under which the generators of committed messages are made."""
        return b"BLIND_" + self.api_id


_SUITE = b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_"
#: Plain signatures (core draft): used by key generation, and by the fixtures.
CORE: Final = Interface(_SUITE + b"H2G_HM2S_", 0)
#: Blind signatures without pseudonyms (blind draft): used by the fixtures only.
BLIND: Final = Interface(_SUITE + b"BLIND_H2G_HM2S_", 1)
#: Blind signatures with pseudonyms (nym draft): what credentials are made of.
PSEUDONYMOUS: Final = Interface(_SUITE + b"H2G_HM2S_PSEUDONYM_", 1)
API_ID: Final = PSEUDONYMOUS.api_id

KEYGEN_DST: Final = CORE.api_id + b"KEYGEN_DST_"
#: Tag of the point at which the polynomial of nym secrets is evaluated; the fixtures have no trailing underscore.
NYM_VECTOR_DST: Final = API_ID + b"VECT_NYM_SECRETS"
#: Tag under which a context becomes the base of its pseudonyms: the identifier itself.
PSEUDONYM_BASE_DST: Final = API_ID


def proof_size(disclosed: int) -> int:
    """Octets of a presentation proof that discloses `disclosed` of the six messages."""
    return proof_octets(N_MESSAGES - disclosed + 1 + N_SECRETS)


def proof_octets(hidden: int) -> int:
    """Octets of a proof with `hidden` undisclosed scalars, the blind and the nym secrets among them."""
    return 3 * POINT + SCALAR * (4 + hidden)
