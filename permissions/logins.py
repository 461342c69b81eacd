"""Records each login and its end, so that sockets can be told. The SQL triggers do the telling."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from permissions.models import Login, User


@receiver(user_logged_in)
def login_began(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Record a login under its final key: Django has changed the key by now."""
    if request.session.session_key is None:
        request.session.create()
    Login.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "until": request.session.get_expiry_date(),
            "ended_at": None,
        },
    )


@receiver(user_logged_out)
def login_ended(sender: Any, request: HttpRequest, **_: Any) -> None:
    """Record a logout; that the login session is deleted next would do the same."""
    Login.objects.filter(session_key=request.session.session_key, ended_at=None).update(
        ended_at=timezone.now()
    )


def forget_expired() -> None:
    """Delete Django's sessions whose end has come; the record of the logins themselves stays."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
