"""Fills an empty installation with people, an agent and a session to try. For this machine only."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import CommandError

from collab import hubs, opening, sealing, submit, trying
from collab.core.codes import Refusal, Refused
from collab.core.commands import FirstGrant
from collab.core.events import AgentSeat
from collab.models import Agent, Workspace
from permissions import tokens
from permissions.credentials import Identity
from permissions.masks import TOKEN
from permissions.models import AGENT, Token, User

# Username, the name that is shown, and the role on the demo workspace.
PEOPLE = (
    ("operator1", "Ada", "owner"),
    ("operator2", "Ben", "operator"),
    ("observer", "Cleo", "observer"),
    ("auditor", "Dora", "auditor"),
)
WORKSPACE, AGENT_NAME, SESSION = "Demo", "Demo agent", "Demo session"


class Kept(dict[str, str]):
    """What must stay the same from start to start: passwords, tokens and ids, in one file."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "demo.json"
        super().__init__(json.loads(self._file.read_text()) if self._file.exists() else {})

    def write(self) -> None:
        """Replace the file at once, readable by nobody else."""
        new = self._file.with_suffix(".new")
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self, file, indent=1)
        new.replace(self._file)


def seed(
    data_dir: Path,
    base_url: str,
    agent_url: str | None,
    agent_headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Make what is missing of the demo; give its logins, tokens and session. Safe to repeat."""
    kept = Kept(Path(data_dir))
    workspace = _workspace(kept)
    users = [_person(kept, username, name) for username, name, _ in PEOPLE]
    agent = _agent(workspace, users[0], agent_url, agent_headers)
    given = {
        "agent": _token(kept, "agent", agent.user),
        "operator": _token(kept, "operator", users[0]),
    }
    session = kept.setdefault("session", str(uuid4()))
    kept.write()
    asyncio.run(_open(_identity(kept, users[0]), workspace, users, agent, UUID(session)))
    return {
        "url": base_url,
        "users": [
            {"username": username, "password": kept[f"password:{username}"], "roles": [role]}
            for username, _, role in PEOPLE
        ],
        "session_id": session,
        "tokens": given,
    }


def _workspace(kept: Kept) -> Workspace:
    known = _id(kept, "workspace")
    found = Workspace.objects.filter(id=known).first() if known else None
    workspace = found or Workspace.objects.create(name=WORKSPACE)
    kept["workspace"] = str(workspace.id)
    return workspace


def _id(kept: Kept, name: str) -> UUID | None:
    return UUID(kept[name]) if name in kept else None


def _person(kept: Kept, username: str, name: str) -> User:
    """Make a person whose password is the one in the file; the first one may use the admin."""
    known = f"password:{username}" in kept
    password = kept.setdefault(f"password:{username}", secrets.token_urlsafe(9))
    kept.write()
    first = username == PEOPLE[0][0]
    user, new = User.objects.get_or_create(
        username=username, defaults={"name": name, "is_staff": first, "is_superuser": first}
    )
    if not new and not known:
        raise CommandError(
            f"The database has a user {username} whom the demo did not make. "
            "Start with --no-demo, or with a database of its own."
        )
    # Checking a password is slow on purpose, so what it became is kept and compared.
    if user.password != kept.get(f"hash:{username}"):
        user.set_password(password)
        user.save(update_fields=["password"])
        kept[f"hash:{username}"] = user.password
    return user


def _agent(
    workspace: Workspace, owner: User, url: str | None, headers: dict[str, str] | None
) -> Agent:
    agent = Agent.objects.filter(workspace=workspace, name=AGENT_NAME).first()
    if agent is None:
        user, _ = User.objects.get_or_create(
            username="demo-agent", defaults={"name": AGENT_NAME, "kind": AGENT}
        )
        agent = Agent(workspace=workspace, name=AGENT_NAME, user=user, owner=owner)
    if url is not None:
        agent.url, agent.headers_sealed = url, sealing.seal(headers or {})
    agent.save()
    return agent


def _token(kept: Kept, kind: str, user: User) -> str:
    known = tokens.parse(kept.get(f"token:{kind}", ""))
    in_force = known and Token.objects.filter(
        id=known[0], hash=known[1], user=user, until=None, revoked_at=None
    )
    if not (in_force and in_force.exists()):
        kept[f"token:{kind}"] = tokens.make(user, f"demo {kind}", kind)
    return kept[f"token:{kind}"]


def _identity(kept: Kept, owner: User) -> Identity:
    token = tokens.parse(kept["token:operator"])
    assert token, "the token was made a moment ago"
    return Identity(owner.id, owner.get_full_name(), owner.username, owner.kind, TOKEN, token[0])


async def _open(
    owner: Identity, workspace: Workspace, users: list[User], agent: Agent, session: UUID
) -> None:
    """Begin the logs through the write door; what an earlier start began is left as it is."""
    first = tuple(
        FirstGrant(user.id, user.get_full_name(), "person", role)
        for user, (_, _, role) in zip(users, PEOPLE, strict=True)
    )
    seat = AgentSeat(agent.user_id, agent.id, agent.name)
    try:
        _begun(await opening.open_workspace(workspace.id, workspace.name, first))
        if agent.url:
            _begun(await opening.add_agent(submit.sender_of(owner), workspace.id, seat, agent.url))
            await trying.learn(agent)
        wish = opening.new(workspace.id, SESSION, seat, session=session)
        _begun(await opening.open_session(owner, wish))
    finally:
        await submit.close()
        await hubs.shutdown()


# The agent's address may be another one than when it was added.
_BEFORE = (Refusal.ALREADY_OPEN, Refusal.COMMAND_ID_TAKEN)


def _begun(outcome: submit.Outcome) -> None:
    if isinstance(outcome, Refused) and outcome.refusal not in _BEFORE:
        raise RuntimeError(f"The demo could not be made. {outcome.words}")
