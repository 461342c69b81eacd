"""Workspaces, sessions and agents as tables. What happens in a session is in its log, not here."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from collab.log.models import AclHistory, Claim, Event, Head, Snapshot
from permissions.roles import BITS

__all__ = ["AclHistory", "Agent", "Claim", "Event", "Head", "Session", "Snapshot", "Workspace"]

OBJECT_PERMISSIONS: list[tuple[str, Any]] = [(codename, f"May {codename}") for codename in BITS]


class Workspace(models.Model):
    """A team's space: its sessions, its people, its agents. It has a log of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        permissions = OBJECT_PERMISSIONS

    def __str__(self) -> str:
        return self.name


class Agent(models.Model):
    """A thing that can be put behind a session; as an actor it is its user."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="agents")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="agent")
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=2000)
    headers_sealed = models.BinaryField(
        null=True, blank=True, help_text="The secret headers: Fernet over JSON."
    )
    ca = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Who signed its certificate, in PEM form; empty where a usual authority did.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    capabilities = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="collab_agent_name")
        ]

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """One shared agent session. Title and status follow its log, in the same transaction."""

    OPENING, OPEN, CLOSED = "opening", "open", "closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="sessions")
    title = models.CharField(max_length=200)
    status = models.CharField(
        max_length=10,
        choices=[(OPENING, "opening"), (OPEN, "open"), (CLOSED, "closed")],
        default=OPENING,
        db_default=OPENING,
    )
    agent = models.ForeignKey(
        Agent, models.SET_NULL, null=True, blank=True, related_name="sessions"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        permissions = OBJECT_PERMISSIONS
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["opening", "open", "closed"]), name="collab_session_status"
            )
        ]

    def __str__(self) -> str:
        return self.title
