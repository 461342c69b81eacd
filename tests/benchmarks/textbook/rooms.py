"""Makes the textbook's tables, people and rooms."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from django.core.management import call_command
from guardian.shortcuts import assign_perm

from permissions.models import User
from tests.benchmarks.textbook.models import Room


def make_tables() -> None:
    """Make the tables and permissions of this app, where they are missing."""
    call_command("migrate", database="owner", run_syncdb=True, verbosity=0)


def make_users(count: int) -> list[User]:
    """Make people."""
    return [User.objects.create_user(username=f"poster-{uuid4().hex}") for _ in range(count)]


def make_room(users: Sequence[User]) -> Room:
    """Make a room in which these people may post."""
    room = Room.objects.create(name="Tidy up")
    for user in users:
        assign_perm("textbook.post_in_room", user, room)
    return room
