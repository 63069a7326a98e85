"""What is inside a backup: a tar of regular files under names that are known, the first of them a list in JSON.

Not in it, ever: `data/`. What the tables of logs and letters hold is written anew from what was published. Of the
issuer's table there are numbers and ways of joining; of others who stand by letters, their tags and names.
"""

import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from undersigned.errors import Malformed, UndersignedError
from undersigned.values import canonical, fields, parse_canonical

FORMAT: Final = "undersigned-backup/1"
LIST: Final = "backup.json"
#: Octets of the longest list: it holds the names that people show.
_MOST_LIST: Final = 1 << 28
_NAME: Final = re.compile(
    r"instance\.toml|pins\.json|keys(?:/[A-Za-z0-9._-]+){1,2}|public/(?:registry|log)(?:/[A-Za-z0-9._-]+){1,12}"
    r"|public/documents/[0-9a-f]{64}|public/(?:registry|log)\.vkey"
)
#: Modes of what is written back.
_SECRET_MODE, _PUBLIC_MODE = 0o600, 0o644


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup's files by their path in the instance, each with its time in seconds since 1970, and what is beside.

    `sizes` are those of registry and log, empty for an issuer alone; `issuer` and `letters` are what the rooms kept.
    """

    name: str
    made: str
    files: Mapping[str, tuple[bytes, int]]
    sizes: Mapping[str, int]
    issuer: Mapping[str, Any]
    letters: Mapping[str, Any]

    def encoded(self) -> bytes:
        """Octets, unencrypted: they are never written anywhere."""
        beside = {
            "format": FORMAT, "issuer": self.issuer, "letters": self.letters, "made": self.made, "name": self.name,
            "sizes": self.sizes,
        }  # fmt: skip
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for path, (data, mtime) in {LIST: (canonical(beside), 0), **self.files}.items():
                member = tarfile.TarInfo(path)
                member.size, member.mtime = len(data), mtime
                tar.addfile(member, io.BytesIO(data))
        return out.getvalue()

    @classmethod
    def parse(cls, data: bytes) -> "Kept":
        """Read what `encoded` wrote. Raises: `Malformed`: nothing outside the instance's own names is taken."""
        files: dict[str, tuple[bytes, int]] = {}
        try:
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
                for member in tar:
                    content = tar.extractfile(member) if member.isreg() else None
                    if content is None or member.name in files or not _known(member.name):
                        raise _foreign()
                    files[member.name] = content.read(), int(member.mtime)
            listed = files.pop(LIST)[0]
            got = fields(
                parse_canonical(listed, limit=_MOST_LIST),
                ("format", "issuer", "letters", "made", "name", "sizes"),
                LIST,
            )
        except (tarfile.TarError, KeyError, UndersignedError) as error:
            raise _foreign() from error
        if got["format"] != FORMAT:
            raise Malformed("other-format", "This backup was written by another version, in a form unknown here.")
        return cls(got["name"], got["made"], files, got["sizes"], got["issuer"], got["letters"])


def mode(path: str) -> int:
    """Return the mode that a file is written with."""
    return _PUBLIC_MODE if path.startswith("public/") else _SECRET_MODE


def _known(name: str) -> bool:
    return name == LIST or (_NAME.fullmatch(name) is not None and ".." not in name)


def _foreign() -> Malformed:
    return Malformed("no-backup", "This is no backup of an instance. Nothing was written.")
