"""The page and its rules for browsers. Decides nothing about content."""

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import async_only_middleware
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

RULES = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
NOT_BUILT = (
    "The pages are not built yet. Run `python3 manage.py up`, "
    "or `npm ci && npm run build` in the frontend folder."
)


@async_only_middleware
def browser_rules(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponse]],
) -> Callable[[HttpRequest], Awaitable[HttpResponse]]:
    """Tell the browser what this site will ever load, and who may frame it (nobody)."""

    async def middleware(request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.META["cohelm.nonce"] = nonce
        response = await get_response(request)
        response.headers.setdefault("Content-Security-Policy", RULES.format(nonce=nonce))
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=()"
        )
        return response

    return middleware


@require_safe
@ensure_csrf_cookie
def index(request: HttpRequest, **_: str) -> HttpResponse:
    """Give the one page; what is shown there is decided by the frontend."""
    page = Path(settings.FRONTEND_DIST) / "index.html"
    if not page.is_file():
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    nonce = f'<head><meta property="csp-nonce" content="{request.META["cohelm.nonce"]}">'
    text = page.read_text(encoding="utf-8").replace("<head>", nonce, 1)
    return HttpResponse(text, headers={"Cache-Control": "no-store"})


@require_safe
def to_login(request: HttpRequest) -> HttpResponse:
    """Lead from the admin's form, where passwords are off, to the page that has the provider."""
    after = request.GET.get("next", "/admin/")
    return HttpResponseRedirect(f"/login?{urlencode({'next': after})}")
