"""What a decision is made of: who asks, and events that have no place yet."""

from __future__ import annotations

from uuid import UUID

import msgspec

from collab.core.events import Body, Kind, Visibility
from permissions.roles import Permission


class Who(msgspec.Struct, frozen=True):
    """The actor of a command, with the permissions in force under the lock; no user: the system."""

    user: UUID | None
    name: str
    kind: Kind
    permissions: Permission

    @property
    def moderates(self) -> bool:
        """Say whether this person may act on what others made."""
        return Permission.MODERATE in self.permissions


class Draft(msgspec.Struct, frozen=True):
    """An event before it has its place."""

    body: Body
    run: UUID | None = None
    cause: int | None = None
    visibility: Visibility = "everyone"
