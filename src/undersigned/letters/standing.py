"""Who else stands by a letter: supporters without a credential, and shown names (`docs/protocol.md`, section 5).

Both confirm an address by a code that is mailed to it. Of the address a tag is kept, made anew for each letter, so that
two letters' tables do not tell that one person stands by both. Requests change rows alone; what is public changes when
`settle` is called at a tick, in this order, so that after a crash the next call completes it:

1. rows that come onto a list of names are marked;
2. what the registry lacks is appended to it: numbers and lists that differ from its newest entries;
3. rows that the operator took off are deleted, and what a letter that ended leaves behind.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from django.db import transaction

from undersigned.errors import Refused, Withheld
from undersigned.letters import rules
from undersigned.letters.models import Name, Supporter
from undersigned.protocol.beside import SHOW, SUPPORT, UNSHOW, UNSUPPORT, Confirmation
from undersigned.protocol.entry import NamesShown, RegistryEntry, Supporters
from undersigned.protocol.names import MAX_NAMES, SALT, NameList, ShownName, digest_of
from undersigned.protocol.registry import Registry
from undersigned.storage.databases import write_anew

_DB: Final = "letters"


class Codes(Protocol):
    """Codes that are mailed to addresses, for one purpose; `mail.proof.MailedCodes` is one."""

    def send(self, name: str, scope: str, address: str, language: str) -> None:
        """Mail a code to an address, with the same outcome for every address. Raises: `Unavailable`, `Refused`."""

    def tag(self, name: str, scope: str, address: str, code: str) -> tuple[bytes, bool]:
        """Return the tag of an address and true; a tag that nobody has and false for a wrong code."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a tick brings for a letter (by digest and context): whether numbers may rise and names may come."""

    letter: str
    context: str
    counting: bool


class Standing:
    """Supporters and names of one instance, whose name is `instance`.

    `codes` are by purpose, those that are offered alone; `entropy` gives that many random octets; `grid` is that of
    `write_anew`.
    """

    def __init__(
        self, instance: str, codes: Mapping[str, Codes], entropy: Callable[[int], bytes], grid: float = 0.0
    ) -> None:
        self._instance, self._codes, self._entropy, self._grid = instance, codes, entropy, grid

    # ── what people ask for ──

    def offers(self, purpose: str) -> bool:
        """Whether this is offered here."""
        return purpose in self._codes

    def offered(self, purpose: str) -> Codes:
        """Return the codes for a purpose. Raises: `Withheld` where it is not offered here."""
        found = self._codes.get(purpose)
        if found is None:
            raise Withheld("not-offered", "This site does not offer that. Nothing was sent or stored.")
        return found

    def send(self, purpose: str, context: str, address: str, language: str) -> None:
        """Mail a code for a purpose and letter.

        Raises: `Withheld`, `Unavailable` or `Refused`, alike for every address.
        """
        self.offered(purpose).send(self._key(purpose), context, address, language)

    def support(self, context: str, proof: Confirmation) -> None:
        """Count an address once. Raises: `Refused` for a wrong code, as `send`."""
        row = Supporter(context=context, tag=self._tag(SUPPORT, context, proof))
        with transaction.atomic(using=_DB):
            Supporter.objects.using(_DB).bulk_create([row], ignore_conflicts=True)

    def unsupport(self, context: str, proof: Confirmation) -> None:
        """Count an address no more, whether or not it was. Raises: as `support`."""
        tag = self._tag(UNSUPPORT, context, proof)
        with transaction.atomic(using=_DB):
            Supporter.objects.using(_DB).filter(context=context, tag=tag).delete()

    def show(self, context: str, proof: Confirmation, name: str, line: str | None) -> None:
        """Let a name wait for the next list, in place of an earlier one of the same address.

        Raises: as `support`; `Refused` when the list is full.
        """
        tag = self._tag(SHOW, context, proof)
        with transaction.atomic(using=_DB):
            here = Name.objects.using(_DB).filter(context=context)
            mine = here.filter(tag=tag, reason=None)
            if mine.filter(name=name, line=line).exists():
                return
            here.filter(tag=tag).delete()
            if here.count() >= MAX_NAMES:
                raise Refused("names-full", f"No more than {MAX_NAMES:,} names are shown under a letter.")
            row = Name(context=context, tag=tag, salt=self._entropy(SALT), name=name, line=line)
            row.save(using=_DB, force_insert=True)

    def unshow(self, context: str, proof: Confirmation) -> None:
        """Delete a name and its salt, whether or not there is one. Raises: as `support`."""
        tag = self._tag(UNSHOW, context, proof)
        with transaction.atomic(using=_DB):
            Name.objects.using(_DB).filter(context=context, tag=tag).delete()

    def _key(self, purpose: str) -> str:
        return rules.keeper_key(purpose, self._instance)

    def _tag(self, purpose: str, context: str, proof: Confirmation) -> bytes:
        """Return the tag of an address under a letter. Raises: `Refused` for a wrong code, alike for every address."""
        tag, right = self.offered(purpose).tag(self._key(purpose), context, proof.address, proof.code)
        if not right:
            raise Refused(
                "mailed-code-wrong",
                "This code does not work for this address and letter. Compare both with the mail and type them in once "
                "more. A code is good for an hour or two; after that ask for another.",
            )
        return self.row_tag(context, tag)

    @staticmethod
    def row_tag(context: str, tag: bytes) -> bytes:
        """Return what stands in a row for an address's tag: for each letter another (32 octets)."""
        return hashlib.sha256(context.encode("ascii") + b"\x00" + tag).digest()

    # ── what the operator does ──

    def names(self, context: str) -> list[tuple[ShownName, bool]]:
        """Return the names under a letter, and whether each is shown or waits for the next list, by name."""
        rows = Name.objects.using(_DB).filter(context=context, reason=None)
        return sorted(((_shown(row), row.shown) for row in rows), key=lambda each: (each[0].name, each[0].salt))

    def take_off(self, context: str, hashed: str, letter: str, reason: str) -> None:
        """Take a name off by its hash, or by the beginning of it, for a reason that becomes public.

        Raises: `Withheld` when there is none or there are several; `Refused` when the reason repeats the name.
        """
        with transaction.atomic(using=_DB):
            rows = Name.objects.using(_DB).filter(context=context, reason=None)
            found = [row for row in rows if _shown(row).hash(letter).startswith(hashed)] if hashed else []
            if len(found) != 1:
                raise Withheld("unknown-name", "No name, or more than one, has this mark. List them and try again.")
            if found[0].name.casefold() in reason.casefold():
                raise Refused("reason-names", "The reason stays public for ever: write it without the name.")
            found[0].reason = reason
            found[0].save(using=_DB, update_fields=["reason"])

    # ── ticks ──

    def shown(self, entry: NamesShown, context: str) -> NameList | None:
        """Return the list that an entry binds, None while the rows are not those of it."""
        made = NameList.of(entry, self._listed(context))
        return made if made.matches(entry) else None

    def settle(self, tick: str, letters: Iterable[Due], registry: Registry) -> list[RegistryEntry]:
        """Mark names that come onto the lists; return the entries that the registry lacks."""
        entries: list[RegistryEntry] = []
        for each in letters:
            if each.counting:
                self._admit(each.context)
                entries += self._number(each, registry, tick)
            entries += self._list(each, registry, tick)
        return entries

    def settled(self, closed: Mapping[str, bool]) -> None:
        """After the entries were appended: delete what they took off, and what letters left that ended.

        `closed` are contexts of letters that ended, and whether their names stay. The tables are written anew.
        """
        with transaction.atomic(using=_DB):
            Name.objects.using(_DB).exclude(reason=None).delete()
            Supporter.objects.using(_DB).filter(context__in=list(closed)).delete()
            for context, stays in closed.items():
                left = Name.objects.using(_DB).filter(context=context)
                (left.filter(shown=False) if stays else left).delete()
        write_anew(_DB, grid=self._grid)

    def _admit(self, context: str) -> None:
        with transaction.atomic(using=_DB):
            Name.objects.using(_DB).filter(context=context, shown=False, reason=None).update(shown=True)

    def _listed(self, context: str) -> list[ShownName]:
        return [_shown(row) for row in Name.objects.using(_DB).filter(context=context, shown=True, reason=None)]

    def _number(self, due: Due, registry: Registry, tick: str) -> list[RegistryEntry]:
        now = rules.at_least(Supporter.objects.using(_DB).filter(context=due.context).count())
        before = registry.supporters.get(due.letter)
        if now == (before.at_least if before else 0) or (before is not None and tick <= before.tick):
            return []
        return [Supporters(due.letter, now, tick)]

    def _list(self, due: Due, registry: Registry, tick: str) -> list[RegistryEntry]:
        before, names = registry.names.get(due.letter), self._listed(due.context)
        digest = digest_of(due.letter, names)
        if digest == (before.digest if before else digest_of(due.letter, ())) or (before and tick < before.tick):
            return []
        reasons = Name.objects.using(_DB).filter(context=due.context, shown=True).exclude(reason=None)
        said = sorted({row.reason for row in reasons if row.reason is not None})
        return [
            NamesShown(
                letter=due.letter,
                number=(before.number if before else 0) + 1,
                count=len(names),
                digest=digest,
                tick=tick,
                reason=" · ".join(said)[:1000] or None,
            )
        ]


def _shown(row: Name) -> ShownName:
    return ShownName(row.name, row.line, bytes(row.salt))
