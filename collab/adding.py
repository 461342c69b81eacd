"""Adds an agent to a workspace: its address is looked at, its rows are made, its log is told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction

from collab import hubs, opening, sealing, submit, trying
from collab.agents import agui
from collab.core.codes import Reason, Refused
from collab.core.events import AgentSeat
from collab.models import Agent
from permissions.credentials import Identity
from permissions.models import AGENT, User

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


class Problem(Reason):
    """Why an agent cannot be added: no second try helps."""

    WRONG_URL = "wrong_url", "The address must begin with http:// or https:// and name a host."
    WRONG_HEADER = "wrong_header", "A header's name or value holds characters that it may not."
    WRONG_CA = "wrong_ca", "This is no certificate in PEM form."
    CA_WITHOUT_TLS = "ca_without_tls", "An authority (CA) is of use only with an https:// address."
    SECRETS_AGAIN = (
        "secrets_again",
        "Give the secret headers again: those that are kept were for another server.",
    )
    NAME_TAKEN = "name_taken", "That name is taken in this workspace. Choose another."
    IN_USE = "in_use", "Sessions have this agent, so it stays."


class CannotAdd(Exception):
    """Stop adding an agent."""

    def __init__(self, why: Problem) -> None:
        super().__init__(why.sentence)
        self.why = why


class Wanted(NamedTuple):
    """An agent that somebody wants to add."""

    workspace: UUID
    name: str
    url: str
    headers: Mapping[str, str]
    ca: str = ""


def check(url: str, headers: Mapping[str, str], ca: str = "") -> None:
    """Look at an address and its headers without calling it; raises CannotAdd."""
    try:
        parts = urlsplit(url)
        there = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        there = False
    if not there or not url.isprintable() or " " in url:
        raise CannotAdd(Problem.WRONG_URL)
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or (value and not _HEADER_VALUE.fullmatch(value)):
            raise CannotAdd(Problem.WRONG_HEADER)
    if ca:
        _check_ca(url, ca)


def _check_ca(url: str, ca: str) -> None:
    try:
        agui.trusting(ca)
    except ValueError:
        raise CannotAdd(Problem.WRONG_CA) from None
    if not url.startswith("https://"):
        raise CannotAdd(Problem.CA_WITHOUT_TLS)


async def add(wanted: Wanted, by: Identity | None) -> Agent | Refused:
    """Add an agent in somebody's name, or the server's; a refusal leaves none. Raises CannotAdd.

    It is then asked what it can do; whatever comes of that, it was added.
    """
    check(wanted.url, wanted.headers, wanted.ca)
    agent = await sync_to_async(_rows)(wanted, by.user if by else None)
    seat = AgentSeat(agent.user_id, agent.id, agent.name)
    sender = submit.sender_of(by) if by else submit.SYSTEM
    outcome = await opening.add_agent(sender, wanted.workspace, seat, wanted.url)
    if isinstance(outcome, Refused) and outcome.refusal not in opening.NOT_KNOWN:
        await sync_to_async(_remove)(agent)
        return outcome
    await trying.learn(agent)
    return agent


def add_alone(wanted: Wanted) -> Agent | Refused:
    """Add an agent from a program that has no loop, in the server's name. Raises CannotAdd."""

    async def once() -> Agent | Refused:
        try:
            return await add(wanted, None)
        finally:
            await submit.close()
            await hubs.shutdown()

    return asyncio.run(once())


def _rows(wanted: Wanted, owner: UUID | None) -> Agent:
    agent = Agent(
        workspace_id=wanted.workspace,
        name=wanted.name,
        url=wanted.url,
        headers_sealed=sealing.seal(dict(wanted.headers)),
        ca=wanted.ca,
        owner_id=owner,
    )
    try:
        with transaction.atomic():
            agent.user = User.objects.create_user(
                username=f"agent-{agent.id}", name=wanted.name, kind=AGENT
            )
            agent.save()
    except IntegrityError:
        raise CannotAdd(Problem.NAME_TAKEN) from None
    return agent


def _remove(agent: Agent) -> None:
    with transaction.atomic():
        agent.delete()
        agent.user.delete()
