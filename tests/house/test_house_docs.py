"""Documents are complete and say what the code says."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

import pytest

from support.paths import ROOT
from support.tree import SOURCE, modules, syntax
from undersigned.bbs import ciphersuite
from undersigned.config import FILE, ROOMS, Config
from undersigned.protocol import act, context, credential, entry, letter

DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), ROOT / "vectors" / "README.md"]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """Cells of all table rows."""
    lines = (line.strip() for line in text.splitlines())
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def code(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


# ── files and links ──


def test_every_document_is_there() -> None:
    wanted = [
        "README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md", "docs/protocol.md",
        "docs/threat-model.md", "docs/limitations.md", "docs/operating.md", "docs/glossary.md", "vectors/README.md",
    ]  # fmt: skip
    assert [name for name in wanted if not (ROOT / name).is_file()] == []


def dead_links(text: str, folder: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", text)
    return [t for t in targets if "://" not in t and not (folder / unquote(t)).exists()]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    assert dead_links(path.read_text(encoding="utf-8"), path.parent) == []


def test_a_dead_link_is_seen() -> None:
    assert dead_links("[here](docs/nowhere.md)", ROOT) == ["docs/nowhere.md"]


def test_architecture_is_short_and_names_every_package() -> None:
    text = page("ARCHITECTURE.md")
    assert text.count("\n") <= 200
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert {name for name in packages if not re.search(rf"\b{name}\b", text)} == set()


def test_licence_is_the_official_text() -> None:
    text = page("LICENSE")
    assert text.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE\n")
    assert "13. Remote Network Interaction" in text
    assert len(text.encode()) == 34_523


# ── decisions ──


def test_decisions_are_listed_and_complete() -> None:
    folder = DOCS / "adr"
    pages = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == [path.name for path in pages]
    numbers = [int(path.name[:4]) for path in pages]
    assert numbers == sorted(set(numbers)), "each number once"
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}. "), path.name
        for heading in ("Context", "Decision", "Who learns what"):
            assert len(text.partition(f"## {heading}\n")[2].partition("\n## ")[0].strip()) > 40, (path.name, heading)


def test_every_version_speaks_to_people_who_sign() -> None:
    versions = re.split(r"\n## ", page("CHANGELOG.md"))[1:]
    assert versions
    for version in versions:
        assert version.partition("\n### ")[2].startswith("For people who sign\n"), version[:40]


# ── stores ──

#: Where each trust sentence of the code is told to operators: the first cell of a row in operating.md.
STORES = {
    "asking/pins.py": "`pins.json` (0600)",
    "auditor/monitor.py": "a monitor's state file (0600)",
    "custody/backup.py": "a backup, encrypted (0600)",
    "holder/wallet_file.py": "the pass file (0600)",
    "issuer/models.py": "`data/issuer.sqlite3`",
    "issuer/service.py": "`data/issuer.sqlite3`",
    "keeper/keys.py": "a keeper's folder of keys (0700)",
    "keeper/service.py": "a keeper's folder of keys (0700)",
    "letters/models.py": "`data/letters.sqlite3`",
    "ledger/models.py": "`data/ledger.sqlite3`",
    "ledger/store.py": "`staging/` (0700)",
    "mail/proof.py": "the server's memory",
    "mail/relay.py": "the mail server",
    "storage/keys.py": "`keys/` (0700)",
    "subjects/keeper_client.py": "the keeper's socket (0660)",
    "web/static.py": "`public/` (pages, `*.vkey`)",
}


def trust_rows() -> dict[str, str]:
    return {row[0]: row[2] for row in rows(page("docs/operating.md")) if len(row) == 3}


def test_every_trust_sentence_of_the_code_is_told_to_operators() -> None:
    trusting = {
        str(path.relative_to(SOURCE)) for path in modules() if re.search(r"Trust: whoever", path.read_text("utf-8"))
    }
    assert trusting == set(STORES)
    told = trust_rows()
    for store in STORES.values():
        assert store in told, store


def test_every_place_of_an_instance_has_a_trust_sentence() -> None:
    config = Config(Path("x"), "a.example", "https://a.example", "a.example")
    places = [config.keys, config.staging, config.public, config.clock_file, config.pins, *map(config.database, ROOMS)]
    names = {str(place.relative_to(config.directory)) for place in places} | {FILE}
    told = trust_rows()
    for name in names:
        row = next((sentence for store, sentence in told.items() if f"`{name}" in store), "")
        assert re.match(r"Whoever (?:can|reads)", row), name


def test_trust_sentences_say_what_cannot_be_done() -> None:
    for store, sentence in trust_rows().items():
        if sentence.startswith("Whoever") and store not in {"`clock`", "the pass file (0600)"}:
            assert re.search(r"cannot|nothing about people|stays checkable", sentence), store


def test_operators_find_the_codes_that_the_server_says() -> None:
    said = {name for row in rows(page("docs/operating.md")) if len(row) == 3 for name in code(row[0])}
    codes = {name for name in said if re.fullmatch(r"[a-z]+-[a-z]+", name)}
    assert len(codes) >= 5
    assert codes - set(error_codes()) == set()


# ── errors ──

FAMILIES = {"Malformed", "Refused", "Conflict", "Withheld", "Unavailable"}


def error_codes() -> dict[str, set[str]]:
    """Codes with their families, from every place where one is raised."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in modules():
        for node in ast.walk(syntax(path)):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            family = {"malformed": "Malformed"}.get(name, name)
            if family in FAMILIES and isinstance(node.args[0].value, str):
                found[node.args[0].value].add(family)
    return found


def test_codes_of_errors_are_lower_case_words() -> None:
    codes = error_codes()
    assert len(codes) > 100
    assert [name for name in codes if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", name)] == []


# ── the protocol's page ──

PROTOCOL = page("docs/protocol.md")
#: The same on one line, so that it does not matter where lines end.
FLAT = " ".join(PROTOCOL.split())


def test_protocol_names_constants_as_they_are() -> None:
    table = {row[0]: row[1] for row in rows(PROTOCOL) if len(row) == 2}
    assert ciphersuite.API_ID.decode() in table["`api_id`"]
    assert table["signer messages"] == str(ciphersuite.N_MESSAGES)
    assert table["nym secrets"] == str(ciphersuite.N_SECRETS)
    assert table["secret key"] == str(ciphersuite.SECRET_KEY)
    assert table["public key"] == str(ciphersuite.PUBLIC_KEY)
    assert table["signature: A, e"] == str(ciphersuite.SIGNATURE)
    assert table["pseudonym"] == str(ciphersuite.PSEUDONYM)
    sizes = [row[1] for row in rows(PROTOCOL) if row[0].startswith("commitment: C")]
    assert sizes == [str(ciphersuite.COMMITMENT)]
    assert ciphersuite.proof_size(2) == 272 + 32 * (4 + 9)
    assert f"exactly **{act.PADDED:,}** octets" in FLAT
    assert f"at least {letter.LEAST_WORKFORCE} people" in FLAT


def test_protocol_names_the_messages_of_a_credential() -> None:
    named = {row[0]: row[1] for row in rows(PROTOCOL) if len(row) == 3 and row[0].isdigit()}
    assert [code(named[str(i)]) for i in range(5)] == [{name} for name in credential.ATTRIBUTES[:5]]


def test_protocol_names_every_kind_of_act() -> None:
    table = {next(iter(code(row[0])), ""): row for row in rows(PROTOCOL) if len(row) == 6}
    for name, kind in act.KINDS.items():
        assert code(table[name][1]) == set(kind.actions), name
        shown = set(map(int, re.findall(r"\d", table[name][2])))
        assert shown == set().union(*kind.disclosed), name
    assert set(context.KINDS) <= set(re.findall(r"`([a-z]+)`", PROTOCOL))


def test_protocol_names_every_entry_with_its_fields() -> None:
    registry = {next(iter(code(row[0])), ""): row[1] for row in rows(PROTOCOL) if len(row) == 3}
    for kind in entry.REGISTRY:
        assert set(kind.CHECKS) <= code(registry[kind.KIND]), kind.KIND
    for each in entry.LOG:
        fields = re.search(rf"`{each.KIND} {{([^}}]*)}}`", PROTOCOL)
        assert fields is not None, each.KIND
        assert set(fields[1].split(", ")) == set(each.CHECKS), each.KIND


def test_protocol_names_the_fields_of_acts_letters_and_terms() -> None:
    assert f"{{{', '.join(sorted(act.FIELDS))}}}" in FLAT
    document, _, rest = FLAT.partition("A **letter document**")[2].partition("**Terms**")
    assert set(letter.Letter.__dataclass_fields__) | {"profile"} <= code(document)
    assert set(letter.Terms.__dataclass_fields__) | {"profile"} <= code(rest.partition(" Sizes:")[0])


# ── bench ──

PROGRAMS = sorted(path for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text(encoding="utf-8"))


def test_there_are_programs() -> None:
    assert {"verify", "audit", "rounds", "ingest", "crash", "fuzz"} <= {path.stem for path in PROGRAMS}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_program_is_quick_and_speaks_json(path: Path) -> None:
    done = subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--quick" in done.stdout
    assert "--json" in done.stdout
