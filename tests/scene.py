"""A workspace with people, an agent and an open session, made anew for each test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from collab.core import commands as c
from collab.core.events import AgentSeat
from collab.log import pool
from collab.models import Agent, Session, Workspace
from collab.submit import SYSTEM, Committed, sender_of, submit
from permissions import credentials, tokens
from permissions.models import User
from tests import loops


@dataclass(frozen=True)
class Person:
    """Someone with a token."""

    user: UUID
    name: str
    token: str


@dataclass(frozen=True)
class Scene:
    """One open session and those who take part in it."""

    session: UUID
    workspace: UUID
    agent_id: UUID
    people: dict[str, Person]

    def __getitem__(self, name: str) -> Person:
        return self.people[name]


SCENES: dict[UUID, str] = {}
"""A token of the owner of each session that was made here."""

ROLES = {
    "owner": "owner",
    "op1": "operator",
    "op2": "operator",
    "observer": "observer",
    "auditor": "auditor",
    "agent": "agent",
}


def make_user(name: str, kind: str = "person", **fields: Any) -> User:
    """Make a user with a name that no other test has."""
    username = f"{name}-{uuid4().hex[:12]}"
    return User.objects.create_user(username=username, name=name, kind=kind, **fields)


def person(user: User) -> Person:
    """Give a user a token."""
    kind = "agent" if user.kind == "agent" else "operator"
    return Person(user.id, user.name, tokens.make(user, "test", kind))


def make_scene(
    title: str = "Tidy up", agent_url: str = "http://127.0.0.1:9/", **of_agent: Any
) -> Scene:
    """Make it all; the session is opened through the write door. `of_agent`: more of its row."""
    workspace = Workspace.objects.create(name=f"W {uuid4().hex[:6]}")
    users = {name: make_user(name, "agent" if name == "agent" else "person") for name in ROLES}
    _open_workspace(workspace, users["owner"])
    agent = Agent.objects.create(
        workspace=workspace, user=users["agent"], name="agent", url=agent_url, **of_agent
    )
    session = Session.objects.create(workspace=workspace, title=title, created_by=users["owner"])
    scene = Scene(
        session.id, workspace.id, agent.id, {name: person(user) for name, user in users.items()}
    )
    _open(scene, title)
    SCENES[scene.session] = scene["owner"].token
    return scene


def _open_workspace(workspace: Workspace, owner: User) -> None:
    first = c.FirstGrant(owner.id, owner.name, "person", "owner")
    command = c.WorkspaceOpen(workspace.name, (first,))
    outcome = loops.alone(submit(workspace.id, SYSTEM, uuid4(), command))
    assert isinstance(outcome, Committed), outcome


def _open(scene: Scene, title: str) -> None:
    agent = scene["agent"]
    first = tuple(
        c.FirstGrant(scene[name].user, name, "agent" if name == "agent" else "person", role)
        for name, role in ROLES.items()
    )
    command = c.SessionOpen(title, AgentSeat(agent.user, scene.agent_id, "agent"), first)
    loops.alone(submitted(scene.session, scene["owner"], command))


async def submitted(log: UUID, who: Person, command: c.Command) -> Committed:
    """Put a command to a log in somebody's name; it must be followed."""
    async with (await pool.shared()).connection() as conn:
        identity = await credentials.by_token(conn, who.token)
    assert identity is not None
    outcome = await submit(log, sender_of(identity), uuid4(), command)
    assert isinstance(outcome, Committed), outcome
    return outcome
