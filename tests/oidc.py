"""A real OpenID Connect provider in a process of its own, and the way of a browser through it."""

from __future__ import annotations

import fcntl
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.cluster import free_port
from tests.page import Page
from tests.polling import until
from tests.servers import end, run
from workspace.children import Program
from workspace.frontend import Node, find_node
from workspace.places import PROJECT

FOLDER = PROJECT / "tests" / "strangers" / "oidc"
SECRET = "a secret that only the two know, and long enough"
START_SECONDS, INSTALL_SECONDS = 30.0, 120.0
CALLBACK = "/login/callback"
# The most pages and redirects that lie on the way through the provider.
STEPS = 10


@dataclass
class Provider:
    """Be one provider; it can be stopped and started again on its port, and forgets everything."""

    place: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    callbacks: Sequence[str] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, **more: str) -> dict[str, str]:
        """Give the environment of a Cohelm that uses it."""
        return {
            "COHELM_OIDC_ISSUER": self.url,
            "COHELM_OIDC_CLIENT_ID": "cohelm",
            "COHELM_OIDC_CLIENT_SECRET": SECRET,
            "COHELM_OIDC_NAME": "Night School",
            "COHELM_OIDC_SCOPES": "openid profile groups",
            # Whatever proxy this machine has, it does not lead to this machine.
            "NO_PROXY": "127.0.0.1",
            **more,
        }

    def start(self, *pages: str) -> Provider:
        """Start it for Cohelms at these addresses and wait until it answers."""
        self.callbacks = [f"{page}{CALLBACK}" for page in pages] or self.callbacks
        ready = self.place / "ready"
        ready.unlink(missing_ok=True)
        self.process = run(self._program(ready), self.place / "provider.log")
        until(ready.exists, "the provider did not start", self._log, START_SECONDS)
        return self

    def stop(self) -> None:
        if self.process:
            end(self.process, self._program(self.place))
            self.process = None

    def person(self, subject: str, *groups: str, **claims: str) -> None:
        """Say what it says of somebody from now on."""
        said = {"preferred_username": subject, "name": subject.title(), **claims}
        self._tell(f"people/{subject}", said | {"groups": groups})

    @contextmanager
    def bent(self, how: str) -> Iterator[None]:
        """Have its id tokens be wrong for a while."""
        self._tell("bend", how)
        yield
        self._tell("bend", None)

    def _tell(self, path: str, said: Any) -> None:
        answer = httpx.post(f"{self.url}/{path}", content=json.dumps(said), trust_env=False)
        answer.raise_for_status()

    @property
    def _log(self) -> Path:
        return self.place / "provider.log"

    def _program(self, ready: Path) -> Program:
        node = _installed()
        said = {
            "port": self.port,
            "ready": str(ready),
            "callbacks": self.callbacks,
            "secret": SECRET,
        }
        argv = (str(node.folder / "node"), "provider.js", json.dumps(said))
        return Program("provider", argv, environ=node.environ(), folder=FOLDER)


def _installed() -> Node:
    """Install what the provider needs, once, and give the Node that runs it."""
    node = find_node()
    assert node, "there is no Node: run `python3 manage.py test`, which brings one"
    with (FOLDER / ".installing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = FOLDER / "node_modules" / ".package-lock.json"
        if (
            not done.exists()
            or done.stat().st_mtime < (FOLDER / "package-lock.json").stat().st_mtime
        ):
            argv = (*node.npm, "ci")
            subprocess.run(
                argv, cwd=FOLDER, env=node.environ(), timeout=INSTALL_SECONDS, check=True
            )
    return node


class Traveller(Page):
    """A browser that goes to the provider and back."""

    def set_out(self, to: str = "/", **wish: Any) -> httpx.Response:
        """Ask for the way to the provider."""
        return self.post("/api/v1/login/provider", {"next": to, **wish})

    def way_back(self, who: str, to: str = "/", **wish: Any) -> str:
        """Sign in at the provider; give the address that it sends this browser back to."""
        answer = self.http.get(self.set_out(to, **wish).json()["url"])
        for _ in range(STEPS):
            where = answer.headers.get("Location", "")
            if urlsplit(where).path.endswith(CALLBACK):
                return str(where)
            if answer.is_redirect:
                answer = self.http.get(answer.url.join(where))
            else:
                answer = self.http.post(answer.url, data={"who": who})
        raise AssertionError(f"the provider does not send anybody back: {answer.text}")

    def arrive(self, who: str, to: str = "/", **wish: Any) -> httpx.Response:
        """Sign in through the provider; give what Cohelm answers at the end."""
        return self.http.get(self.way_back(who, to, **wish))
