import pytest

from undersigned.errors import Malformed
from undersigned.holder import address


@pytest.mark.parametrize(
    ("typed", "is_"),
    [
        ("https://letters.example", "https://letters.example"),
        ("https://Letters.Example/", "https://letters.example"),
        (" https://letters.example:443 ", "https://letters.example"),
        ("https://letters.example:8443", "https://letters.example:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://localhost", "http://localhost"),
        ("http://abcdef.onion", "http://abcdef.onion"),
    ],
)
def test_instances(typed: str, is_: str) -> None:
    assert address.instance(typed) == is_
    assert address.instance(is_) == is_


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "letters.example",
        "ftp://letters.example",
        "https://",
        "https://letters.example/letters/one",
        "https://letters.example?a=b",
        "https://letters.example#x",
        "https://me@letters.example",
        "https://me:secret@letters.example",
        "https://letters.example:99999",
        "https://[::1",
        "https://létters.example",
        "https://letters.example\nhost: other",
        "https://" + "a" * 400,
    ],
)
def test_not_instances(typed: str) -> None:
    with pytest.raises(Malformed):
        address.instance(typed)


@pytest.mark.parametrize("host", ["letters.example", "10.0.0.1", "127.0.0.1.example.com", "onion", "localhost.example"])
def test_unencrypted_addresses_are_refused(host: str) -> None:
    with pytest.raises(Malformed) as caught:
        address.instance(f"http://{host}")
    assert caught.value.code == "address-unencrypted"


def test_letters() -> None:
    assert address.letter("https://letters.example/letters/safer-work/") == ("https://letters.example", "safer-work")


@pytest.mark.parametrize(
    "path", ["", "/", "/letters", "/letters/", "/letter/one", "/letters/one/two", "/letters/One", "/letters/..%2f"]
)
def test_not_letters(path: str) -> None:
    with pytest.raises(Malformed):
        address.letter(f"https://letters.example{path}")
