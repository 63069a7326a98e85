"""The WSGI application of one worker."""

import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.handlers.wsgi import WSGIHandler

from undersigned.bootstrap import ENVIRONMENT, Instance, open_instance
from undersigned.errors import Unavailable
from undersigned.web.processes import end_with, quiet

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def application(instance: Instance) -> "WSGIApplication":
    """Return the application for an instance that was opened in this process; handlers find it in the environ."""
    quiet()
    import_module("undersigned.web.urls")  # now, so that nobody's first request waits for it
    django = WSGIHandler()

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        environ["undersigned.instance"] = instance
        return django(environ, start)

    return answer


def worker() -> "WSGIApplication":
    """Open the instance that the environment names, for a server's worker."""
    directory = os.environ.get(ENVIRONMENT)
    if not directory:
        raise Unavailable("no-instance", f"{ENVIRONMENT} does not name an instance's folder.")
    end_with(os.getppid())
    return application(open_instance(Path(directory)))
