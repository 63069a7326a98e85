"""A second issuer with a server of its own, beside an instance: what one body is to another, made in its own process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support import instances
from support.browsing import Place
from support.co_issuing import UNION
from undersigned.asking.issuer import key_of
from undersigned.asking.pins import Pin
from undersigned.demo.co_issuer import READY
from undersigned.demo.server import Server, free_port
from undersigned.web.operations import add_issuer_key, pin_issuer

_MAKE = """
import json, sys
from pathlib import Path
from undersigned.asking.pins import Pin
from undersigned.bootstrap import create_instance
from undersigned.config import Config
folder, name, url, key, letters, organisation, epoch, tick = sys.argv[1:]
config = Config(Path(folder), name, url, name, True, "demonstration", workers=1, room="issuer")
instance = create_instance(config, tick)
instance.pins().with_letters(Pin.letters(key, letters)).write(config.pins)
instance.issuer.open_epoch(organisation, epoch)
statement = instance.issuer.statement(organisation, epoch).decode()
codes = instance.issuer.new_sheet(organisation, 20, "journeys").codes
print(json.dumps([instance.keys.identity(name).vkey, statement, codes]))
"""


@dataclass
class Union:
    """The second issuer, served; codes that nobody used yet."""

    server: Server
    key: str
    codes: list[str]

    @property
    def url(self) -> str:
        return self.server.url


@contextmanager
def union(home: Path, here: Place) -> Iterator[Union]:
    """Make and serve one that works with this instance, and let the instance know it."""
    folder, port = home / "union", free_port()
    url, letters = f"http://127.0.0.1:{port}", here.instance.keys.signing("registry", instances.NAME).vkey
    arguments = (str(folder), UNION, url, letters, here.url, instances.HERE, instances.EPOCH, instances.BEGIN)
    done = subprocess.run([sys.executable, "-c", _MAKE, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    key, statement, codes = json.loads(done.stdout)
    with Server(folder, port, home / "union.log", READY) as server:
        pin = Pin.issuer(UNION, key, url)
        here.does(pin_issuer, here.instance, pin)
        here.does(add_issuer_key, here.instance, key_of(statement.encode(), pin, instances.HERE, instances.EPOCH))
        yield Union(server, key, codes)
