"""Makes, reads and revokes tokens. Only a secret's SHA-256 is kept; the secret is shown once."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from permissions.models import Token, User

_FORM = re.compile(r"ck_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


def make(
    user: User,
    name: str,
    kind: str,
    until: datetime | None = None,
    *,
    scope: str = Token.FULL,
    session: UUID | None = None,
    workspace: UUID | None = None,
) -> str:
    """Make a token and give its text, for the only time."""
    secret = new_secret()
    token = Token.objects.create(
        user=user,
        name=name,
        kind=kind,
        until=until,
        scope=scope,
        session_id=session,
        workspace_id=workspace,
        hash=digest(secret),
    )
    return text(token.id, secret)


def in_force() -> QuerySet[Token]:
    """Give the tokens that let somebody in now."""
    lasting = Q(until=None) | Q(until__gt=timezone.now())
    return Token.objects.filter(lasting, revoked_at=None, user__is_active=True)


def revoke(token_id: UUID) -> bool:
    """Revoke a token; say whether it was in force."""
    return bool(
        Token.objects.filter(id=token_id, revoked_at=None).update(revoked_at=timezone.now())
    )


def revoke_all(user: User) -> None:
    """Revoke all tokens that somebody has."""
    Token.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def new_secret() -> str:
    """Make the part of a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def prefix(token_id: UUID) -> str:
    """Give how a token's text begins: enough to recognise it, useless to anybody."""
    return f"ck_{token_id.hex[:8]}"


def text(token_id: UUID, secret: str) -> str:
    """Give a token's text, as its owner keeps it."""
    return f"ck_{token_id.hex}_{secret}"


def digest(secret: str) -> bytes:
    """Give what is kept of a secret. It is random and long, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def parse(shown: str) -> tuple[UUID, bytes] | None:
    """Read a token's text into its id and its secret's digest; None if it has another form."""
    form = _FORM.fullmatch(shown)
    return (UUID(form[1]), digest(form[2])) if form else None
