"""The demonstration from beginning to end; `cli/demo.py` starts it.

1. An instance, an issuer, a letter. 2. The server; everyone joins. 3. Most sign; nothing is public before the goal.
4. Some cheat. 5. Rounds close and are published; some withdraw. 6. An outsider audits, also a log in which one
octet was changed.

With a co-issuer, whoever signs has joined at two bodies, the second in processes of its own.
"""

import html
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from undersigned.bootstrap import Instance, create_instance
from undersigned.config import Config
from undersigned.demo import cheats, co_issuer
from undersigned.demo.co_issuer import CoIssuer, Founding
from undersigned.demo.letter import ELSEWHERE, INSTANCE, ISSUER, ORGANISATION, SLUG, UNION, make
from undersigned.demo.members import Member, Town, together
from undersigned.demo.server import Server
from undersigned.errors import Malformed, Refused
from undersigned.holder.client import Sent
from undersigned.holder.registry import read_registry
from undersigned.holder.transport import HttpTransport
from undersigned.protocol.letter import LEAST_ROUND, Letter
from undersigned.tlog.policy import Policy
from undersigned.values import epoch_of
from undersigned.web.operations import Turn, open_letter, turn

#: The letter of the demonstration has the goal that this number of members reaches comfortably.
MEMBERS: Final = 1039
GOAL: Final = 1000
LEAST_MEMBERS: Final = 60
_WITHDRAW_EARLY: Final = 12
_WITHDRAW_LATE: Final = 11
_DAY: Final = timedelta(days=1)
_OPEN_DAYS: Final = 21


@dataclass
class Step:
    """A line of the summary."""

    name: str
    figure: str
    seconds: float


@dataclass
class Stage:
    """Everything that the steps share; `union_url` is where a second issuer is to be, if there is one."""

    console: Console
    directory: Path
    count: int
    workers: int
    union_url: str | None = None
    steps: list[Step] = field(default_factory=list)
    start: datetime = field(
        default_factory=lambda: datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    )

    @property
    def goal(self) -> int:
        """The letter's goal, in proportion to the number of members."""
        return max(LEAST_ROUND, self.count * GOAL // MEMBERS)

    @property
    def early(self) -> int:
        """How many take their signature back before it is counted, in the same proportion."""
        return max(1, self.count * _WITHDRAW_EARLY // MEMBERS)

    def tick(self, days: int) -> str:
        """Return midnight of a day of the demonstration."""
        return (self.start + days * _DAY).strftime("%Y-%m-%dT%H:00:00Z")

    def say(self, text: str) -> None:
        """Tell what happens now."""
        self.console.print(text, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Measure a step for the summary; its figure is filled in by the step."""
        self.console.rule(f"[bold]{len(self.steps) + 1}  {name}", align="left", style="dim")
        began = time.perf_counter()
        line = Step(name, "", 0.0)
        yield line
        line.seconds = time.perf_counter() - began
        self.steps.append(line)

    def bar(self, what: str, total: int, ticks: Iterator[int]) -> None:
        """Show a bar while `ticks` run."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(what, total=total)
            for each in ticks:
                progress.advance(task, each)


@dataclass
class Cast:
    """Who takes part, once all have joined."""

    letter: Letter
    members: list[Member]
    outsider: Member
    transport: HttpTransport
    #: Somebody whom the second issuer invented: it has a pass of that one alone.
    invented: Member | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is before the server starts: the instance, its letter, and everybody's codes."""

    instance: Instance
    letter: Letter
    codes: tuple[str, ...]
    outsider: str
    union: CoIssuer | None = None

    def turn(self, tick: str) -> Turn:
        """Let the time pass, for the second issuer first, which is asked at the count."""
        if self.union is not None:
            self.union.move(tick)
        return turn(self.instance, tick)


def play(stage: Stage, scene: Scene, server: Server) -> Cast:
    """Play everything that happens while the server runs; return who took part.

    Raises: `Refused` when something does not turn out as it must.
    """
    cast = _join(stage, scene, server)
    _sign(stage, scene, cast)
    _cheat(stage, cast)
    _publish(stage, scene, cast)
    _audit(stage, scene.instance, server)
    return cast


def prepare(stage: Stage, url: str) -> Scene:
    """Make the instance and open its letter.

    Raises: `Malformed` for too few members.
    """
    if stage.count < LEAST_MEMBERS:
        raise Malformed("too-few-members", f"The demonstration needs at least {LEAST_MEMBERS} members.")
    with stage.step("An instance, an issuer and a letter") as line:
        config = Config(stage.directory, name=INSTANCE, url=url, issuer=ISSUER, demo=True, clock="demonstration")
        instance = create_instance(config, stage.tick(0))
        quarter = epoch_of(stage.tick(0)[:10])
        union = _found(stage, instance, quarter)
        issuers = (ISSUER,) if union is None else (ISSUER, UNION)
        letter, terms = make(quarter, stage.goal, stage.tick(0)[:10], stage.tick(_OPEN_DAYS), issuers)
        instance.letters.draft(letter, terms)
        open_letter(instance, SLUG)
        other = instance.issuer.open_epoch(ELSEWHERE, letter.epoch)
        instance.ledger.append_registry([other], {}, stage.tick(0))
        codes = instance.issuer.new_sheet(ORGANISATION, stage.count, "demonstration").codes
        (outsider,) = instance.issuer.new_sheet(ELSEWHERE, 1, "an outsider").codes
        words = len(letter.texts[0].body.split())
        line.figure = f"{words} words, {len(letter.texts[0].demands)} demands, goal {stage.goal:,}"
        stage.say(f"“{letter.texts[0].title}”, to {letter.addressee}.  {line.figure}.")
        stage.say(f"Everything is in {stage.directory}; what is published is in its folder public.")
    return Scene(instance, letter, tuple(codes), outsider, union)


def _found(stage: Stage, instance: Instance, quarter: str) -> CoIssuer | None:
    """Make the second issuer, if there is to be one: for every member a code, and one more for whom it invents."""
    if stage.union_url is None:
        return None
    key = instance.keys.signing("registry", INSTANCE).vkey
    where = str(stage.directory.with_name(f"{stage.directory.name}-union"))
    made = co_issuer.found(
        Founding(where, stage.union_url, instance.config.url, key, quarter, stage.count + 1, stage.tick(0))
    )
    co_issuer.join(instance, made, quarter)
    stage.say(f"A second issuer, {UNION}, has keys and a database of its own in {where}.")
    stage.say(f"The letter asks of whoever signs a pass of {ISSUER} and one of {UNION}.")
    return made


def policy(instance: Instance) -> str:
    """Return the policy of those who know the instance's two keys from elsewhere; it has no witnesses yet."""
    keys = (instance.keys.signing(name, instance.config.name).vkey for name in ("registry", "log"))
    return "".join(f"log {key}\n" for key in keys) + "quorum none\n"


def _join(stage: Stage, scene: Scene, server: Server) -> Cast:
    with stage.step(f"{stage.count:,} people join over HTTP") as line:
        transport = HttpTransport(server.url)
        trusted = policy(scene.instance)
        view = read_registry(transport, Policy.parse(trusted))
        union = scene.union
        elsewhere = {} if union is None else {union.url: HttpTransport(union.url)}
        town = Town(server.url, trusted, transport, view, elsewhere)
        theirs = [{}] * len(scene.codes) if union is None else [{UNION: code} for code in union.codes[:-1]]
        members = [town.member({ISSUER: code} | more) for code, more in zip(scene.codes, theirs, strict=True)]
        stage.bar("joining", len(members), together(members, lambda each: each.join(ORGANISATION)))
        outsider = town.member({ISSUER: scene.outsider})
        outsider.join(ELSEWHERE)
        invented = None if union is None else town.member({UNION: union.codes[-1]})
        if invented is not None:
            invented.join(ORGANISATION)
        passes = len(members) * (1 if union is None else 2)
        line.figure = f"{passes:,} passes, each checked by its holder"
        who = "The issuer has" if union is None else "Each of the two issuers has"
        stage.say(f"{line.figure}. {who} seen {len(members):,} codes and no secret.")
    return Cast(scene.letter, members, outsider, transport, invented)


def _sign(stage: Stage, scene: Scene, cast: Cast) -> None:
    with stage.step("They sign; nothing is public before the goal") as line:
        few = stage.goal * 8 // 10
        early, late = cast.members[:few], cast.members[few:]
        stage.bar("signing", len(early), together(early, _sign_one))
        done = scene.turn(stage.tick(1))
        _must(not done.report.rounds, "a round was published before the goal")
        _must(_log_size(cast) == 0, "the log has entries before the goal")
        _must(
            not any("had signed" in sentence for sentence in _count_line(cast)),
            "the page shows a count before the goal",
        )
        stage.say(f"After {len(early):,} signatures a day passes. The log has 0 entries, and the page says:")
        for sentence in _count_line(cast):
            stage.say(f"    [italic]{sentence}[/italic]")
        stage.bar("signing", len(late), together(late, _sign_one))
        quitters = cast.members[: stage.early]
        stage.bar("withdrawing", len(quitters), together(quitters, lambda each: each.client.withdraw(SLUG)))
        line.figure = f"{len(cast.members):,} signed, {stage.early} took it back before any count"
        stage.say(f"{line.figure}: of those, neither is ever published.")


def _sign_one(person: Member) -> Sent:
    return person.client.sign(SLUG)


def _cheat(stage: Stage, cast: Cast) -> None:
    with stage.step("Some try to cheat") as line:
        honest, cheat, gone = cast.members[-1], cast.members[-2], cast.members[0]
        letter, transport = cast.letter, cast.transport
        outsider, theirs = cast.outsider, cheats.proved(honest, letter)
        trials = [
            cheats.attempt("sign twice", lambda: cheats.twice(cheat, letter, transport)),
            cheats.attempt("sign again after withdrawing", lambda: cheats.twice(gone, letter, transport)),
            cheats.attempt("use another organisation's pass", lambda: cheats.elsewhere(outsider, letter, transport)),
            cheats.attempt("write this organisation over it", lambda: cheats.relabelled(outsider, letter, transport)),
            cheats.attempt("sign an altered letter", lambda: cheats.altered_letter(cheat, letter, transport)),
            cheats.attempt("replay somebody else's act", lambda: cheats.replayed(theirs, transport)),
            cheats.attempt("put a new mark under their proof", lambda: cheats.stolen(theirs, letter, transport)),
            cheats.attempt("forge a pass without the key", lambda: cheats.forged(cheat, letter, transport)),
        ]
        invented = cast.invented
        if invented is not None:
            trials += [
                cheats.attempt("sign with one issuer's pass alone", lambda: cheats.alone(invented, letter, transport)),
                cheats.attempt("make up the other issuer's pass", lambda: cheats.posed(invented, letter, transport)),
            ]
        for each in trials:
            stage.say(f"  [red]✗[/red] {each.what:40} {each.answer}")
        _must(not any(each.counted for each in trials), "a cheat was counted")
        line.figure = f"{len(trials)} attempts, 0 counted"


def _publish(stage: Stage, scene: Scene, cast: Cast) -> None:
    with stage.step("Rounds close and are published") as line:
        published = [scene.turn(stage.tick(2))]
        leaving = cast.members[stage.early : stage.early + _WITHDRAW_LATE]
        stage.bar("withdrawing", len(leaving), together(leaving, lambda each: each.client.withdraw(SLUG)))
        published += [scene.turn(stage.tick(3)), scene.turn(stage.tick(_OPEN_DAYS))]
        for done in published:
            _tell(stage, done)
        for sentence in _count_line(cast):
            stage.say(f"    [italic]{sentence}[/italic]")
        rounds = [each for done in published for each in done.report.rounds]
        line.figure = f"{len(rounds)} rounds, {sum(each.count for each in rounds):,} acts"


def _tell(stage: Stage, done: Turn) -> None:
    for each in done.report.rounds:
        last = "; the letter is closed" if each.final else ""
        stage.say(f"  {done.tick[:10]}  {each.count:,} acts, sorted by mark{last}")


def _audit(stage: Stage, instance: Instance, server: Server) -> None:
    trusted = stage.directory / "policy.txt"
    trusted.write_text(policy(instance), encoding="utf-8")
    with stage.step("An outsider counts") as line:
        stage.say(f"$ undersigned audit {server.url} --policy policy.txt")
        code, text = _run_audit(stage, server.url, trusted)
        stage.say(text.rstrip())
        _must(code == 0, "the audit failed")
        line.figure = "the count holds"
    with stage.step("One octet of a copy of the log is changed") as line:
        copy = stage.directory / "copy"
        shutil.copytree(instance.config.public, copy)
        where = _flip(copy)
        stage.say(f"$ undersigned audit {copy} --policy policy.txt      (one bit of {where} was changed)")
        code, text = _run_audit(stage, str(copy), trusted)
        stage.say("\n".join(each for each in text.splitlines() if "✗" in each or "entry" in each.lower()) or text)
        _must(code == 1, "the audit did not notice the change")
        line.figure = "noticed, and the entry named"
        shutil.rmtree(copy)


def _run_audit(stage: Stage, where: str, trusted: Path) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [
            sys.executable,
            "-m",
            "undersigned",
            "audit",
            where,
            "--policy",
            str(trusted),
            "--workers",
            str(stage.workers),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "110", "PATH": "/usr/bin:/bin", "NO_COLOR": "1"},
    )
    return done.returncode, done.stdout + done.stderr


def _flip(copy: Path) -> str:
    """Change one bit of a proof in the middle of an entry bundle of the log; return which file."""
    entries = (copy / "log" / "tile" / "entries").rglob("*")
    bundle = max((path for path in entries if path.is_file()), key=lambda path: path.stat().st_size)
    data = bytearray(bundle.read_bytes())
    data[data.index(b'"proofs":["', len(data) // 2) + 200] ^= 1
    bundle.write_bytes(data)
    return str(bundle.relative_to(copy))


def _log_size(cast: Cast) -> int:
    return int(cast.transport.get("log/checkpoint", 1 << 16).decode().split("\n")[1])


def _count_line(cast: Cast) -> list[str]:
    """The sentences about the count on the letter's page, as a reader gets them."""
    page = cast.transport.get(f"letters/{SLUG}/", 1 << 20).decode()
    found = re.search(r'<(\w+)[^>]*\bid="count"[^>]*>(.*?)</\1>', page, re.DOTALL)
    _must(found is not None, "the letter's page has no count")
    assert found is not None
    plain = html.unescape(re.sub(r"<[^>]+>", " ", found[2]))
    return [" ".join(plain.split())]


def _must(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise Refused("demonstration-failed", f"The demonstration failed: {otherwise}.")
