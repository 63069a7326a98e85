"""The short way of an act: one address, where most of the work is the proof, past the framework's handlers.

Limits, answers, headers and problem documents are those of `middleware.Guard`, whose parts it uses. All other requests,
and other methods at this address, go the long way.
"""

from collections.abc import Iterable
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.core.signals import request_finished
from django.http import HttpResponse

from undersigned.errors import UndersignedError
from undersigned.values import canonical
from undersigned.web.acts import take
from undersigned.web.limits import BODIES, LONGEST, Limits
from undersigned.web.middleware import finished
from undersigned.web.origins import open_to
from undersigned.web.problems import problem, unforeseen

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from undersigned.bootstrap import Instance

PATH: Final = "/api/acts"


class Asked:
    """What limits look at in a request: the part of Django's that they need."""

    method: Final = "POST"
    path_info: Final = PATH

    def __init__(self, environ: "WSGIEnvironment") -> None:
        self.META: dict[str, Any] = environ

    @cached_property
    def body(self) -> bytes:
        """The octets that came, at most as many as were announced."""
        body: bytes = self.META["wsgi.input"].read(min(int(self.META["CONTENT_LENGTH"]), LONGEST))
        return body


class Acts:
    """Answers acts for an instance; limits are this worker's."""

    def __init__(self, instance: "Instance") -> None:
        self._instance = instance
        self._secure = instance.config.url.startswith("https://")
        self._limits = Limits()

    def takes(self, environ: "WSGIEnvironment") -> bool:
        """Whether a request is an act on its way."""
        return environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == PATH and not environ.get("SCRIPT_NAME")

    def answer(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """Answer an act."""
        asked = Asked(environ)
        response = finished(self._response(asked), secure=self._secure)
        response = open_to(self._instance, PATH, asked.META, response)
        status = HTTPStatus(response.status_code)
        start(f"{status.value} {status.phrase}", list(response.items()))
        return [response.content]  # type: ignore[attr-defined] # every response here is a whole one

    def _response(self, asked: Asked) -> HttpResponse:
        try:
            self._limits.check(asked)
            BODIES.read(asked)
            answer, repeated = take(self._instance, asked.body)
        except UndersignedError as error:
            return problem(error)
        except Exception as error:  # noqa: BLE001 - nothing of it may reach whoever asked
            return unforeseen(error)
        finally:
            request_finished.send(sender=Acts)  # a connection that broke is not used again
        return HttpResponse(canonical(answer), content_type="application/json", status=200 if repeated else 201)
