"""Which address leads where."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from collab.api import oidc, provider
from workspace import health, pages

admin.site.site_header = admin.site.site_title = "Cohelm"
admin.site.index_title = "Administration"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path(oidc.CALLBACK.lstrip("/"), provider.callback),
    *([] if settings.PASSWORDS else [path("admin/login/", pages.to_login)]),
    path("admin/", admin.site.urls),
    path("api/", include("collab.api.urls")),
    # Every other address is the page's own affair.
    re_path(r"^(?!api/|admin/|static/|ws/)", pages.index),
]
