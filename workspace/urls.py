"""Which address leads where."""

from django.contrib import admin
from django.urls import include, path, re_path

from workspace import pages

urlpatterns = [
    path("healthz", pages.healthz),
    path("admin/", admin.site.urls),
    path("api/", include("collab.api.urls")),
    # Every other address is the page's own affair.
    re_path(r"^(?!api/|admin/|static/|ws/)", pages.index),
]
