"""The WSGI application of one worker."""

import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.handlers.wsgi import WSGIHandler

from undersigned.bootstrap import ENVIRONMENT, ROOM, Instance, open_instance
from undersigned.errors import Unavailable
from undersigned.web.problems import unforeseen
from undersigned.web.processes import end_with, parent, quiet

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def application(instance: Instance) -> "WSGIApplication":
    """Return the application for an instance that was opened in this process; handlers find it in the environ."""
    quiet()
    import_module("undersigned.web.urls")  # now, so that nobody's first request waits for it
    django = WSGIHandler()
    acts = import_module("undersigned.web.lean").Acts(instance)

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        environ["undersigned.instance"] = instance
        # No address takes a question, and no message another spelling than UTF-8: Django would try to read both.
        environ["QUERY_STRING"] = ""
        environ["CONTENT_TYPE"] = environ.get("CONTENT_TYPE", "").partition(";")[0]
        try:
            return acts.answer(environ, start) if acts.takes(environ) else django(environ, start)
        except Exception as error:  # noqa: BLE001 - the server would print it, with what was sent
            return _broken(error, instance, start)

    return answer


def _broken(error: Exception, instance: Instance, start: "StartResponse") -> Iterable[bytes]:
    middleware = import_module("undersigned.web.middleware")
    response = middleware.finished(unforeseen(error), secure=instance.config.url.startswith("https://"))
    start(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


def worker() -> "WSGIApplication":
    """Open the instance that the environment names, for a server's worker."""
    directory = os.environ.get(ENVIRONMENT)
    if not directory:
        raise Unavailable("no-instance", f"{ENVIRONMENT} does not name an instance's folder.")
    end_with(parent())
    return application(open_instance(Path(directory), os.environ.get(ROOM) or None))
