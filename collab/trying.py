"""Tries agents: one short run, and what they say of themselves, which their rows keep."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from collab import sealing
from collab.agents import agui, capabilities
from collab.agents.agui import Address, Probe
from collab.agents.capabilities import Capabilities, Tree
from collab.models import Agent


class Tried(NamedTuple):
    """What came of trying an agent; `says` is None where it does not say."""

    probe: Probe
    says: Capabilities | None


def address_of(agent: Agent) -> Address:
    """Say where an agent answers, with its secret headers open; raises Unreadable."""
    return Address(agent.url, sealing.unseal(agent.headers_sealed), agent.ca)


async def try_address(address: Address) -> Tried:
    """Call an address that belongs to no agent yet."""
    probe, tree = await _both(address)
    return Tried(probe, capabilities.told(tree))


async def try_agent(agent: Agent) -> Tried:
    """Call an agent as its row has it, and keep what it says."""
    try:
        probe, tree = await _both(address_of(agent))
    except sealing.Unreadable as reason:
        probe, tree = Probe(False, str(reason), []), None
    # An agent that cannot be reached now has not taken back what it said.
    if probe.ok or tree is not None:
        await _keep(agent, tree)
    return Tried(probe, capabilities.told(agent.capabilities))


async def learn(agent: Agent) -> None:
    """Ask an agent that is new or has moved what it can do, and keep it."""
    try:
        said = await capabilities.ask(address_of(agent))
    except sealing.Unreadable:
        said = None
    await _keep(agent, said)


async def _both(address: Address) -> tuple[Probe, Tree | None]:
    return await asyncio.gather(agui.probe(address), capabilities.ask(address))


async def _keep(agent: Agent, said: Tree | None) -> None:
    """Keep what was said, unless the agent has moved while it was asked."""
    agent.capabilities = said or {}
    there = Agent.objects.filter(id=agent.id, url=agent.url)
    await there.aupdate(capabilities=agent.capabilities)
