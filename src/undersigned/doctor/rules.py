"""What follows from what was seen: decisions alone. Times come in as seconds or as text, never from a clock."""

from collections.abc import Mapping
from typing import Final

from undersigned.doctor.finding import Finding, holds, unknown, wrong

#: Octets that are to be free whatever the size of the instance: room for a round, its tiles and a rewritten table.
LEAST_FREE: Final = 1 << 30
_MIB: Final = 1 << 20
_DAY: Final = 86_400
#: A certificate is renewed when a third of its life is left, or thirty days where it lives longer.
_ENOUGH_DAYS: Final = 14
#: Versions of SQLite in which two processes can corrupt a write-ahead log (adr/0007).
_FAULTY: Final = ((3, 7, 0), (3, 51, 2))
#: A backup older than this many rounds misses too much to go on from.
_ROUNDS: Final = 2


def modes(name: str, path: str, mode: int, *, wanted: int, public: bool) -> Finding | None:
    """Decide on permissions: what is secret is closed to all others, what is public is written by none of them."""
    others = mode & 0o777 & ~wanted
    if others & (0o022 if public else 0o077):
        may = "written" if public else "read or entered"
        return wrong("permissions", f"{name} can be {may} by others on this machine", f"chmod {wanted:o} {path}")
    return None


def disk(free: int, size: int) -> Finding:
    """Decide on octets that are free, given those of the instance: at a count its tables are written anew beside."""
    need = max(LEAST_FREE, 2 * size)
    seen = f"{free // _MIB:,} MiB free, {size // _MIB:,} MiB used by the instance"
    if free < need:
        return wrong("disk", seen, f"Make room until {need // _MIB:,} MiB are free: a full disk takes no signature.")
    return holds("disk", seen)


def clock(now: str, last: str) -> Finding:
    """Decide on the machine's time (`2026-12-03T14:05:00Z`) beside the last hour that was published."""
    if last and now < last:
        return wrong(
            "clock",
            f"It says {now}, but the instance published at {last}",
            "Set the clock right (timedatectl set-ntp true). Signatures wait until then.",
        )
    return holds("clock", f"It says {now}" + (f", after the last count at {last}" if last else "; nothing to compare"))


def time_service(*, kept: bool | None) -> Finding:
    """Decide on what the system says of its time service; None where it says nothing."""
    if kept is None:
        return unknown(
            "time service", "This system does not say whether its clock is kept right", "See that a time service runs."
        )
    if kept:
        return holds("time service", "The clock is kept right by a time service")
    return wrong(
        "time service", "The clock is not kept right", "Start a time service: timedatectl set-ntp true, or chrony."
    )


def journal(room: str, version: tuple[int, int, int], *, write_ahead: bool) -> Finding:
    """Decide on how a room's database is written, given the version of SQLite that is loaded."""
    shown = ".".join(map(str, version))
    if not write_ahead:
        return holds("databases", f"{room}: SQLite {shown}, rollback journal, as it should be")
    fault = " and this version can corrupt it" if _FAULTY[0] <= version <= _FAULTY[1] else ""
    return wrong(
        "databases",
        f"{room}: SQLite {shown} with a write-ahead log, which keeps the order of writing{fault}",
        "Stop the server and whatever else has it open. When it starts again, the server sets this right.",
    )


def certificate(left: float, life: float) -> Finding:
    """Decide on seconds that a certificate has left, of those that it lives."""
    days = int(left // _DAY)
    if left < min(_ENOUGH_DAYS * _DAY, life / 3):
        return wrong(
            "tls", f"The certificate ends in {max(days, 0)} days", "Renew it now, and see why that was not done."
        )
    return holds("tls", f"The certificate is valid for {days} more days")


def headers(page: str, wanted: Mapping[str, str], got: Mapping[str, str]) -> list[Finding]:
    """Decide on headers of an answer; names of `got` are in lower case."""
    found = []
    for name, value in wanted.items():
        came = got.get(name.lower())
        if came != value:
            state = "does not arrive" if came is None else "arrives changed"
            found.append(
                wrong("headers", f"{page}: {name} {state}", f"Let the proxy pass it on as the server sends it: {value}")
            )
    if "set-cookie" in got:
        found.append(wrong("headers", f"{page}: a cookie is set", "Let the proxy set none: it marks people."))
    return found or [holds("headers", f"{page}: {len(wanted)} headers arrive as they are sent")]


def backup(name: str, age: float, round_hours: int, *, encrypted: bool) -> Finding:
    """Decide on a backup's age in seconds."""
    hours = int(age // 3600)
    shown = f"{hours} hours" if hours < 2 * 24 else f"{hours // 24} days"
    if not encrypted:
        return wrong("backups", f"{name} is not encrypted with age, or is no backup", "Destroy it; make one anew.")
    if hours > max(_ROUNDS * round_hours, 48):
        return wrong("backups", f"{name} is {shown} old", "Make one after each count: undersigned backup make.")
    return holds("backups", f"{name} is {shown} old and encrypted")
