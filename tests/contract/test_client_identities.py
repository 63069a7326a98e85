"""The browser's client and an issuer's long-term key: remembered in the pass, and nobody else's under that name."""

from collections.abc import Iterator

import pytest

from support.client_core import Core, built, core
from support.instance_double import CODE, ISSUER, ORGANISATION, Double, identity, served, wallet
from undersigned.errors import Malformed, Refused
from undersigned.holder.wallet import Wallet
from undersigned.tlog.note import SigningKey

SLUG = "safer-warehouses"


@pytest.fixture(scope="module", name="partner")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    with core(built(tmp_path_factory.mktemp("core"))) as running:
        yield running


def test_the_browser_refuses_somebody_else_under_an_issuers_name(partner: Core) -> None:
    """What this device knows of an issuer is in the pass, in one spelling on both sides."""
    double = Double()
    with served(double) as (address, _):
        kept = wallet(policy=double.policy, address=address).encoded().decode()
        partner.ask("open", address=address, wallet=kept)
        partner.ask("enrol", address=address, organisation=ORGANISATION, code=CODE, said={})
        kept = partner.ask("wallet", address=address)
        own = Wallet.parse(kept.encode())
        assert own.identities == {ISSUER: identity(ISSUER).vkey}
        assert own.encoded().decode() == kept
        own.identities[ISSUER] = SigningKey(ISSUER, bytes(32)).vkey
        changed = own.encoded().decode()
        partner.ask("open", address=address, wallet=changed)
        with pytest.raises(Refused) as caught:
            partner.ask("sign", address=address, slug=SLUG)
        assert (caught.value.code, double.held) == ("issuer-differs", {})
        spoiled = changed.replace('"identities":{"', '"identities":{"x')
        with pytest.raises(Malformed) as found:
            partner.ask("open", address=address, wallet=spoiled)
        assert found.value.code == "other-name"
