"""Every parser of `undersigned.protocol`, with what writes again what it read, and good octets to start from."""

import copy
import json
from collections.abc import Callable
from typing import Any

import rfc8785

from support.own import runs, vectors
from undersigned.protocol.act import SignedAct
from undersigned.protocol.beside import CodeRequest, Confirmation, NameGiven
from undersigned.protocol.enrolment import Admission, Cancellation, Issuance, MailRequest, Renewal, Request
from undersigned.protocol.entry import parse_log_entry, parse_registry_entry
from undersigned.protocol.letter import Letter, Terms
from undersigned.protocol.names import NameList
from undersigned.protocol.receipt import Receipt
from undersigned.values import canonical, parse_canonical

#: Reads octets and writes them again.
Rewrite = Callable[[bytes], bytes]


def _log_entry(data: bytes) -> bytes:
    entry = parse_log_entry(data)
    return SignedAct.from_record(entry).encoded if isinstance(entry, dict) else entry.encoded


def _receipt(data: bytes) -> bytes:
    # The note around it is read before, and decodes the octets.
    return Receipt.parse(data.decode("utf-8", "replace")).text().encode()


REWRITES: dict[str, Rewrite] = {
    "json": lambda data: canonical(parse_canonical(data)),
    "act": lambda data: SignedAct.parse(data).encoded,
    "padded": lambda data: SignedAct.parse_padded(data).padded(),
    "letter": lambda data: Letter.parse(data).encoded,
    "terms": lambda data: Terms.parse(data).encoded,
    "registry-entry": lambda data: parse_registry_entry(data).encoded,
    "names": lambda data: NameList.parse(data).encoded,
    "log-entry": _log_entry,
    "receipt": _receipt,
    "admission": lambda data: Request.parse(Admission, data).encoded(),
    "renewal": lambda data: Request.parse(Renewal, data).encoded(),
    "cancellation": lambda data: Request.parse(Cancellation, data).encoded(),
    "mail": lambda data: MailRequest.parse(data).encoded(),
    "issuance": lambda data: Issuance.parse(data).encoded(),
    "code request": lambda data: CodeRequest.parse(data).encoded(),
    "confirmation": lambda data: Confirmation.parse(data).encoded(),
    "name given": lambda data: NameGiven.parse(data).encoded(),
}


def _texts(cases: list[dict[str, Any]]) -> list[bytes]:
    return [case["text"].encode() for case in cases]


def seeds() -> dict[str, list[bytes]]:
    """Good octets for each parser, from the vectors."""
    wires = [case["wire"].encode() for case in vectors("acts.json")["acts"]]
    entries = vectors("entries.json")
    enrolment, beside = vectors("enrolment.json"), vectors("beside.json")
    found = {
        "json": [bytes.fromhex(case["hex"]) for case in vectors("canonical-json.json")["good"]],
        "act": wires,
        "padded": [runs(case["octets"]) for case in vectors("padding.json")["good"]],
        "letter": _texts(vectors("letters.json")["good"]),
        "terms": _texts(vectors("terms.json")["good"]),
        "registry-entry": _texts(entries["registry"]["good"]),
        "names": _texts(vectors("names.json")["good"]),
        "log-entry": [*_texts(entries["log"]["good"]), *wires],
        "code request": _texts(beside["mail"]["good"]),
        "confirmation": _texts(beside["confirmation"]["good"]),
        "name given": _texts(beside["name"]["good"]),
        "receipt": [case["note"].partition("\n\n")[0].encode() + b"\n" for case in vectors("receipts.json")["good"]],
    }
    return found | {kind: _texts(enrolment[kind]["good"]) for kind in enrolment if kind not in {"profile", "proofs"}}


def changed(data: bytes, path: list[int], value: object) -> bytes:
    """Octets of a JSON text with one value replaced: `path` chooses a member at each level."""
    record = copy.deepcopy(json.loads(data))
    holder: Any = {"": record}
    key: Any = ""
    for step in path:
        inner = holder[key]
        if isinstance(inner, dict) and inner:
            holder, key = inner, sorted(inner)[step % len(inner)]
        elif isinstance(inner, list) and inner:
            holder, key = inner, step % len(inner)
    holder[key] = value
    return rfc8785.dumps(record if key != "" else holder[""])
