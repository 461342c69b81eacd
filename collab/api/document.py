"""The OpenAPI document's common parts: how one signs in, and how anything is refused."""

from __future__ import annotations

from typing import Any

from collab.api.forms import Refusal

PUBLIC: dict[str, Any] = {"security": []}
"""Said of an operation for which nobody needs to be signed in."""

_SCHEMES = {
    "login": {
        "type": "apiKey",
        "in": "cookie",
        "name": "cohelm_login",
        "description": "A browser's login. What changes something also sends the csrftoken cookie "
        "back as the header X-CSRFToken.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A program's token. Never together with a login's cookie.",
    },
}
_REFUSED = {
    "description": "Not followed: a name for programs, a sentence for people.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
}


def completed(document: Any) -> Any:
    """Add to ninja's document what is the same for all operations."""
    document["security"] = [{name: []} for name in _SCHEMES]
    parts = document["components"]
    parts["securitySchemes"] = _SCHEMES
    parts["schemas"]["Refusal"] = Refusal.model_json_schema(mode="serialization")
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = _REFUSED
    return document
