"""An agent behind a certificate that a private authority signed: trusted by its CA, and only so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from collab import adding
from collab.agents import agui
from collab.agents.agui import Address
from collab.management.commands.runner import Keys, assignment
from collab.models import Agent
from tests.agent_processes import AgentProcess
from tests.authority import Authority, tls_door
from tests.loops import apart
from tests.scene import Scene

OURS, ANOTHER = Authority("ours"), Authority("another")
MESSAGE = {"id": "1", "role": "user", "content": "Hello."}


@pytest.fixture
async def https(demo: AgentProcess, tmp_path: Path) -> AsyncIterator[str]:
    port = urlsplit(demo.url).port
    assert port
    async with tls_door(port, OURS.server(tmp_path)) as url:
        yield url


async def test_a_test_of_the_connection_trusts_the_agents_own_authority(https: str) -> None:
    found = await agui.probe(Address(https, {}, OURS.pem))
    assert found.ok, found


@pytest.mark.parametrize("ca", ["", ANOTHER.pem], ids=["none", "another"])
async def test_an_authority_that_did_not_sign_it_is_said_so(https: str, ca: str) -> None:
    found = await agui.probe(Address(https, {}, ca))
    assert not found.ok
    assert found.sentence.startswith("The agent's certificate is not trusted.")


async def test_an_own_authority_is_the_only_one_that_is_trusted(demo: AgentProcess) -> None:
    context = agui.trusting(OURS.pem)
    assert [each["subject"] for each in context.get_ca_certs()] == [((("commonName", "ours"),),)]


async def test_the_runner_uses_it_for_its_runs(https: str, scene: Scene) -> None:
    def assigned() -> Address:
        agent = Agent.objects.get(id=scene.agent_id)
        agent.url, agent.ca = https, OURS.pem
        agent.save()
        keys = Keys("test")
        try:
            return assignment("http://127.0.0.1:1", scene.session, agent, keys).agent
        finally:
            keys.revoke()

    address, limits = await apart(assigned), agui.Limits(silence=20)
    body = agui.run_input("thread", "run", [MESSAGE])
    async with agui.client(limits) as http:
        types = [event["type"] async for event in agui.answer(http, address, body, limits)]
    assert (types[0], types[-1]) == ("RUN_STARTED", "RUN_FINISHED")


@pytest.mark.parametrize(
    ("url", "ca", "why"),
    [
        ("https://x/", "no certificate", adding.Problem.WRONG_CA),
        ("https://x/", "-----BEGIN CERTIFICATE-----\nAAAA\n", adding.Problem.WRONG_CA),
        ("https://x/", "schlüssel", adding.Problem.WRONG_CA),
        ("http://x/", OURS.pem, adding.Problem.CA_WITHOUT_TLS),
    ],
)
def test_what_is_no_authority_is_not_taken(url: str, ca: str, why: adding.Problem) -> None:
    with pytest.raises(adding.CannotAdd) as refused:
        adding.check(url, {}, ca)
    assert refused.value.why is why
