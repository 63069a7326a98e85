"""Looking at a screen, at what a browser keeps and at what it sent, as a suspicious outsider would."""

import base64
from urllib.parse import quote, urlsplit

from playwright.sync_api import Page, Request

from support.browsing import missing
from support.instances import ISSUER
from support.paths import ROOT
from undersigned.holder import phrase
from undersigned.protocol.derivation import blind, nym_secrets

AXE = ROOT / "client" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_LOOK = """
(tags) => axe.run(document, { runOnly: { type: "tag", values: tags } }).then((report) => report.violations.map((each) =>
  `${each.id}: ${each.nodes.map((node) => `${node.html} ${node.failureSummary}`).join("; ")}`))
"""
_STORED = """
async () => {
  const out = { local: { ...localStorage }, session: { ...sessionStorage } };
  Object.assign(out, { caches: await caches.keys(), cookie: document.cookie });
  const answered = (request) => new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    const database = await answered(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      out[`${name}/${store}`] = await answered(database.transaction(store).objectStore(store).getAll());
    }
    database.close();
  }
  return JSON.stringify(out, (_, each) => each instanceof Uint8Array ? new TextDecoder().decode(each) : each);
}
"""


def accessible(page: Page) -> None:
    """Let axe look at the page. It is put in past the page's own policy, as only a driver can."""
    if not AXE.is_file():
        missing("axe-core is not installed: (cd client && npm ci)")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_LOOK, list(RULES))
    assert found == [], f"on “{page.get_by_role('heading', level=1).inner_text()}”: {found}"


def stored(page: Page) -> str:
    """Everything that the browser keeps for this site, as JSON text; octets are read as UTF-8."""
    return str(page.evaluate(_STORED))


def path_of(request: Request) -> str:
    """Path and query of a request, without the server's address."""
    parts = urlsplit(request.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def requested(sent: list[Request]) -> list[Request]:
    """Requests that left the browser: files that a page made and offers are none."""
    return [each for each in sent if urlsplit(each.url).scheme != "blob"]


def _in_base64(octets: bytes) -> list[bytes]:
    """What base64 of anything that holds these octets holds, in both alphabets, wherever they stand."""
    out = []
    for before in range(3):
        whole = base64.b64encode(bytes(before) + octets)[4 if before else 0 :]
        certain = whole[: len(whole) - 4]
        out += [certain, certain.translate(bytes.maketrans(b"+/", b"-_"))]
    return out


def secrets_of(paper: list[str]) -> list[bytes]:
    """Everything of these words that must never leave the device, in the spellings in which it could."""
    words = " ".join(paper)
    entropy, seed = phrase.entropy(words), phrase.seed(words)
    scalars = [*nym_secrets(seed), blind(seed, ISSUER)]
    raw = [entropy, seed, *(each.to_bytes(32, "big") for each in scalars)]
    spelled = [*raw, *(str(each).encode() for each in scalars)]
    for each in raw:
        spelled += [each[::-1], each.hex().encode(), each.hex().upper().encode(), str(list(each)).strip("[]").encode()]
        spelled += [",".join(map(str, each)).encode(), *_in_base64(each)]
    return [*spelled, *(each.encode() for each in paper), *(quote(each).encode() for each in paper)]
