"""Where passwords are switched off: none is believed, and none is made."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError

SENTENCE = "Passwords are switched off here. Sign in through the provider."


class WithoutPasswords(ModelBackend):
    """Knows people and believes no password, the admin's form included."""

    def authenticate(self, request: Any, **shown: Any) -> None:  # type: ignore[override]
        """Let nobody in."""

    async def aauthenticate(self, request: Any, **shown: Any) -> None:  # type: ignore[override]
        """Let nobody in."""


class NoPassword:
    """Refuses every new password: at a sign-up, in the admin, by command."""

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse it."""
        raise ValidationError(SENTENCE)

    def get_help_text(self) -> str:
        """Say so before somebody tries."""
        return SENTENCE
