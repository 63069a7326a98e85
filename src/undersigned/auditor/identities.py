"""Step 4, of issuers' keys: whether each issuer signed its own, and by which long-term key.

Whoever keeps the registry enters the keys, and could enter one of their own under another issuer's name. Where entries
bear the issuer's signature, it holds and is by one key an issuer (`protocol.registry`). Whether that one is the
issuer's is known only to who has it from the issuer, another way than from there.
"""

from collections.abc import Iterable, Mapping

from undersigned.auditor.findings import Findings, quoted
from undersigned.auditor.source import REGISTRY
from undersigned.protocol.entry import IssuedCorrected, IssuerKey
from undersigned.tlog.note import VerifierKey

#: Issuer, organisation, epoch.
Name = tuple[str, str, str]


def check_identities(
    keys: Mapping[Name, IssuerKey], places: Mapping[Name, int], believed: Mapping[str, VerifierKey], findings: Findings
) -> None:
    """Compare who signed issuers' keys with those `believed`, by name; say what holds, differs, and is unsigned."""
    for issuer in sorted({issuer for issuer, _, _ in keys}):
        own = {name: entry for name, entry in keys.items() if name[0] == issuer}
        unsigned = [name for name, entry in own.items() if entry.identity is None]
        key = believed.get(issuer)
        if key is None:
            _unsigned(issuer, len(unsigned), len(own), findings)
            continue
        differing = [name for name, entry in own.items() if entry.identity not in {None, key.encode()}]
        for name in (*unsigned, *differing):
            why = "is not signed by the issuer itself" if name in unsigned else "is signed by another key"
            words = f"The key of {issuer} for {name[1]} and {name[2]} {why}: it is not shown to be {issuer}'s."
            findings.fail(4, REGISTRY, places[name], "issuer-differs", words)
        if not (unsigned or differing):
            findings.remark(f"{_keys(len(own))} of {issuer} in the registry: signed by the key that you gave.")
    for issuer in sorted(believed.keys() - {issuer for issuer, _, _ in keys}):
        findings.remark(
            f"The registry has no key of {issuer}: there was nothing to compare with the key that you gave."
        )


def check_corrections(
    corrections: Iterable[tuple[int, IssuedCorrected]], believed: Mapping[str, VerifierKey], findings: Findings
) -> None:
    """Compare who signed corrections, each with its place in the registry, with the keys `believed`, by name."""
    for place, each in corrections:
        key = believed.get(each.issuer)
        if key is not None and each.identity != key.encode():
            words = (
                f"The correction of {each.issuer} for {each.organisation} and {each.epoch} is signed by another key: "
                f"it is not shown to be {each.issuer}'s."
            )
            findings.fail(4, REGISTRY, place, "issuer-differs", words)


def tell_corrections(corrections: Iterable[IssuedCorrected], findings: Findings) -> None:
    """Say every number of members that an issuer took back."""
    for each in corrections:
        findings.remark(
            f"{each.issuer} took back its number of members of {each.organisation} in {each.epoch} on "
            f"{each.tick[:10]}: not {each.was:,} but at most {each.at_most:,} ({quoted(each.reason)})."
        )


def _unsigned(issuer: str, unsigned: int, number: int, findings: Findings) -> None:
    if unsigned:
        findings.remark(
            f"{issuer}: {unsigned:,} of {_keys(number)} in the registry not signed by the issuer itself. Whoever keeps "
            "the registry could have entered them in its name; ask the issuer."
        )


def _keys(number: int) -> str:
    return f"{number:,} {'key' if number == 1 else 'keys'}"
