"""A real server for journeys in a real browser: an instance with a letter, codes, and colleagues who sign."""

import importlib.resources
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from support import instances
from support.paths import ROOT
from undersigned.bootstrap import Instance, open_instance
from undersigned.config import FILE
from undersigned.demo.server import Server, free_port
from undersigned.holder.client import Client
from undersigned.holder.registry import read_registry
from undersigned.holder.transport import HttpTransport
from undersigned.holder.wallet import Wallet
from undersigned.protocol.letter import Letter
from undersigned.tlog.policy import Policy, log_only
from undersigned.values import epoch_of
from undersigned.web.client_files import publish_client
from undersigned.web.operations import turn
from undersigned.web.publish import publish

T = TypeVar("T")

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--process-per-site",
)


def missing(what: str) -> None:
    """Skip with words; fail where a machine promises to have everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def client_files() -> Path:
    """The folder of the built client: the installed package, else what `node client/build.mjs client/dist` made."""
    try:
        found = Path(str(importlib.resources.files("undersigned_client")))
    except ModuleNotFoundError:
        found = ROOT / "client" / "dist"
    if not (found / "manifest.json").is_file():
        missing("the browser client is not built: (cd client && npm ci && node build.mjs dist)")
    return found


@dataclass
class Place:
    """An instance that is being served."""

    instance: Instance
    server: Server
    office: ThreadPoolExecutor
    letters: dict[str, Letter]
    codes: list[str]
    home: Path

    @property
    def url(self) -> str:
        return self.server.url

    def code(self) -> str:
        """A code that nobody used."""
        return self.codes.pop()

    def colleagues(self, count: int, slug: str) -> None:
        """Let that many others join and sign, as the command line does."""
        trusted = log_only(self.instance.keys.signing("registry", instances.NAME).vkey)
        with closing(HttpTransport(self.url)) as transport:
            view = read_registry(transport, Policy.parse(trusted))
            for _ in range(count):
                wallet = Wallet(secrets.token_bytes(32))
                wallet.trust(self.url, trusted)
                wallet.agree(self.url, instances.ISSUER, self.url)
                client = Client(self.url, wallet, secrets.token_bytes, transport, view)
                client.enrol(instances.HERE, self.code())
                client.sign(slug)

    def does(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        """Let the instance do something, in its own thread: Playwright keeps an event loop in ours."""
        done: T = self.office.submit(self._here, work, *args, **options).result()
        return done

    def _here(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        """Another module's instance may have been used in this process since."""
        instances.use(self.instance.config.directory)
        return work(*args, **options)

    def tick(self, tick: str) -> None:
        """Let the time of a count come."""
        self.does(turn, self.instance, tick)

    def after(self, days: int) -> str:
        """The tick that many days from now."""
        return f"{datetime.fromisoformat(self.instance.clock.tick()) + timedelta(days):%Y-%m-%dT%H}:00:00Z"

    def hours(self, count: int) -> str:
        """The tick that many hours from now."""
        return f"{datetime.fromisoformat(self.instance.clock.tick()) + timedelta(hours=count):%Y-%m-%dT%H}:00:00Z"

    def days_pass(self, days: int) -> None:
        self.tick(self.after(days))

    def opens(self, slug: str, days: int, **more: Any) -> None:
        """Open another letter, for so many days from now, of the quarter that it is."""
        epoch = epoch_of(self.instance.clock.today())
        self.letters[slug] = replace(instances.letter(slug), **({"epoch": epoch} | more))
        self.does(instances.opened, self.instance, self.letters[slug], closes=self.after(days))
        self.does(publish, self.instance, self.instance.clock.tick())

    def restart(self) -> None:
        """Stop the server and start it again at the same address."""
        self.server.stop()
        self.server.__enter__()


@contextmanager
def place(
    home: Path,
    letters: tuple[Letter, ...],
    codes: int = 80,
    made: Callable[[Path], Instance] = instances.fresh,
) -> Iterator[Place]:
    """Serve a new instance with these letters, opened, and codes for the first organisation; `made` makes it."""
    port = free_port()
    with ThreadPoolExecutor(1) as office:
        instance, fresh = office.submit(_made, home / "instance", port, letters, codes, made).result()
        try:
            with Server(instance.config.directory, port, home / "server.log") as server:
                yield Place(instance, server, office, {each.slug: each for each in letters}, fresh, home)
        finally:
            office.submit(instances.close).result()


def _made(
    folder: Path, port: int, letters: tuple[Letter, ...], codes: int, made: Callable[[Path], Instance]
) -> tuple[Instance, list[str]]:
    """A new instance, and codes that nobody used."""
    config = replace(made(folder).config, url=f"http://127.0.0.1:{port}", workers=1)
    (folder / FILE).write_bytes(config.encoded())
    instance = open_instance(folder)
    for each in letters:
        instances.opened(instance, each)
    publish_client(instance, client_files())
    return instance, list(instance.issuer.new_sheet(instances.HERE, codes, "journeys").codes)
