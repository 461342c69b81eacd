"""A browser's side of the HTTP API: cookies, the token against forged requests, JSON."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

from permissions.models import User
from tests.estate import new_user

PASSWORD = "correct horse battery"


class Page:
    """One browser at one worker."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def __enter__(self) -> Self:
        self.get("/api/v1/me")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def post(self, path: str, body: Any = None, *, raw: bytes | None = None) -> httpx.Response:
        """Send JSON, or any bytes, as our own page does."""
        headers = self._proof()
        if raw is not None:
            return self.http.post(path, content=raw, headers=headers)
        return self.http.post(path, json=body if body is not None else {}, headers=headers)

    def remove(self, path: str) -> httpx.Response:
        return self.http.delete(path, headers=self._proof())

    def _proof(self) -> dict[str, str]:
        return {"X-CSRFToken": self.http.cookies.get("csrftoken") or ""}

    def sign_in(self, user: User) -> Self:
        answer = self.post("/api/v1/login", {"username": user.username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return self


def program(url: str, token: str) -> httpx.Client:
    """Give a program's side: paths below the API's first version, and a token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=30, trust_env=False)


def person(**fields: Any) -> User:
    """Make somebody who can sign in."""
    user = new_user(**fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def refused(answer: httpx.Response) -> str:
    """Give the name of a refusal, which always has a sentence and never is a fault."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
    said = answer.json()
    assert said["sentence"].endswith("."), said
    assert isinstance(said["retry"], bool)
    name: str = said["code"]
    return name
