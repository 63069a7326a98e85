"""A second issuer with a server of its own, beside an instance: two bodies, in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from support import instances
from support.browsing import Place
from support.co_issuing import UNION
from support.keeping import Place as Keeper
from support.mailing import Post
from undersigned.asking.issuer import key_of
from undersigned.asking.pins import Pin
from undersigned.config import FILE, Config
from undersigned.demo.co_issuer import READY
from undersigned.demo.server import Server, free_port
from undersigned.web.operations import add_issuer_key, pin_issuer

_MAKE = """
import json, sys
from pathlib import Path
from undersigned.asking.pins import Pin
from undersigned.bootstrap import create_instance, open_instance
from undersigned.config import FILE, Config
folder, name, url, key, letters, organisation, epoch, tick, settled, ways = sys.argv[1:]
config = Config(Path(folder), name, url, name, True, "demonstration", workers=1, room="issuer")
instance = create_instance(config, tick)
(Path(folder) / FILE).write_text(settled)
instance = open_instance(Path(folder))
for way, said in json.loads(ways).items():
    instance.issuer.set_way(organisation, way, said, besides=way == "vouch")
instance.pins().with_letters(Pin.letters(key, letters)).write(config.pins)
instance.issuer.open_epoch(organisation, epoch)
statement = instance.issuer.statement(organisation, epoch).decode()
by_code = set(json.loads(ways)) <= {"vouch"}
codes = instance.issuer.new_sheet(organisation, 20, "journeys").codes if by_code else []
print(json.dumps([instance.keys.identity(name).vkey, statement, codes]))
"""
_OPEN = """
import sys
from pathlib import Path
from undersigned.bootstrap import open_instance
folder, organisation, epoch = sys.argv[1:]
instance = open_instance(Path(folder))
instance.issuer.open_epoch(organisation, epoch)
print(instance.issuer.statement(organisation, epoch).decode(), end="")
"""


@dataclass
class Union:
    """The second issuer, served; codes that nobody used yet."""

    server: Server
    folder: Path
    pin: Pin
    codes: list[str]

    @property
    def url(self) -> str:
        return self.server.url

    def opens(self, here: Place, epoch: str) -> None:
        """Admit people for another quarter, too; the letters hear of it."""
        arguments = (str(self.folder), instances.HERE, epoch)
        done = subprocess.run([sys.executable, "-c", _OPEN, *arguments], capture_output=True, check=True)
        here.does(add_issuer_key, here.instance, key_of(done.stdout, self.pin, instances.HERE, epoch))

    @contextmanager
    def moved(self, here: Place) -> Iterator[str]:
        """Be at another address meanwhile, which the letters are told."""
        port, before = free_port(), (self.folder / FILE).read_bytes()
        self.server.stop()
        (self.folder / FILE).write_bytes(before.replace(self.url.encode(), f"http://127.0.0.1:{port}".encode()))
        with Server(self.folder, port, self.folder.parent / "moved.log", READY) as server:
            here.does(pin_issuer, here.instance, replace(self.pin, url=server.url))
            try:
                yield server.url
            finally:
                server.stop()
                (self.folder / FILE).write_bytes(before)
                self.server.__enter__()
                here.does(pin_issuer, here.instance, self.pin)


@contextmanager
def union(
    home: Path,
    here: Place,
    name: str = UNION,
    ways: Mapping[str, Any] | None = None,
    keeper: Keeper | None = None,
    post: Post | None = None,
) -> Iterator[Union]:
    """Make and serve one that works with this instance, which gets to know it; by code, or by these ways."""
    folder, port = home / "union", free_port()
    url, letters = f"http://127.0.0.1:{port}", here.instance.keys.signing("registry", instances.NAME).vkey
    config = Config(folder, name, url, name, demo=True, clock="demonstration", workers=1, room="issuer")
    if keeper is not None:
        keeper.client().make(instances.HERE)
        config = replace(config, keeper=keeper.socket)
    if post is not None:
        config = replace(config, mail=post.settings, work=100)
    arguments = (
        *(str(folder), name, url, letters, here.url, instances.HERE, instances.EPOCH, instances.BEGIN),
        *(config.encoded().decode(), json.dumps(ways or {})),
    )
    done = subprocess.run([sys.executable, "-c", _MAKE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    key, statement, codes = json.loads(done.stdout)
    with Server(folder, port, home / "union.log", READY) as server:
        pin = Pin.issuer(name, key, url)
        here.does(pin_issuer, here.instance, pin)
        here.does(add_issuer_key, here.instance, key_of(statement.encode(), pin, instances.HERE, instances.EPOCH))
        yield Union(server, folder, pin, codes)
