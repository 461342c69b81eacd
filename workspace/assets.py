"""Serves the built frontend's and the admin's files over ASGI. Nothing else is ever read."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder
from whitenoise import WhiteNoise

type_of_send = Callable[[dict[str, Any]], Awaitable[None]]


class Assets:
    """Hold the list of files, made once at start (a file added later is not served)."""

    def __init__(self) -> None:
        self.files = WhiteNoise(_no_application, max_age=60)
        self.files.add_files(str(settings.FRONTEND_DIST), prefix=settings.STATIC_URL)
        for storage in AppDirectoriesFinder().storages.values():
            self.files.add_files(str(storage.location), prefix=settings.STATIC_URL)

    async def serve(self, scope: dict[str, Any], send: type_of_send) -> bool:
        """Answer the request if it names a file of ours; say whether it was answered."""
        file = self.files.files.get(scope["path"])
        if file is None or scope["method"] not in ("GET", "HEAD"):
            return False
        environ = {
            "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        answer = file.get_response(scope["method"], environ)
        body = await asyncio.to_thread(answer.file.read) if answer.file else b""
        headers = [*answer.headers, ("X-Content-Type-Options", "nosniff")]
        encoded = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]
        await send(
            {"type": "http.response.start", "status": int(answer.status), "headers": encoded}
        )
        await send({"type": "http.response.body", "body": body})
        return True


def _no_application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    return []
