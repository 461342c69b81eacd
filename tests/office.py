"""The admin's pages, as somebody uses them who may."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from tests.page import Page


class Office(Page):
    """A browser in the admin; sign in as somebody who may be there."""

    def submit(self, path: str, fields: Mapping[str, object]) -> httpx.Response:
        """Fill in a form of the admin."""
        page = self.http.get(path, follow_redirects=True)
        assert page.status_code == 200, page.text[:2000]
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        answer = self.http.post(path, data=dict(hidden) | dict(fields), headers={"Referer": path})
        assert answer.status_code == 302, re.findall(r"errorlist.*", answer.text)
        return answer

    def delete(self, kind: str, key: object) -> None:
        """Delete one row, by way of the page that asks whether one is sure."""
        self.submit(f"/admin/{kind}/{key}/delete/", {"post": "yes"})

    def act(self, kind: str, action: str, key: object) -> None:
        """Choose one row in a list, and an action."""
        chosen = {"action": action, "_selected_action": str(key), "post": "yes"}
        self.submit(f"/admin/{kind}/", chosen)
