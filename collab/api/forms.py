"""The forms of what HTTP takes and gives: pydantic, since OpenAPI is made from it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[UUID, Field(strict=False)]
"""An id: in JSON it is text, so this one field is read leniently."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(max_length=2_000)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class Sent(BaseModel):
    """The form of what a request may send: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """The form of what is answered: nothing leaves that is not named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(Answer):
    """Something with a name."""

    id: UUID
    name: str


class Created(Answer):
    """An answer that something was made."""

    id: UUID


class Nothing(Answer):
    """An answer that it is done."""


class Refusal(Answer):
    """Why a request was not followed: a name for programs, a sentence for people, and whether
    trying again can help."""

    code: str
    sentence: str
    retry: bool
    details: dict[str, object] | None = None
