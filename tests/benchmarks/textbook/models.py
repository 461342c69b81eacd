"""A room and its posts: what a session and its events are in the textbook."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Room(models.Model):
    """A place where people post; `head` is the number of its last post."""

    name = models.CharField(max_length=200)
    head = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager[Room]] = models.Manager()

    class Meta:
        permissions = [("post_in_room", "May post in the room")]


class Post(models.Model):
    """One numbered post."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="posts")
    seq = models.BigIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    body = models.JSONField()
    time = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Post]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "seq"], name="post_seq_in_room")]
