"""The printable sheet of codes: one HTML file that loads nothing, for A4 and Letter, with a slip for each code.

The QR picture holds the code and nothing else. It is no address on purpose: a camera that reads an address
offers to open it at once, in whatever browser and on whatever network the phone is on, and passes it to
services that preview or screen addresses. Read as text, the code goes nowhere until its owner types it in.
For the same reason the code never stands in a path, query or fragment, here or anywhere.
"""

import base64
import hashlib
from importlib.resources import files
from io import BytesIO
from typing import Final

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from undersigned.issuer.codes import Sheet

#: Correction of errors at least M: 15 % of the picture may be smudged.
_CORRECTION: Final = "m"
#: Light modules around the picture, in modules, as ISO/IEC 18004 asks for.
_QUIET: Final = 4


def qr(code: str) -> str:
    """Return a code as an SVG picture: paths and attributes only, no style, no identifiers."""
    picture = BytesIO()
    segno.make(code, error=_CORRECTION, micro=False).save(
        picture,
        kind="svg",
        border=_QUIET,
        xmldecl=False,
        svgns=False,
        svgclass=None,
        lineclass=None,
        omitsize=True,
        nl=False,
        title="The code above, as a picture",
    )
    return picture.getvalue().decode("utf-8")


def render(sheet: Sheet, base_url: str, issuer_url: str) -> str:
    """Return a sheet as an HTML document with its codes in plain: print it, then delete it.

    `base_url` is the address of the letters, `issuer_url` that of the issuer, which may be the same. Both are printed
    as text, so that whoever has a slip can compare where their code goes.
    """
    style = files("undersigned.issuer").joinpath("templates", "sheet.css").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(f"\n{style}\n".encode()).digest()).decode("ascii")
    page = Environment(
        loader=PackageLoader("undersigned.issuer"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("sheet.html")
    return page.render(
        sheet=sheet,
        address=base_url,
        issuer=issuer_url,
        style=Markup(style),  # noqa: S704 - our own file
        style_digest=digest,
        slips=[(code, Markup(qr(code))) for code in sheet.codes],  # noqa: S704 - drawn from the code's symbols alone
    )
