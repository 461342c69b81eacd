"""The agents of one's workspaces: which there are, adding one, and trying its address."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from django.http import HttpRequest
from ninja import Router
from pydantic import Field, StringConstraints

from collab import adding, changing, trying
from collab.agents import agui, capabilities
from collab.api import shelf
from collab.api.asking import asker
from collab.api.forms import Answer, Created, Id, Name, Named, Sent, Url
from collab.api.refusals import NotFollowed, Wrong
from collab.api.wishes import Followed, Key, followed
from collab.core.codes import Refusal, Refused
from collab.models import Agent
from permissions import held
from permissions.credentials import Identity
from permissions.roles import Permission

EVENTS_SHOWN = 20

router = Router(tags=["agents"])

Headers = Annotated[
    dict[Name, Annotated[str, StringConstraints(max_length=4_000)]], Field(max_length=20)
]
Authority = Annotated[str, StringConstraints(max_length=16_000)]


class Address(Sent):
    """Where an agent answers, its secret headers, and who signed its certificate."""

    url: Url
    headers: Headers = {}
    ca: Authority = ""


class NewAgent(Address):
    """The form of a new agent."""

    workspace_id: Id
    name: Name


class ChangedAgent(Sent):
    """What an agent is to have instead; what is left out stays. Headers are changed together."""

    name: Name | None = None
    url: Url | None = None
    headers: Headers | None = None
    ca: Authority | None = None


class Owner(Answer):
    """Whoever added an agent."""

    name: str


class Capabilities(Answer):
    """What an agent says of itself. It is not checked; what it leaves out is not known."""

    name: str
    type: str
    version: str
    description: str
    tools: list[str]
    more_tools: int
    can: list[str]
    cannot: list[str]


class AgentCard(Answer):
    """An agent; its secret headers are never told. It need not say what it can do."""

    id: UUID
    name: str
    url: str
    workspace: Named
    owner: Owner | None
    has_headers: bool
    has_ca: bool
    capabilities: Capabilities | None


class AddedAgent(Created):
    """An agent that was added, and what it says of itself."""

    capabilities: Capabilities | None


class Agents(Answer):
    """Agents, by name."""

    agents: list[AgentCard]


class Tried(Answer):
    """What came of trying an agent."""

    ok: bool
    sentence: str
    events: list[str]
    capabilities: Capabilities | None


@router.get("agents", response=Agents)
async def listed(request: HttpRequest) -> Agents:
    """Give the agents of the asker's workspaces; addresses only to those who manage them."""
    async with await shelf.database() as conn:
        permitted = await _permitted(conn, asker(request))
        rows = await shelf.agents(conn, permitted)
    return Agents(agents=[_card(row, permitted[row.workspace.id]) for row in rows])


def _card(row: shelf.AgentRow, permissions: Permission) -> AgentCard:
    return AgentCard(
        id=row.id,
        name=row.name,
        url=row.url if Permission.MANAGE in permissions else "",
        workspace=row.workspace,
        owner=Owner(name=row.owner) if row.owner else None,
        has_headers=row.has_headers,
        has_ca=row.has_ca,
        capabilities=_said(capabilities.told(row.capabilities)),
    )


def _said(says: capabilities.Capabilities | None) -> Capabilities | None:
    return Capabilities.model_validate(says._asdict()) if says else None


async def _permitted(conn: shelf.Connection, identity: Identity) -> dict[UUID, Permission]:
    places = await shelf.workspaces(conn, await held.roots_of(conn, identity.user))
    return await shelf.permitted(conn, identity, [place.id for place in places])


@router.post("agents", response={201: AddedAgent})
async def create(request: HttpRequest, wish: NewAgent) -> AddedAgent:
    """Add an agent to a workspace, and ask it what it can do."""
    identity = asker(request)
    async with await shelf.database() as conn:
        await shelf.require(conn, identity, wish.workspace_id, Permission.MANAGE)
    wanted = adding.Wanted(wish.workspace_id, wish.name, wish.url, wish.headers, wish.ca)
    try:
        added = await adding.add(wanted, identity)
    except adding.CannotAdd as problem:
        raise NotFollowed(problem.why) from None
    if isinstance(added, Refused):
        raise NotFollowed.by(added)
    return AddedAgent(id=added.id, capabilities=_said(capabilities.told(added.capabilities)))


@router.patch("agents/{uuid:agent}", response=Followed)
async def change(
    request: HttpRequest, agent: UUID, wish: ChangedAgent, key: Key = None
) -> Followed:
    """Change an agent's name, address or secret headers; its next run goes there."""
    row = await _managed(asker(request), agent)
    changes = changing.Changes(wish.name, wish.url, wish.headers, wish.ca)
    command_id = key or uuid4()
    try:
        return followed(command_id, await changing.change(row, changes, asker(request), command_id))
    except adding.CannotAdd as problem:
        raise NotFollowed(problem.why) from None


@router.delete("agents/{uuid:agent}", response=Followed)
async def remove(request: HttpRequest, agent: UUID) -> Followed:
    """Remove an agent that no session has or had."""
    row = await _managed(asker(request), agent)
    try:
        return followed(row.id, await changing.remove(row, asker(request)))
    except adding.CannotAdd as problem:
        raise NotFollowed(problem.why) from None


async def _managed(identity: Identity, agent: UUID) -> Agent:
    """Give an agent to whoever manages its workspace; one that is not theirs is not there."""
    row = await Agent.objects.select_related("user").filter(id=agent).afirst()
    async with await shelf.database() as conn:
        permitted = await _permitted(conn, identity)
    if row is None or row.workspace_id not in permitted:
        raise NotFollowed(Wrong.NO_SUCH_AGENT)
    if Permission.MANAGE not in permitted[row.workspace_id]:
        raise NotFollowed(Refusal.FORBIDDEN, "Your role here does not allow that.", needs="manage")
    return row


@router.post("agents/test", response=Tried)
async def test(request: HttpRequest, wish: Address) -> Tried:
    """Try an agent's address: really POST to it, wait five seconds at most."""
    # Only those who could add the agent: this makes the server call any address.
    async with await shelf.database() as conn:
        permitted = await _permitted(conn, asker(request))
    if not any(Permission.MANAGE in held for held in permitted.values()):
        raise NotFollowed(Refusal.FORBIDDEN, "Only an owner of a workspace may try agents.")
    try:
        adding.check(wish.url, wish.headers, wish.ca)
    except adding.CannotAdd as problem:
        raise NotFollowed(problem.why) from None
    return _tried(await trying.try_address(agui.Address(wish.url, wish.headers, wish.ca)))


@router.post("agents/{uuid:agent}/test", response=Tried)
async def test_kept(request: HttpRequest, agent: UUID) -> Tried:
    """Try an agent as it is kept, with its secret headers, and keep what it says of itself."""
    return _tried(await trying.try_agent(await _managed(asker(request), agent)))


def _tried(tried: trying.Tried) -> Tried:
    probe = tried.probe
    return Tried(
        ok=probe.ok,
        sentence=probe.sentence,
        events=probe.events[:EVENTS_SHOWN],
        capabilities=_said(tried.says),
    )
