"""What script a page loads: found wherever a browser would find it; pages that read two ways are refused."""

import pytest

from undersigned.auditor.client import resolved
from undersigned.auditor.markup import Script, scripts
from undersigned.errors import Malformed, Refused, UndersignedError

HEAD = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>A page</title></head>'
GOOD = "sha384-abc"


def page(body: str) -> bytes:
    return f"{HEAD}<body>{body}</body></html>".encode()


def code(body: str | bytes) -> str:
    with pytest.raises(UndersignedError) as caught:
        scripts(body if isinstance(body, bytes) else page(body))
    return caught.value.code


def test_a_page_without_script_has_none() -> None:
    plain = '<main id="x" hidden><p>A &lt; B, “quoted”, it\'s</p><a href="/check/">how</a><br><hr /></main>'
    assert scripts(page(plain)) == []


def test_scripts_are_found_with_what_the_page_says_of_them() -> None:
    body = f'<script type="module" src="/client/a.js" integrity="{GOOD}"></script>'
    body += f'<link rel="modulepreload" href="../b.js" integrity="{GOOD}">'
    assert scripts(page(body)) == [Script("/client/a.js", GOOD), Script("../b.js", GOOD)]


def test_a_script_in_what_looks_like_text_is_found_too() -> None:
    body = f'<textarea><script src="/x.js" integrity="{GOOD}"></script></textarea>'
    assert scripts(page(body)) == [Script("/x.js", GOOD)]


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<SCRIPT>alert(1)</SCRIPT>",
        '<script src="/client/a.js"></script>',
        '<script src="/client/a.js" integrity=""></script>',
        f'<script type="importmap" src="/a" integrity="{GOOD}"></script>',
        '<link rel="modulepreload" href="/client/a.js">',
        '<link rel="preload" as="script" href="/client/a.js">',
        '<link rel="preload" href="/client/a.js">',
        '<body onload="go()">',
        '<img src="x" onerror="go()">',
        '<svg><a xlink:href="javascript:go()"></a></svg>',
        '<a href="&#106;avascript:go()">x</a>',
        '<a href="java&#9;script:go()">x</a>',
        '<a href=" JAVASCRIPT:go()">x</a>',
        '<button formaction="/elsewhere">x</button>',
        '<p srcdoc="x"></p>',
    ],
)
def test_script_that_is_not_a_named_file_is_refused(body: str) -> None:
    assert code(body) == "page-script"


@pytest.mark.parametrize(
    "body",
    [
        '<base href="https://elsewhere.example/">',
        '<iframe src="/x"></iframe>',
        '<object data="/x"></object>',
        '<embed src="/x">',
        '<meta http-equiv="refresh" content="0;url=/x">',
        '<link rel="import" href="/x">',
        '<link rel="stylesheet prerender" href="/x">',
        "<svg><animate></animate></svg>",
    ],
)
def test_what_could_bring_script_along_is_refused(body: str) -> None:
    assert code(body) == "page-element"


@pytest.mark.parametrize(
    "body",
    [
        "<!-- <script> -->",
        "<![CDATA[x]]>",
        "<?xml?>",
        "a < b",
        "<p class='x'>",
        "<p class=x>",
        '<p class="x"id="y">',
        '<p class = "x">',
        '<p class="x" class="y">',
        '<p title="<b>">',
        "<p",
        '<p title="',
        "<p/title>",
        '<a href="javascript&colon;go()">x</a>',
        '<a href="x&#0;">x</a>',
        '<a href="x&#9999999;">x</a>',
        "<p>\x00</p>",
        "<p>\x1b(B</p>",
        "<p>\ufeff</p>",
        "</ p>",
    ],
)
def test_a_page_that_could_be_read_in_two_ways_is_refused(body: str) -> None:
    assert code(body) == "page-form"


def test_octets_that_are_not_utf_8_are_refused() -> None:
    assert code(b"<p>\xff</p>") == "page-form"
    assert code(page("x").decode().encode("utf-16")) == "page-form"


def test_families_say_whether_the_page_can_be_read() -> None:
    with pytest.raises(Malformed):
        scripts(b"<")
    with pytest.raises(Refused):
        scripts(b"<script>")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("/client/a.js", "client/a.js"),
        ("../client/a.js", "client/a.js"),
        ("a.js", "sign/a.js"),
        ("./a.js", "sign/a.js"),
        ("../../client/a.js", None),
        ("//elsewhere.example/a.js", None),
        ("https://elsewhere.example/a.js", None),
        ("/client/a.js?x", None),
        ("/client/%61.js", None),
        ("\\client\\a.js", None),
        ("data:text/javascript,x", None),
        ("", None),
    ],
)
def test_addresses_of_scripts_lead_to_served_paths_or_nowhere(source: str, target: str | None) -> None:
    assert resolved("sign/index.html", source) == target
