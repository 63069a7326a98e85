"""Writes the tables of letters from the registry and its documents; and others who stand by them, from a backup."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import transaction

from undersigned.errors import Malformed, Withheld
from undersigned.letters.models import LetterRow, Name, Supporter, TermsRow
from undersigned.protocol.context import context_id
from undersigned.protocol.letter import Terms
from undersigned.protocol.registry import Registry
from undersigned.values import b64u, fields, octets

_DB: Final = "letters"


def kept() -> dict[str, Any]:
    """Return tags of supporters, and names with theirs, as JSON values."""
    return {
        "names": [
            [row.context, b64u(bytes(row.tag)), b64u(bytes(row.salt)), row.name, row.line, row.shown, row.reason]
            for row in Name.objects.using(_DB).all()
        ],
        "supporters": [[row.context, b64u(bytes(row.tag))] for row in Supporter.objects.using(_DB).all()],
    }


def bring_back(registry: Registry, document: Callable[[str], bytes], beside: Mapping[str, Any]) -> dict[str, str]:
    """Write letters and terms; return by context when each letter ends. Drafts are gone.

    `beside` is what `kept` returned, or empty.
    Raises: `Unavailable` for a document that is damaged, `Malformed`.
    """
    ends = {}
    with transaction.atomic(using=_DB):
        for slug, entry in registry.letters.items():
            row = LetterRow(slug=slug, digest=entry.digest, document=_read(document, entry.digest))
            row.save(using=_DB, force_insert=True)
            for said in registry.terms.get(entry.digest, ()):
                data = _read(document, said.digest)
                TermsRow(letter=row, number=said.number, digest=said.digest, document=data).save(using=_DB)
                if data is not None:
                    ends[context_id("letter", entry.digest)] = Terms.parse(data).closes
        if beside:
            _others(fields(dict(beside), ("names", "supporters"), "What a backup keeps of letters"))
    return ends


def _read(document: Callable[[str], bytes], digest: str) -> bytes | None:
    """Read a document, None where it was taken down."""
    try:
        return document(digest)
    except Withheld:
        return None


def _others(got: Mapping[str, Any]) -> None:
    try:
        for context, tag in got["supporters"]:
            Supporter(context=context, tag=octets(tag)).save(using=_DB, force_insert=True)
        for context, tag, salt, name, line, shown, reason in got["names"]:
            Name(
                context=context, tag=octets(tag), salt=octets(salt), name=name, line=line, shown=shown, reason=reason
            ).save(using=_DB, force_insert=True)
    except (TypeError, ValueError) as error:
        raise Malformed("no-backup", "What the backup keeps of letters cannot be read.") from error
