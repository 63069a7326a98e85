import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from support.instance_double import ADDRESS, CODE, ORGANISATION, Double, dice, octets, wallet
from undersigned.errors import Conflict, Malformed, Refused, Unavailable, Withheld
from undersigned.holder import wallet_file
from undersigned.holder.client import Client
from undersigned.holder.wallet import Wallet
from undersigned.holder.wallet_file import LEAST_COST, Seal
from undersigned.values import canonical


@pytest.fixture(scope="module")
def used() -> Wallet:
    """A wallet with everything in it."""
    double = Double()
    made = wallet(policy=double.policy)
    client = Client(ADDRESS, made, dice("used"), double)
    client.enrol(ORGANISATION, CODE, "software-engineer", "non-manager")
    made.keep(ADDRESS, client.sign("safer-warehouses").receipt)
    double.round()
    client.find_proof("safer-warehouses")
    return made


def opened(data: bytes) -> tuple[dict[str, object], bytes]:
    head, _, sealed = data.partition(b"\n")
    return json.loads(head), sealed


def reheaded(data: bytes, change: dict[str, object]) -> bytes:
    head, sealed = opened(data)
    return canonical(head | change) + b"\n" + sealed


def cheap(passphrase: str) -> Seal:
    return Seal(passphrase, dice(passphrase), LEAST_COST)


# ── what is in it ──


def test_a_used_wallet_comes_back_whole(used: Wallet) -> None:
    again = Wallet.parse(used.encoded())
    assert again == used
    assert again.pins[ADDRESS].log is not None
    assert again.memberships[(ADDRESS, "members.example", ORGANISATION)].role_family == "software-engineer"
    assert len(again.receipts) == 1


def test_the_secret_is_not_in_its_representation(used: Wallet) -> None:
    shown = repr(used)
    assert used.phrase.split()[0] not in shown
    assert repr(used.entropy) not in shown


def test_a_receipt_is_kept_once(used: Wallet) -> None:
    other = Wallet.parse(used.encoded())
    other.keep(ADDRESS, used.receipts[0].receipt)
    assert other == used


def test_another_policy_for_a_known_instance_is_refused(used: Wallet) -> None:
    other = Wallet.parse(used.encoded())
    with pytest.raises(Refused, match="do not change"):
        other.trust(ADDRESS, Double().policy.replace("quorum none", "# changed\nquorum none"))
    assert other == used


def test_a_new_credential_keeps_those_of_other_quarters(used: Wallet) -> None:
    other = Wallet.parse(used.encoded())
    held = other.at(ADDRESS)[0]
    later = {"2027Q1": replace(held.credentials["2026Q4"], attributes=replace(
        held.credentials["2026Q4"].attributes, epoch="2027Q1"))}  # fmt: skip
    other.hold(replace(held, credentials=later))
    assert sorted(other.at(ADDRESS)[0].credentials) == ["2026Q4", "2027Q1"]


@pytest.mark.parametrize(
    "change",
    [
        {"profile": "undersigned/2"},
        {"entropy": "AAAA"},
        {"instances": []},
        {"memberships": {}},
        {"receipts": None},
        {"extra": 1},
        {"instances": {"http://letters.example": {"log": None, "policy": "quorum none\n", "registry": None}}},
        {"instances": {ADDRESS: {"log": None, "policy": "nonsense\n", "registry": None}}},
    ],
)
def test_other_wallets_are_refused(used: Wallet, change: dict[str, object]) -> None:
    value = json.loads(used.encoded()) | change
    with pytest.raises(Malformed):
        Wallet.parse(canonical(value))


def test_memberships_in_another_order_are_refused(used: Wallet) -> None:
    value = json.loads(used.encoded())
    first = value["memberships"][0]
    value["memberships"] = [first | {"issuer": "z.example"}, first]
    with pytest.raises(Malformed) as caught:
        Wallet.parse(canonical(value))
    assert caught.value.code == "wallet-spelling"


# ── encrypted ──


def test_sealed_comes_back_and_hides_everything(used: Wallet) -> None:
    data = wallet_file.seal(used, cheap("correct horse"))
    assert wallet_file.is_sealed(data)
    assert not wallet_file.is_sealed(used.encoded())
    assert wallet_file.unseal(data, "correct horse") == used
    for secret in (ORGANISATION, "letters.example", "software-engineer", used.phrase.split()[0]):
        assert secret.encode() not in data


@pytest.mark.parametrize("typed", ["", "Correct horse", "correct horse ", "correct horsé"])
def test_another_passphrase_is_refused_in_words(used: Wallet, typed: str) -> None:
    data = wallet_file.seal(used, cheap("correct horse"))
    with pytest.raises(Refused, match="The passphrase is not the one of this pass") as caught:
        wallet_file.unseal(data, typed)
    assert caught.value.code == "wrong-passphrase"


def test_salt_and_nonce_are_fresh_each_time(used: Wallet) -> None:
    how = cheap("correct horse")
    (first, one), (second, other) = (opened(wallet_file.seal(used, how)) for _ in range(2))
    assert first["salt"] != second["salt"]
    assert first["nonce"] != second["nonce"]
    assert one != other


@pytest.mark.parametrize("cost", [0, 14, 18, 40])
def test_costs_that_are_too_cheap_or_would_eat_the_memory_are_refused(used: Wallet, cost: int) -> None:
    with pytest.raises(Malformed):
        wallet_file.seal(used, Seal("p", dice("p"), cost))
    data = reheaded(wallet_file.seal(used, cheap("p")), {"cost": cost})
    with pytest.raises(Malformed):
        wallet_file.unseal(data, "p")


@pytest.mark.parametrize(
    "change", [{"format": "undersigned-pass/2"}, {"cipher": "none"}, {"salt": "AA"}, {"nonce": "AA"}, {"extra": 0}]
)
def test_other_headers_are_refused(used: Wallet, change: dict[str, object]) -> None:
    data = reheaded(wallet_file.seal(used, cheap("p")), change)
    with pytest.raises(Malformed):
        wallet_file.unseal(data, "p")


def test_the_header_is_authenticated(used: Wallet) -> None:
    # A cost of the allowed ones, but not the one it was made with: refused whatever key it gives.
    data = reheaded(wallet_file.seal(used, cheap("p")), {"cost": LEAST_COST + 1})
    with pytest.raises(Refused):
        wallet_file.unseal(data, "p")


def test_a_wallet_with_many_receipts_can_be_sealed(used: Wallet) -> None:
    many = Wallet.parse(used.encoded())
    for number in range(400):
        many.keep(ADDRESS, b"a receipt %d of some length, as receipts are, more or less\n" % number * 4)
    assert len(many.encoded()) > 65_535
    assert wallet_file.unseal(wallet_file.seal(many, cheap("p")), "p") == many


# ── on disk ──


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_is_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "pass.json"
    before = os.umask(0)
    try:
        wallet_file.write(path, b"{}")
        wallet_file.write(path, b'{"a":1}')
    finally:
        os.umask(before)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert wallet_file.read(path) == b'{"a":1}'
    assert names(path.parent) == ["pass.json"]


@pytest.mark.parametrize("bits", [0o604, 0o640, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "pass.json"
    path.write_bytes(b"{}")
    path.chmod(bits)
    with pytest.raises(Refused, match="chmod 600"):
        wallet_file.read(path)


def test_no_pass_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Withheld, match="Join first"):
        wallet_file.read(tmp_path / "pass.json")


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pass.json"
    wallet_file.write(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        wallet_file.write(path, b"new")
    monkeypatch.undo()
    assert wallet_file.read(path) == b"old"
    assert names(tmp_path) == ["pass.json"]


def test_another_writer_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "pass.json"
    (tmp_path / "pass.json.new").write_bytes(b"of another program")
    with pytest.raises(Conflict, match="another program"):
        wallet_file.write(path, b"{}")
    assert (tmp_path / "pass.json.new").read_bytes() == b"of another program"
    assert not path.exists()


def test_a_link_laid_out_for_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "pass.json.new").symlink_to(victim)
    with pytest.raises(Conflict):
        wallet_file.write(tmp_path / "pass.json", b"secret")
    assert not victim.exists()


def test_burning_overwrites_the_same_octets_on_disk_and_removes(tmp_path: Path) -> None:
    path, other = tmp_path / "pass.json", tmp_path / "hard-link"
    secret = octets("secret", length=5000)
    wallet_file.write(path, secret)
    (tmp_path / "pass.json.new").write_bytes(secret)
    # A second name of the same file shows what was overwritten.
    other.hardlink_to(path)
    wallet_file.burn(path, dice("burn"))
    assert names(tmp_path) == ["hard-link"]
    left = other.read_bytes()
    assert len(left) == len(secret)
    assert not any(secret[at : at + 8] in left for at in range(0, len(secret) - 8, 8))


def test_burning_nothing_says_so_and_follows_no_link(tmp_path: Path) -> None:
    with pytest.raises(Withheld):
        wallet_file.burn(tmp_path / "pass.json", dice("burn"))
    victim = tmp_path / "victim"
    victim.write_bytes(b"kept")
    (tmp_path / "link").symlink_to(victim)
    with pytest.raises(Withheld):
        wallet_file.burn(tmp_path / "link", dice("burn"))
    assert victim.read_bytes() == b"kept"


@pytest.mark.parametrize("data", [b"", b"not json", b"[]", b'{"a":1}', b"null"])
def test_a_file_of_something_else_is_refused(data: bytes) -> None:
    assert not wallet_file.is_sealed(data)
    with pytest.raises(Malformed):
        Wallet.parse(data)
