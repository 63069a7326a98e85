import base64
import hashlib
import re
from collections.abc import Iterable
from functools import partial
from html.parser import HTMLParser
from random import Random

import pytest

from undersigned.issuer.codes import Sheet, draw, subject
from undersigned.issuer.sheets import qr, render
from undersigned.protocol.enrolment import code as checked

ADDRESS = "https://letters.example"
VOID = {"meta"}


def sheet(count: int = 7, note: str = "Night shift") -> Sheet:
    entropy = Random(count).randbytes
    return Sheet("d066a960d255489e", "example.com", note, tuple(draw(entropy) for _ in range(count)))


class Reader(HTMLParser):
    """What a browser would see: the elements with their attributes, well nested, and each slip's text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.slips: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "article":
            self.slips.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if "article" in self._open:
            self.slips[-1] += data


def test_every_slip_shows_one_code_and_no_other() -> None:
    made = sheet()
    slips = Reader(render(made, ADDRESS, ADDRESS)).slips
    assert len(slips) == 7
    for code, slip in zip(made.codes, slips, strict=True):
        assert re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", slip) == [code]
        assert checked(code) == code
        for words in ("your own device", "network at work", "Tor Browser", ADDRESS, "example.com"):
            assert words in slip


def test_a_slip_says_where_its_code_goes() -> None:
    made, issuer = sheet(), "https://union.example"
    for slip in Reader(render(made, ADDRESS, issuer)).slips:
        assert f"It goes to {issuer}" in slip
        assert ADDRESS in slip
    for slip in Reader(render(made, ADDRESS, ADDRESS)).slips:
        assert f"It goes to {ADDRESS}" in slip


def test_slips_tell_nothing_of_sheet_or_note() -> None:
    made = sheet(note="Hall 2")
    for slip in Reader(render(made, ADDRESS, ADDRESS)).slips:
        assert made.id not in slip
        assert "Hall 2" not in slip


def test_a_code_is_nowhere_but_on_its_slip() -> None:
    made = sheet()
    page = render(made, ADDRESS, ADDRESS)
    for code in made.codes:
        assert page.count(code.replace("-", "")) == 0
        assert re.sub(r"</?(span|i)>", "", page).count(code) == 1
    for _, attributes in Reader(page).elements:
        assert not {"href", "src", "action", "style", "onload", "xlink:href"} & set(attributes)


def test_the_page_may_load_and_run_nothing() -> None:
    page = render(sheet(), ADDRESS, ADDRESS)
    reader = Reader(page)
    assert {tag for tag, _ in reader.elements} <= {
        "html", "head", "meta", "title", "style", "body", "section", "main", "article", "div", "h1", "h2", "p", "b",
        "i", "ol", "li", "dl", "dt", "dd", "code", "span", "svg", "path",
    }  # fmt: skip
    assert "url(" not in page
    assert "@import" not in page
    policy = next(a["content"] for tag, a in reader.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_the_policy_names_the_style_that_is_there() -> None:
    page = render(sheet(), ADDRESS, ADDRESS)
    style = page[page.index("<style>") + 7 : page.index("</style>")]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in page


def test_a_note_is_text_and_not_markup() -> None:
    page = render(sheet(note="<script>alert(1)</script> & <b>bold</b>"), ADDRESS, ADDRESS)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;" in page


def test_without_a_note_there_is_no_line_for_it() -> None:
    assert "Your note" in render(sheet(), ADDRESS, ADDRESS)
    assert "Your note" not in render(sheet(note=""), ADDRESS, ADDRESS)
    assert "1 code for example.com" in render(sheet(1), ADDRESS, ADDRESS)


# ── the picture holds the code and nothing else ──


def modules(svg: str) -> set[tuple[int, int]]:
    """Dark modules of a picture that is drawn as horizontal strokes."""
    (drawn,) = re.findall(r' d="([^"]*)"', svg)
    x, y = 0.0, 0.0
    dark = set()
    for letter, numbers in re.findall(r"([Mmh])([^Mmh]*)", drawn):
        values = [float(n) for n in re.findall(r"-?[0-9.]+", numbers)]
        if letter == "M":
            x, y = values
        elif letter == "m":
            x, y = x + values[0], y + values[1]
        else:
            dark |= {(int(x) + step, int(y)) for step in range(int(values[0]))}
            x += values[0]
    return dark


def read_v1(dark: set[tuple[int, int]], quiet: int = 4) -> str:
    """Read a QR code of version 1 (ISO/IEC 18004) in alphanumeric mode, without correcting anything."""
    grid = [[(x + quiet, y + quiet) in dark for x in range(21)] for y in range(21)]
    form = [grid[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)]
    mask = (sum(bit << 4 - i for i, bit in enumerate(form[:5])) ^ 0b10101) & 7
    rules = (
        lambda r, c: (r + c) % 2, lambda r, _: r % 2, lambda _, c: c % 3, lambda r, c: (r + c) % 3,
        lambda r, c: (r // 2 + c // 3) % 2, lambda r, c: r * c % 2 + r * c % 3,
        lambda r, c: (r * c % 2 + r * c % 3) % 2, lambda r, c: ((r + c) % 2 + r * c % 3) % 2,
    )  # fmt: skip
    bits = ""
    columns = [c for c in range(20, 0, -2) if c > 6] + [5, 3, 1]
    for turn, right in enumerate(columns):
        for row in range(20, -1, -1) if turn % 2 == 0 else range(21):
            for column in (right, right - 1):
                fixed = (row < 9 and (column < 9 or column > 12)) or (row > 12 and column < 9) or row == 6
                if not fixed:
                    bits += str(int(grid[row][column] ^ (rules[mask](row, column) == 0)))
    assert bits[:4] == "0010", "alphanumeric mode"
    count, at, out = int(bits[4:13], 2), 13, ""
    symbols = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    while count > 1:
        pair = int(bits[at : at + 11], 2)
        out += symbols[pair // 45] + symbols[pair % 45]
        count, at = count - 2, at + 11
    return out + (symbols[int(bits[at : at + 6], 2)] if count else "")


@pytest.mark.parametrize("number", range(8))
def test_the_picture_reads_as_the_code(number: int) -> None:
    code = draw(Random(number).randbytes)
    picture = qr(code)
    assert 'viewBox="0 0 29 29"' in picture
    assert read_v1(modules(picture)) == code
    assert "style" not in picture
    assert code not in picture


# ── codes ──


def test_codes_use_every_bit_once() -> None:
    assert draw(bytes) == "0000-0000-0000-0000"
    assert draw(lambda n: b"\xff" * n) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    one = {draw(partial((1 << bit).to_bytes, byteorder="big")) for bit in range(80)}
    assert len(one) == 80


def test_subjects_differ_by_organisation_code_and_key() -> None:
    code = "7K3M-9QXA-2B4C-D5EF"
    subjects = {
        subject(key, organisation, typed)
        for key in (bytes(32), bytes(31) + b"\x01")
        for organisation in ("example.com", "example.org")
        for typed in (code, code[:-1] + "G")
    }
    assert len(subjects) == 8
    assert {len(each) for each in subjects} == {32}
