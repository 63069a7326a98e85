"""A whole instance that is served, whose members join by account, and people at terminals who do."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from support import accounts, instances, keeping
from support.accounts import At
from support.serving import Server, free_port, serving
from undersigned.bootstrap import Instance, open_instance
from undersigned.config import FILE

QUIET = ("--role-family", "undeclared", "--standing", "undeclared")


@dataclass
class Door:
    """The instance, its provider and its keeper, and what all commands printed."""

    instance: Instance
    provider: At
    keeper: keeping.Place
    folder: Path
    server: Server
    printed: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        done = subprocess.run(
            command(*arguments), capture_output=True, text=True, check=False, timeout=60, cwd=self.folder
        )
        self.printed += [done.stdout, done.stderr]
        return done

    def asks(
        self, verb: str, home: Path, answer: Callable[[str], None], *more: str, organisation: str = instances.HERE
    ) -> tuple[int, str]:
        """Run `enrol` or `replace` by account; `answer` is given the address that it prints. Returns code and words."""
        home.mkdir(exist_ok=True)
        arguments = [verb, self.url, "--organisation", organisation, "--oidc", *QUIET, *more]
        if verb in {"enrol", "replace"}:
            arguments += ["--at", self.url, "--skip-check", "--pass", str(home / "pass.json")]
        process = subprocess.Popen(
            command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home
        )
        assert process.stdout is not None
        said = ""
        try:
            for line in process.stdout:
                said += line
                found = re.fullmatch(r"  (http://127\.0\.0\.1:\d+/auth\?\S+)\n", line)
                if found:
                    answer(found[1])
            code = process.wait(60)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        self.printed.append(said)
        return code, said

    def signs_in(self, login: str, *, allow: bool = True) -> Callable[[str], None]:
        """What somebody does with the address: open it, sign in, and let the browser come back."""

        def answer(address: str) -> None:
            target = self.provider.sign_in(address, login, allow=allow)
            assert httpx.get(target, timeout=20, follow_redirects=True).status_code == 200

        return answer


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-u", "-m", "undersigned", *arguments]


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[Door]:
    """Serve a new instance with an open letter, whose members join by account."""
    with accounts.running() as provider, keeping.place() as keeper:
        keeper.start()
        port = free_port()
        made = instances.fresh(folder / "instance")
        config = replace(made.config, url=f"http://127.0.0.1:{port}", keeper=keeper.socket, workers=1)
        (folder / "instance" / FILE).write_bytes(config.encoded())
        instance = open_instance(folder / "instance")
        assert instance.keeper is not None
        instance.keeper.make(instances.HERE)
        instance.issuer.set_way(instances.HERE, "oidc", provider.settings(**settings))
        instances.opened(instance, instances.letter())
        with serving(folder / "instance", port) as server:
            yield Door(instance, provider, keeper, folder, server)
        instances.close()
