"""All checks, in the order in which they are told."""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from undersigned.clock import DemonstrationClock
from undersigned.config import Config
from undersigned.doctor import files, network, published, rules
from undersigned.doctor.finding import Finding, unknown, wrong
from undersigned.doctor.keys import keys
from undersigned.errors import UndersignedError
from undersigned.storage.keys import KeyStore
from undersigned.tlog.policy import Policy

#: Where systemd's own time service says that it has set the clock.
SYNCHRONIZED: Final = Path("/run/systemd/timesync/synchronized")
_PATIENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What whoever runs it wants to be looked at besides the folder: an address, backups, a policy with witnesses."""

    url: str | None = None
    backups: Path | None = None
    policy: Policy | None = None


def look(config: Config, asked: Asked) -> list[Finding]:
    """Make every check. One that cannot be made is told as such and keeps no other from being made."""
    now = datetime.now(UTC)
    checks: Sequence[tuple[str, Callable[[], list[Finding]]]] = (
        ("permissions", lambda: files.permissions(config)),
        ("keys", lambda: keys(config)),
        ("databases", lambda: files.databases(config)),
        ("disk", lambda: files.disk(config)),
        ("clock", lambda: clock(config, now)),
        ("keeper", lambda: network.keeper(config)),
        ("mail", lambda: network.mail(config)),
        ("address", lambda: network.address(config, asked.url, now.timestamp())),
        ("backups", lambda: files.backups(config, asked.backups, now.timestamp())),
        ("witnesses", lambda: network.witnesses(asked.policy) if "letters" in config.rooms else []),
    )
    return [finding for name, check in checks for finding in _made(name, check)]


def _made(name: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except FileNotFoundError as error:
        return [wrong(name, f"{error.filename} is missing", "Put it back; see “Backups” in operating.md.")]
    except PermissionError as error:
        return [wrong(name, f"{error.filename} cannot be read", "Run this under the server's account.")]
    except OSError as error:
        return [wrong(name, f"{error.filename} cannot be read: {error.strerror}", "Look at disk and file system.")]
    except UndersignedError as error:
        return [wrong(name, error.words, "See “When something is wrong” in operating.md.")]


def clock(config: Config, now: datetime) -> list[Finding]:
    """Compare the machine's clock with the last count, and ask the system whether it is kept right."""
    last = ""
    if "letters" in config.rooms:
        last = published.last_round(config, KeyStore(config.keys).signing("log", config.name).verifier)
    if config.clock == "demonstration":
        tick = DemonstrationClock(config.clock_file).tick()
        return [rules.clock(tick, last), unknown("time service", "A demonstration's clock is moved by hand")]
    return [rules.clock(now.strftime("%Y-%m-%dT%H:%M:%SZ"), last), rules.time_service(kept=time_service())]


def time_service(mark: Path = SYNCHRONIZED, program: str = "timedatectl") -> bool | None:
    """Ask the system whether a time service keeps its clock; None where it does not say."""
    if mark.exists():
        return True
    path = shutil.which(program)
    if path is None:
        return None
    command = [path, "show", "--property=NTPSynchronized", "--value"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - no shell
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {b"yes": True, b"no": False}.get(done.stdout.strip())
