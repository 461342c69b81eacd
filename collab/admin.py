"""Django's admin for workspaces, sessions and agents. It changes no event, and shows those of a log
to whom the log's own permissions show them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from collab import opening, record_page
from collab.models import Agent, Session, Workspace
from collab.submit import Committed
from permissions.admin import Signed
from permissions.credentials import Identity


class Lasting(Signed):
    """Rows with a log, or that a log names: they are not deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say no: the log would stand alone."""
        return False


class Recorded(Lasting):
    """Rows that have a log of their own, and a page for it."""

    has_sockets = False

    def get_urls(self) -> list[URLPattern]:
        """Add the page of the log."""
        view = self.admin_site.admin_view(self.events_view)
        return [path("<uuid:log>/events/", view, name=self._page), *super().get_urls()]

    @property
    def _page(self) -> str:
        return f"collab_{self.opts.model_name}_events"

    @admin.display(description="events")
    def events(self, row: Any) -> str:
        """Link to the page of the log."""
        return format_html('<a href="{}">Events</a>', reverse(f"admin:{self._page}", args=[row.pk]))

    def events_view(self, request: HttpRequest, log: UUID) -> HttpResponse:
        """Show a log, or do what was asked for on its page."""
        row = get_object_or_404(self.model, pk=log)
        by = async_to_sync(record_page.identified)(request)
        if by is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        if request.method == "POST" and self.has_sockets:
            return self._act(request, by, log)
        record = async_to_sync(record_page.record)(by, log, _before(request))
        here = async_to_sync(record_page.connected)(log) if record and self.has_sockets else []
        context = {
            **self.admin_site.each_context(request),
            "title": f"Events of {row}",
            "subject": row,
            "back": reverse(f"admin:collab_{self.opts.model_name}_change", args=[log]),
            "record": record,
            "connected": here,
            "is_session": self.has_sockets,
            "nonce": request.META.get("cohelm.nonce", ""),
        }
        return TemplateResponse(request, "admin/collab/record.html", context)

    def _act(self, request: HttpRequest, by: Identity, log: UUID) -> HttpResponse:
        outcome = async_to_sync(record_page.act)(by, log, request.POST.dict())
        level = messages.SUCCESS if isinstance(outcome, Committed) else messages.ERROR
        messages.add_message(request, level, record_page.said(outcome))
        return HttpResponseRedirect(request.path)


def _before(request: HttpRequest) -> int | None:
    asked = request.GET.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None


@admin.register(Workspace)
class WorkspaceAdmin(Recorded):
    """Workspaces. One that is made here has nobody in it until roles are given."""

    list_display = ("name", "events", "created_at")
    search_fields = ("id", "name")
    readonly_fields = ("events",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Show what there is, and ask only for a name."""
        return ("id", "name", "created_at", "events") if obj else ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep what the log says: a workspace's name stands there."""
        return ("id", "name", "created_at", "events") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Begin the log of a new workspace, once its row is there."""
        super().save_model(request, obj, form, change)
        transaction.on_commit(lambda: async_to_sync(opening.open_workspace)(obj.id, obj.name, ()))


@admin.register(Session)
class SessionAdmin(Recorded):
    """Sessions. Title, status and agent follow the log; only the workspace is chosen here."""

    has_sockets = True
    list_display = ("title", "workspace", "status", "agent", "created_by", "created_at", "events")
    list_filter = ("status", "workspace", "agent")
    list_select_related = ("workspace", "agent", "created_by")
    search_fields = ("id", "title", "workspace__name", "created_by__username")
    date_hierarchy = "created_at"
    readonly_fields = ("id", "title", "status", "agent", "created_by", "created_at", "events")
    fields = ("id", "title", "status", "workspace", *readonly_fields[3:])

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no: a session is opened through its log."""
        return False


@admin.register(Agent)
class AgentAdmin(Lasting):
    """Agents. Their secret headers are never shown."""

    list_display = ("name", "workspace", "url", "owner", "created_at")
    list_filter = ("workspace",)
    list_select_related = ("workspace", "owner")
    search_fields = ("id", "name", "url", "workspace__name", "owner__username")
    fields = ("name", "workspace", "url", "ca", "user", "owner", "capabilities", "created_at")
    readonly_fields = ("workspace", "user", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no: an agent is added on its page, which tries its address."""
        return False
