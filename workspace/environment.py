"""Reads and checks the environment. Knows no Django; every wrong value gets a sentence."""

import base64
import hashlib
import hmac
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from workspace.places import PROJECT, Places, places

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SHORTEST_SECRET = 32


class WrongSetting(Exception):
    """Say in one sentence which setting is wrong and what it should be."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Hold what was read from the environment, checked."""

    places: Places
    owner_dsn: str
    app_dsn: str
    redis_url: str | None
    secret: str | None
    public_url: str | None
    allowed_hosts: tuple[str, ...]
    failpoint: str | None
    demo: bool
    record: Path | None
    proxies: tuple[str, ...]
    connections_per_person: int
    connections_per_address: int
    commands_a_second: int
    sessions_an_hour: int

    @property
    def is_local(self) -> bool:
        """Say whether the public address, if there is one, leads to this machine alone."""
        host = urlsplit(self.public_url or "").hostname or "localhost"
        return host in ("localhost", "127.0.0.1", "::1")

    @property
    def https(self) -> bool:
        return (self.public_url or "").startswith("https://")

    def key(self, purpose: str) -> str:
        """Derive the key for one purpose: 32 bytes, as Fernet writes them."""
        secret = self.secret or f"not for service, process {os.getpid()}"
        digest = hmac.digest(secret.encode(), f"cohelm:{purpose}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode()


def read(environ: Mapping[str, str]) -> Environment:
    """Read the environment; raises WrongSetting."""
    here = places(Path(environ.get("COHELM_DATA") or PROJECT / ".cohelm"))
    owner = _database_url(environ, "DATABASE_URL") or embedded_dsn(here, "cohelm_owner")
    app = _database_url(environ, "COHELM_APP_DATABASE_URL")
    public_url = _public_url(environ.get("COHELM_PUBLIC_URL"))
    return Environment(
        places=here,
        owner_dsn=owner,
        app_dsn=app or (owner if "DATABASE_URL" in environ else embedded_dsn(here, "cohelm_app")),
        redis_url=_redis_url(environ.get("REDIS_URL")),
        secret=_secret(environ.get("COHELM_SECRET_KEY"), here.secret_key),
        public_url=public_url,
        allowed_hosts=_hosts(environ.get("COHELM_ALLOWED_HOSTS"), public_url),
        failpoint=_failpoint(environ),
        demo=environ.get("COHELM_DEMO") == "1",
        record=Path(environ["COHELM_RECORD"]).resolve() if environ.get("COHELM_RECORD") else None,
        proxies=_proxies(environ.get("COHELM_TRUSTED_PROXIES")),
        connections_per_person=_most(environ, "COHELM_CONNECTIONS_PER_PERSON", 20),
        connections_per_address=_most(environ, "COHELM_CONNECTIONS_PER_ADDRESS", 200),
        commands_a_second=_most(environ, "COHELM_COMMANDS_A_SECOND", 20),
        sessions_an_hour=_most(environ, "COHELM_SESSIONS_AN_HOUR", 100),
    )


def embedded_dsn(here: Places, role: str, database: str = "cohelm") -> str:
    """Name the embedded Postgres of a data folder, seen by one database role."""
    return f"postgresql:///{database}?host={here.sockets}&user={role}"


def _database_url(environ: Mapping[str, str], name: str) -> str | None:
    url = environ.get(name)
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise WrongSetting(f"{name} must begin with postgresql://. Cohelm keeps its log there.")
    return url or None


def _redis_url(url: str | None) -> str | None:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise WrongSetting("REDIS_URL must begin with redis://, rediss:// or unix://.")
    return url or None


def _public_url(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise WrongSetting(
            "COHELM_PUBLIC_URL must be an address such as https://cohelm.example.org, "
            "without a path."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _hosts(listed: str | None, public_url: str | None) -> tuple[str, ...]:
    hosts = [host.strip() for host in (listed or "").split(",") if host.strip()]
    if "*" in hosts:
        raise WrongSetting("COHELM_ALLOWED_HOSTS must name the hosts; * would accept any.")
    public = [urlsplit(public_url).hostname or ""] if public_url else []
    return tuple(dict.fromkeys([*hosts, *public, *LOOPBACK]))


def _proxies(listed: str | None) -> tuple[str, ...]:
    """Read the addresses and networks that may say for whom they ask."""
    named = tuple(part.strip() for part in (listed or "").split(",") if part.strip())
    for part in named:
        try:
            everybody = ipaddress.ip_network(part, strict=False).prefixlen == 0
        except ValueError:
            everybody = True
        if everybody:
            raise WrongSetting(
                "COHELM_TRUSTED_PROXIES must list addresses or networks, such as 127.0.0.1 or "
                f"10.0.0.0/8, not {part}: whoever is trusted says where others come from."
            )
    return named


def _most(environ: Mapping[str, str], name: str, usual: int) -> int:
    """Read how much is let through at most; 0 is no limit."""
    said = environ.get(name) or str(usual)
    if not said.isdecimal():
        raise WrongSetting(f"{name} must be a whole number; 0 is no limit.")
    return int(said)


def _secret(given: str | None, file: Path) -> str | None:
    secret = given or (file.read_text().strip() if os.access(file, os.R_OK) else None)
    if secret is not None and len(secret) < SHORTEST_SECRET:
        raise WrongSetting(
            f"COHELM_SECRET_KEY is too short: use at least {SHORTEST_SECRET} random characters."
        )
    return secret


def _failpoint(environ: Mapping[str, str]) -> str | None:
    failpoint = environ.get("COHELM_FAILPOINT") or None
    if failpoint and environ.get("COHELM_TEST_BUILD") != "1":
        raise WrongSetting("COHELM_FAILPOINT is for test builds only: set COHELM_TEST_BUILD=1.")
    return failpoint
