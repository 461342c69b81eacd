"""Which address of the API leads where. The addresses of a version: v1.py."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from collab.api.refusals import NotFollowed, Wrong
from collab.api.v1 import api


async def unknown_address(request: HttpRequest) -> HttpResponse:
    """Answer for an address that the API does not have."""
    return NotFollowed(Wrong.NO_ADDRESS).response()


urlpatterns = [
    path("v1/", unknown_address),
    path("v1/", api.urls),
    re_path(r"", unknown_address),
]
