"""Decides whether an id token is believed: signature, issuer, audience, time. Fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

# Signed with a key that only the provider has: never with the client's secret, never unsigned.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
_NEEDED = ["iss", "sub", "aud", "exp", "iat"]
_CLOCKS_DIFFER_SECONDS = 60


class NotBelieved(OAuth2Error):  # type: ignore[misc]
    """Say why an id token is not believed; for the log, not for people."""


def believed(id_token: str, keys: Any, issuer: str, client_id: str) -> dict[str, Any]:
    """Give the claims of an id token that was signed with one of these keys; raises NotBelieved."""
    try:
        claims = jwt.decode(
            id_token,
            _key(jwt.get_unverified_header(id_token), keys),
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=client_id,
            leeway=_CLOCKS_DIFFER_SECONDS,
            options={"require": _NEEDED},
        )
    except (jwt.PyJWTError, TypeError, ValueError, LookupError, AttributeError) as problem:
        raise NotBelieved(str(problem)) from problem
    if claims.get("azp", client_id) != client_id:
        raise NotBelieved("It was issued to another program.")
    return claims


def _key(header: Mapping[str, Any], keys: Any) -> jwt.PyJWK:
    algorithm, wanted = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise NotBelieved(f"It is signed by {algorithm}.")
    fit = [
        key
        for key in keys["keys"]
        if key.get("use", "sig") == "sig" and wanted in (None, key.get("kid"))
    ]
    if len(fit) != 1:
        raise NotBelieved(f"{len(fit)} keys of the provider may have signed it.")
    return jwt.PyJWK(fit[0], fit[0].get("alg") or algorithm)
