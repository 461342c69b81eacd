"""What a decision is made of: who asks, what was looked up, and events without a place yet."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from collab.core.commands import Place
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


class Facts(msgspec.Struct, frozen=True):
    """What the batch looked up under the lock; each is empty where no command asked for it.

    `people`: who may be given a role here, by id. `held`: roles held here, whoever gave them.
    `owners`: who owns this workspace without an end, and whether a group gives it to them.
    `makers`: what the makers of invitations may do now.
    """

    place: Place = "session"
    people: Mapping[UUID, tuple[str, Kind]] = {}
    claim_alive: bool = False
    held: Mapping[UUID, tuple[str, ...]] = {}
    owners: Mapping[UUID, bool] = {}
    makers: Mapping[UUID, Permission] = {}

    def only_owner(self, user: UUID) -> bool:
        """Say whether nobody would own the workspace if this person's own role went or ended."""
        others = any(by_group or owner != user for owner, by_group in self.owners.items())
        return user in self.owners and not others


class Draft(msgspec.Struct, frozen=True):
    """An event before it has its place."""

    body: Body
    run: UUID | None = None
    cause: int | None = None
    visibility: Visibility = "everyone"
