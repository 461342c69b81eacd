"""Changes an agent of a workspace, or removes one that no session has: rows and log together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction

from collab import opening, sealing, trying
from collab.adding import CannotAdd, Problem, check
from collab.core.codes import Refusal, Refused
from collab.core.commands import AgentChange, AgentRemove
from collab.core.events import AgentSeat
from collab.models import Agent
from collab.submit import Outcome, sender_of, submit
from permissions.credentials import Identity


class Changes(NamedTuple):
    """What an agent is to have instead; None stays as it is."""

    name: str | None
    url: str | None
    headers: Mapping[str, str] | None
    ca: str | None


class Kept(NamedTuple):
    """What an agent's row has."""

    name: str
    url: str
    headers: bytes | memoryview | None
    ca: str


async def change(agent: Agent, wish: Changes, by: Identity, key: UUID) -> Outcome:
    """Change an agent in somebody's name; a refusal leaves it as it was. Raises CannotAdd."""
    before = Kept(agent.name, agent.url, agent.headers_sealed, agent.ca)
    after = _changed(before, wish)
    if after == before:
        return Refused(Refusal.NOTHING_TO_DO)
    check(after.url, wish.headers or {}, after.ca)
    if wish.headers is None and before.headers and _elsewhere(before.url, after.url):
        raise CannotAdd(Problem.SECRETS_AGAIN)
    await sync_to_async(_keep)(agent, after)
    seat = AgentSeat(agent.user_id, agent.id, after.name)
    command = AgentChange(seat, after.url, wish.headers is not None)
    outcome = await submit(agent.workspace_id, sender_of(by), key, command)
    if isinstance(outcome, Refused) and outcome.refusal not in opening.NOT_KNOWN:
        await sync_to_async(_keep)(agent, before)
    elif after[1:] != before[1:]:
        await trying.learn(agent)
    return outcome


def _elsewhere(before: str, after: str) -> bool:
    """Say whether another server answers there: it would be told secrets that nobody may read."""
    return urlsplit(before)[:2] != urlsplit(after)[:2]


def _changed(before: Kept, wish: Changes) -> Kept:
    kept = before.headers if wish.headers is None else sealing.seal(dict(wish.headers))
    ca = before.ca if wish.ca is None else wish.ca
    return Kept(wish.name or before.name, wish.url or before.url, kept, ca)


def _keep(agent: Agent, kept: Kept) -> None:
    agent.name, agent.url, agent.headers_sealed, agent.ca = kept
    agent.user.name = kept.name
    try:
        with transaction.atomic():
            agent.save(update_fields=["name", "url", "headers_sealed", "ca"])
            agent.user.save(update_fields=["name"])
    except IntegrityError:
        raise CannotAdd(Problem.NAME_TAKEN) from None


async def remove(agent: Agent, by: Identity) -> Outcome:
    """Remove an agent that no session ever had, in somebody's name. Raises CannotAdd."""
    if await agent.sessions.aexists():
        raise CannotAdd(Problem.IN_USE)
    seat = AgentSeat(agent.user_id, agent.id, agent.name)
    # The same id each time: whoever tries again after a crash goes on where it stopped.
    command_id = uuid5(agent.id, "agent.remove")
    outcome = await submit(agent.workspace_id, sender_of(by), command_id, AgentRemove(seat))
    if not isinstance(outcome, Refused):
        await sync_to_async(_forget)(agent)
    return outcome


def _forget(agent: Agent) -> None:
    with transaction.atomic():
        Agent.objects.select_for_update().get(id=agent.id)
        # A session that was opened with it a moment ago keeps it.
        if not agent.sessions.exists():
            agent.delete()
            agent.user.delete()
