"""The demonstration's second issuer: another body, with a folder, keys, a database and a server of its own.

It is made and runs in processes of its own, so that nothing of it is ever in one memory with the letters. What comes
out of them is what two bodies hand each other: its address, its key, the statement of its key for the quarter, and
codes on paper.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from undersigned.asking.issuer import key_of
from undersigned.asking.pins import Pin
from undersigned.bootstrap import Instance, create_instance
from undersigned.clock import DemonstrationClock
from undersigned.config import Config
from undersigned.demo.letter import ORGANISATION, UNION
from undersigned.errors import Unavailable
from undersigned.web.operations import add_issuer_key, pin_issuer

#: What is asked for to see that its server runs.
READY: Final = "api/issuer/ways"


@dataclass(frozen=True, slots=True)
class Founding:
    """What a co-issuer is made of: where, for whom, and for which letters, whose registry key it allows to ask."""

    directory: str
    url: str
    letters_url: str
    letters_key: str
    epoch: str
    codes: int
    tick: str


@dataclass(frozen=True, slots=True)
class CoIssuer:
    """A co-issuer as everybody else knows it; `codes` are on its own sheet."""

    directory: Path
    url: str
    key: str
    statement: bytes
    codes: tuple[str, ...]

    def move(self, tick: str) -> None:
        """Let its day pass, too."""
        DemonstrationClock(self.directory / "clock").move(tick)


def found(founding: Founding) -> CoIssuer:
    """Make a co-issuer in a process of its own. Raises: `Unavailable`."""
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", __name__, json.dumps(asdict(founding))], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable("co-issuer", f"The second issuer could not be made: {done.stderr.strip()[-500:]}")
    said = json.loads(done.stdout)
    return CoIssuer(
        Path(founding.directory), founding.url, said["key"], said["statement"].encode(), tuple(said["codes"])
    )


def join(instance: Instance, made: CoIssuer, epoch: str) -> None:
    """On the letters' side: believe the co-issuer by its key, and enter that of the quarter in the registry."""
    pin = Pin.issuer(UNION, made.key, made.url)
    pin_issuer(instance, pin)
    add_issuer_key(instance, key_of(made.statement, pin, ORGANISATION, epoch))


def _make(founding: Founding) -> dict[str, object]:
    config = Config(
        Path(founding.directory), name=UNION, url=founding.url, issuer=UNION, demo=True, clock="demonstration",
        workers=1, room="issuer",
    )  # fmt: skip
    instance = create_instance(config, founding.tick)
    letters = Pin.letters(founding.letters_key, founding.letters_url, [ORGANISATION])
    instance.pins().with_letters(letters).write(config.pins)
    instance.issuer.open_epoch(ORGANISATION, founding.epoch)
    return {
        "key": instance.keys.identity(UNION).vkey,
        "statement": instance.issuer.statement(ORGANISATION, founding.epoch).decode(),
        "codes": instance.issuer.new_sheet(ORGANISATION, founding.codes, "demonstration").codes,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_make(Founding(**json.loads(sys.argv[1])))))
