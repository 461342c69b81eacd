"""System checks: settings that are wrong, each with a sentence. Changes nothing."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

NOBODY_CAN_SIGN_IN = "Passwords are off and there is no provider: nobody can sign in."


@register(Tags.security)
def secret_key_is_kept(**_: Any) -> Iterable[CheckMessage]:
    """Refuse to serve with a key that the next process would not know."""
    if settings.ENVIRONMENT.secret is None:
        yield Warning(
            "There is no secret key, so nothing can be served.",
            hint="Set COHELM_SECRET_KEY, or let `manage.py up` make one in the data folder.",
            id="cohelm.W001",
        )


@register(Tags.database)
def database_roles_are_apart(**_: Any) -> Iterable[CheckMessage]:
    """Say when events are guarded by triggers alone."""
    if settings.LOG_DSN == settings.LOG_OWNER_DSN:
        yield Warning(
            "One database role does everything: events are guarded by triggers alone.",
            hint="Set COHELM_APP_DATABASE_URL to a role that may insert and read, no more.",
            id="cohelm.W002",
        )


@register(Tags.security)
def public_address_is_private(**_: Any) -> Iterable[CheckMessage]:
    """Refuse to give known users a public address."""
    environment = settings.ENVIRONMENT
    if environment.demo and not environment.is_local:
        yield Error(
            "The demo has known users and is for this machine only.",
            hint="Start without the demo to serve a public address.",
            id="cohelm.E001",
        )


@register(Tags.security)
def somebody_can_sign_in(**_: Any) -> Iterable[CheckMessage]:
    """Say when nobody can sign in any more."""
    if not settings.PASSWORDS and settings.PROVIDER is None:
        yield Warning(
            NOBODY_CAN_SIGN_IN,
            hint="Set COHELM_OIDC_ISSUER and what goes with it, or leave COHELM_PASSWORDS on.",
            id="cohelm.W003",
        )


def refusals_at_start() -> list[str]:
    """Give the sentences for which a worker does not start."""
    if settings.ENVIRONMENT.secret is None:
        return ["There is no secret key. Set COHELM_SECRET_KEY, or let `manage.py up` make one."]
    return []
