"""Django's admin for workspaces, sessions and agents. Events are never shown or changed here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from collab.models import Agent, Session, Workspace
from permissions.admin import Signed


class Lasting(Signed):
    """Rows with a log, or that a log names: they are not deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say no: the log would stand alone."""
        return False


@admin.register(Workspace)
class WorkspaceAdmin(Lasting):
    """Workspaces."""

    list_display = ("name", "created_at")
    search_fields = ("name",)
    fields = ("name",)


@admin.register(Session)
class SessionAdmin(Lasting):
    """Sessions. Title, status and agent follow the log; only the workspace is chosen here."""

    list_display = ("title", "workspace", "status", "agent", "created_by", "created_at")
    list_filter = ("status", "workspace")
    list_select_related = ("workspace", "agent", "created_by")
    search_fields = ("id", "title")
    fields = ("id", "title", "status", "workspace", "agent", "created_by", "created_at")
    readonly_fields = ("id", "title", "status", "agent", "created_by", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no: a session is opened through its log."""
        return False


@admin.register(Agent)
class AgentAdmin(Lasting):
    """Agents. Their secret headers are never shown."""

    list_display = ("name", "workspace", "url", "owner", "created_at")
    list_select_related = ("workspace", "owner")
    search_fields = ("name",)
    fields = ("name", "workspace", "url", "ca", "user", "owner", "capabilities", "created_at")
    readonly_fields = ("workspace", "user", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no: an agent is added on its page, which tries its address."""
        return False
