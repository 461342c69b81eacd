"""The textbook's socket: a consumer in a group, JSON, the ORM by `database_sync_to_async`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from permissions.models import User
from tests.benchmarks.textbook.models import Room
from tests.benchmarks.textbook.posting import post


class RoomConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One connection to one room."""

    async def connect(self) -> None:
        """Find out who this is and where; the address says it, for logging in is not measured."""
        self.room = await Room.objects.aget(pk=self.scope["url_route"]["kwargs"]["room"])
        user = parse_qs(self.scope["query_string"].decode())["user"][0]
        self.user = await User.objects.aget(pk=user)
        self.group = f"room-{self.room.pk}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **more: Any) -> None:
        """Keep the post, then tell the group."""
        kept = await database_sync_to_async(post)(self.user, self.room, content["body"])
        event = {"seq": kept.seq, "body": kept.body, "author": str(self.user.pk)}
        event |= {"time": kept.time.isoformat(), "sender": content["sender"]}
        await self.channel_layer.group_send(self.group, {"type": "room.posted", "event": event})

    async def room_posted(self, message: dict[str, Any]) -> None:
        """Tell this reader."""
        await self.send_json(message["event"])
