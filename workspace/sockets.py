"""Which socket leads where, and which origins a browser may open one from."""

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from collab.core.codes import Close

SESSION = re.compile(r"^/ws/sessions/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/$")


async def sockets(scope: Any, receive: Any, send: Any) -> None:
    """Lead a socket to its session, or end it with a named close."""
    if not origin_is_ours(scope):
        await forbid(receive, send)
        return
    found = SESSION.match(scope["path"])
    if found is None:
        await refuse(receive, send)
        return
    from collab.consumers import SessionConsumer

    scope["url_route"] = {"args": (), "kwargs": {"session": UUID(found[1])}}
    await SessionConsumer.as_asgi()(scope, receive, send)


def origin_is_ours(scope: Any) -> bool:
    """Check where a browser's page came from; a program sends no Origin and shows no cookie."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin:
        return b"authorization" in headers or b"cookie" not in headers
    if settings.PUBLIC_URL and origin == settings.PUBLIC_URL:
        return True
    asked, ours = urlsplit(origin), headers.get(b"host", b"").decode("latin-1")
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    same = (asked.scheme, asked.netloc) == (scheme, ours)
    return same and bracketed(asked.hostname) in settings.ALLOWED_HOSTS


def bracketed(host: str | None) -> str:
    """Write an IPv6 address as the list of allowed hosts does."""
    return f"[{host}]" if host and ":" in host else host or ""


async def forbid(receive: Any, send: Any) -> None:
    """Answer another site's page with a plain 403: it learns nothing, not even by a close."""
    await receive()
    await send({"type": "websocket.close"})


async def refuse(receive: Any, send: Any) -> None:
    """Accept first: a close before that would only be an HTTP 403 without a reason."""
    await receive()
    await send({"type": "websocket.accept"})
    close = Close.NOT_FOUND
    await send({"type": "websocket.close", "code": close.number, "reason": close.code})


async def close_hub() -> None:
    """End the process-wide hub and writer."""
    from collab import hubs, submit

    await submit.close()
    await hubs.shutdown()
