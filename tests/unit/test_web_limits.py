"""Limits belong to routes, and what they say is a problem document."""

import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from undersigned.errors import Conflict, Malformed, Refused, Unavailable, UndersignedError, Withheld
from undersigned.web.limits import LONGEST, READERS, READING, ROUTES, BodyReader, Bucket, Limits, Route
from undersigned.web.problems import status_of
from undersigned.web.server import THREADS

if TYPE_CHECKING:
    from django.http import HttpRequest


class Request:
    """As much of a request as limits look at."""

    def __init__(self, path: str = "/api/acts", method: str = "POST", body: bytes = b"", **meta: str) -> None:
        self.path_info, self.method, self.body = path, method, body
        self.META = {"CONTENT_TYPE": ROUTES[path].content_type, "CONTENT_LENGTH": str(len(body) or 10)} | meta


def request(*arguments: Any, **more: Any) -> "HttpRequest":
    return cast("HttpRequest", Request(*arguments, **more))


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = [0.0]
    bucket = Bucket(2, 5, lambda: now[0])
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]
    now[0] += 1
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now[0] += 1000
    assert sum(bucket.take() for _ in range(10)) == 5


def test_a_flood_of_one_route_leaves_the_others_open() -> None:
    routes = {path: Route(route.content_type, 0.001, 3) for path, route in ROUTES.items()}
    limits = Limits(routes, READING)
    for _ in range(3):
        limits.check(request())
    with pytest.raises(Refused) as caught:
        limits.check(request())
    assert caught.value.code == "too-many-requests"
    assert status_of(caught.value) == 429
    limits.check(request("/api/issuer/renewals"))
    limits.check(request(method="GET"))


def test_limits_know_no_address() -> None:
    limits = Limits({path: Route(route.content_type, 0.001, 2) for path, route in ROUTES.items()}, READING)
    limits.check(request(REMOTE_ADDR="198.51.100.1"))
    limits.check(request(REMOTE_ADDR="198.51.100.2"))
    with pytest.raises(Refused):
        limits.check(request(REMOTE_ADDR="198.51.100.3"))


@pytest.mark.parametrize(
    ("meta", "code", "status"),
    [
        ({"CONTENT_TYPE": "application/json"}, "bad-content-type", 415),
        ({"CONTENT_TYPE": ""}, "bad-content-type", 415),
        ({"CONTENT_TYPE": "multipart/form-data; boundary=x"}, "bad-content-type", 415),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, "bad-content-type", 415),
        ({"CONTENT_LENGTH": ""}, "length-required", 411),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, "length-required", 411),
        ({"CONTENT_LENGTH": "-1"}, "bad-request", 400),
        ({"CONTENT_LENGTH": "٣"}, "bad-request", 400),
        ({"CONTENT_LENGTH": str(LONGEST + 1)}, "too-long", 413),
        ({"CONTENT_LENGTH": "9" * 5000}, "too-long", 413),
    ],
)
def test_a_body_is_refused_before_it_is_read(meta: dict[str, str], code: str, status: int) -> None:
    with pytest.raises(Malformed) as caught:
        Limits().check(request(**meta))
    assert caught.value.code == code
    assert status_of(caught.value) == status


def test_the_largest_body_passes() -> None:
    Limits().check(request(CONTENT_LENGTH=str(LONGEST)))


def test_a_body_that_ends_early_is_refused() -> None:
    with pytest.raises(Malformed) as caught:
        BodyReader().read(request(body=b"short", CONTENT_LENGTH="6"))
    assert caught.value.code == "body-truncated"


def test_slow_senders_leave_threads_for_readers() -> None:
    assert READERS < THREADS
    started, go_on = threading.Event(), threading.Event()

    class Slow(Request):
        @property
        def body(self) -> bytes:
            started.set()
            go_on.wait(10)
            return b"0123456789"

        @body.setter
        def body(self, _value: bytes) -> None:
            pass

    reader = BodyReader(at_once=1)
    thread = threading.Thread(target=reader.read, args=(cast("HttpRequest", Slow()),))
    thread.start()
    assert started.wait(10)
    with pytest.raises(Unavailable):
        reader.read(request(body=b"0123456789"))
    go_on.set()
    thread.join()
    reader.read(request(body=b"0123456789"))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Malformed("any", "x"), 400), (Refused("any", "x"), 403), (Conflict("any", "x"), 409),
        (Withheld("any", "x"), 404), (Unavailable("any", "x"), 503), (UndersignedError("any", "x"), 500),
        (Malformed("too-long", "x"), 413),
    ],
)  # fmt: skip
def test_a_family_has_one_status(error: UndersignedError, status: int) -> None:
    assert status_of(error) == status
