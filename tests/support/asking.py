"""Requests to the shell inside this process: the same WSGI application that a worker runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from support import instances
from undersigned.bootstrap import Instance
from undersigned.web.wsgi import application


@contextmanager
def asking(instance: Instance) -> Iterator[httpx.Client]:
    """A client of an instance that was opened in this process."""
    app = application(instance)

    def spelled(environ: Any, start: Any) -> Any:
        """PEP 3333 has the path's octets as latin-1, which httpx forgets."""
        environ["PATH_INFO"] = environ["PATH_INFO"].encode().decode("latin-1")
        return app(environ, start)

    with httpx.Client(transport=httpx.WSGITransport(app=spelled), base_url=instances.URL) as client:
        yield client


@contextmanager
def place(folder: Path) -> Iterator[tuple[Instance, httpx.Client]]:
    """A fresh instance and its client."""
    instance = instances.fresh(folder)
    with asking(instance) as client:
        yield instance, client
    instances.close()
