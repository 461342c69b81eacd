"""The link with which the first owner of an installation signs up."""

from __future__ import annotations

from collab.api import signup


def signup_link(base_url: str) -> str | None:
    """Make the link; None once somebody has signed up."""
    token = signup.make_token()
    return f"{base_url}/signup/{token}" if token else None
