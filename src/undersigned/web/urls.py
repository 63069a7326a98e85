"""Addresses: the API, and everything else as a static file of the public folder."""

from django.urls import path, re_path

from undersigned.web.api import api, openapi, reference
from undersigned.web.static import serve

urlpatterns = [
    path("api/openapi.json", openapi),
    path("api/docs", reference),
    path("api/", api.urls),
    re_path(r"^(?P<path>.*)$", serve),
]
