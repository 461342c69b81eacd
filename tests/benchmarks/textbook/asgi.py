"""The textbook's application."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.textbook.settings")

from django.core.asgi import get_asgi_application

get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from tests.benchmarks.textbook.consumer import RoomConsumer


async def healthy(scope: Any, receive: Any, send: Any) -> None:
    """Say that it runs."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"well\n"})


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """There is nothing to open or close; uvicorn is run with the product's options, which ask."""
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})


application = ProtocolTypeRouter(
    {
        "http": healthy,
        "lifespan": lifespan,
        "websocket": URLRouter([path("rooms/<int:room>/", RoomConsumer.as_asgi())]),
    }
)
