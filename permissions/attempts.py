"""Counts logins that were refused, for each username and address, to slow down guessing."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from permissions.addresses import place_of
from permissions.models import FailedLogin

ALLOWED = 10
ALLOWED_FROM_ONE_PLACE = 100
WITHIN = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(hours=1)


def too_many(username: str, address: str) -> bool:
    """Say whether too much was tried from this address: with this username, or with any."""
    recent = FailedLogin.objects.filter(address=address[:45], time__gt=timezone.now() - WITHIN)
    if recent.filter(username=_same(username)).count() >= ALLOWED:
        return True
    return place_of(address) is not None and recent.count() >= ALLOWED_FROM_ONE_PLACE


def failed(username: str, address: str) -> None:
    """Count one refused login, and forget old ones."""
    FailedLogin.objects.filter(time__lt=timezone.now() - FORGOTTEN_AFTER).delete()
    FailedLogin.objects.create(username=_same(username), address=address[:45])


def _same(username: str) -> str:
    return username.casefold()[:150]
