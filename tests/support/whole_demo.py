"""Runs the whole demonstration and writes down every secret of its members, for tests that look for them.

Usage: python whole_demo.py FOLDER MEMBERS. The instance is in FOLDER/instance, its server's output in
FOLDER/instance/server.log, everything that the server answered in FOLDER/answers, the secrets in FOLDER/secrets.json.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from undersigned.bbs.ciphersuite import N_SECRETS
from undersigned.demo import scenario
from undersigned.demo.letter import ISSUER, ORGANISATION
from undersigned.demo.server import Server, free_port
from undersigned.holder.transport import HttpTransport
from undersigned.protocol.derivation import blind, nym_secrets
from undersigned.protocol.presentation import pseudonym_of

_LOCK = threading.Lock()
_ORDER: list[str] = []


class Recording(HttpTransport):
    """A transport that keeps every answer."""

    folder: Path

    def _exchange(self, client: httpx.Client, request: httpx.Request, limit: int, path: str) -> tuple[int, bytes]:
        status, data = super()._exchange(client, request, limit, path)
        with _LOCK, (self.folder / "answers").open("ab") as file:
            file.write(f"\n--- {request.method} {path} {status}\n".encode() + data)
        return status, data


def main() -> None:
    folder, members = Path(sys.argv[1]), int(sys.argv[2])
    Recording.folder = folder
    scenario.HttpTransport = Recording  # type: ignore[attr-defined]  # the scenario's own name for its transport
    began = int(time.time())
    with (folder / "said.txt").open("w") as said:
        stage = scenario.Stage(Console(file=said, width=110), folder / "instance", members, 2)
        port = free_port()
        scene = scenario.prepare(stage, f"http://127.0.0.1:{port}")
        with Server(stage.directory, port, stage.directory / "server.log") as server:
            cast = scenario.play(stage, scene, server)
    context = scene.letter.context
    people: list[dict[str, Any]] = [
        {
            "code": each.codes[ISSUER],
            "phrase": each.client.wallet.phrase,
            "entropy": each.client.wallet.entropy.hex(),
            "seed": each.client.wallet.seed.hex(),
            "secrets": [f"{value:064x}" for value in nym_secrets(each.client.wallet.seed)],
            "blind": f"{blind(each.client.wallet.seed, ISSUER):064x}",
            "point": each.client.point(ISSUER).hex(),
            "pseudonym": pseudonym_of(context, each.client.wallet.seed).hex(),
        }
        for each in cast.members
    ]
    assert len(people[0]["secrets"]) == N_SECRETS
    found = {"members": people, "organisation": ORGANISATION, "began": began, "ended": int(time.time())}
    (folder / "secrets.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
