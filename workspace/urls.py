"""Which address leads where."""

from django.contrib import admin
from django.urls import include, path, re_path

from workspace import health, pages

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    path("api/", include("collab.api.urls")),
    # Every other address is the page's own affair.
    re_path(r"^(?!api/|admin/|static/|ws/)", pages.index),
]
