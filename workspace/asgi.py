"""The one ASGI application: files, pages, sockets, and what runs beside them in each process."""

import asyncio
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
os.environ.setdefault("COHELM_WORKER", "1")

from django.conf import settings
from django.core.asgi import get_asgi_application
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from workspace.environment import WrongSetting

try:
    pages = get_asgi_application()
except WrongSetting as reason:
    sys.exit(str(reason))

from collab import recorder
from workspace.assets import Assets
from workspace.bodies import within_limits
from workspace.checks import refusals_at_start
from workspace.sockets import close_hub, sockets

for sentence in refusals_at_start():
    sys.exit(sentence)

assets = Assets()


async def doors(scope: Any, receive: Any, send: Any) -> None:
    """Lead each kind of connection to its part."""
    match scope["type"]:
        case "http":
            if not await assets.serve(scope, send):
                await within_limits(pages, scope, receive, send)
        case "websocket":
            await sockets(scope, receive, send)
        case "lifespan":
            await lifespan(receive, send)


async def lifespan(receive: Any, send: Any) -> None:
    """Have changes of grants told; close the hub at the end, which opens with the first socket."""
    telling = asyncio.create_task(recorder.run())
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    telling.cancel()
    await asyncio.wait([telling])
    await close_hub()
    await send({"type": "lifespan.shutdown.complete"})


# Behind a proxy of ours, a request's address and scheme are those that the proxy was asked with.
application = ProxyHeadersMiddleware(doors, settings.TRUSTED_PROXIES)
