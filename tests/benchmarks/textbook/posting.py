"""Posts: may this person, then number and insert in one transaction."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from permissions.models import User
from tests.benchmarks.textbook.models import Post, Room


def post(user: User, room: Room, body: Any) -> Post:
    """Append one post to a room; raises PermissionDenied."""
    if not user.has_perm("textbook.post_in_room", room):
        raise PermissionDenied
    with transaction.atomic():
        locked = Room.objects.select_for_update().get(pk=room.pk)
        locked.head += 1
        locked.save(update_fields=["head"])
        return Post.objects.create(room=locked, seq=locked.head, author=user, body=body)
