"""What an agent says of itself when it is added, changed or tried: over HTTP and by the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.core.management import CommandError, call_command

from collab.models import Agent, Session
from permissions import grants
from tests.agent_processes import AgentProcess
from tests.agents_saying import GOOD
from tests.cluster import Cluster
from tests.page import Page, person, refused
from tests.scene import make_scene

pytestmark = pytest.mark.usefixtures("database")

AWAY = "http://127.0.0.1:9/agent"
SAID = {
    "name": "Night shift",
    "type": "langgraph",
    "version": "2.1.0",
    "description": "Watches the logs.",
    "tools": ["read_log", "restart"],
    "more_tools": 0,
    "can": ["ask for approval", "stream its answer"],
    "cannot": ["show its reasoning"],
}


@dataclass
class Desk:
    """An owner and an operator of one workspace, at their pages."""

    place: UUID
    owner: Page
    operator: Page

    def add(self, url: str, **headers: str) -> dict[str, Any]:
        new = {"workspace_id": str(self.place), "name": f"Agent {uuid4().hex[:6]}", "url": url}
        answer = self.owner.post("/api/v1/agents", {**new, "headers": headers})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def card(self, key: str, page: Page | None = None) -> dict[str, Any]:
        rows = (page or self.owner).get("/api/v1/agents").json()["agents"]
        return next(row for row in rows if row["id"] == key)

    def change(self, key: str, wish: dict[str, Any]) -> httpx.Response:
        http = self.owner.http
        headers = {"X-CSRFToken": http.cookies["csrftoken"]}
        return http.patch(f"/api/v1/agents/{key}", json=wish, headers=headers)


@pytest.fixture(scope="module")
def desk(cluster: Cluster, django_db_blocker: Any) -> Iterator[Desk]:
    with django_db_blocker.unblock():
        scene = make_scene()
        workspace = Session.objects.get(id=scene.session).workspace
        users = {name: person(name=name) for name in ("owner", "operator")}
        for name, user in users.items():
            grants.give(user, workspace, name)
        with Page(cluster[0].url) as owner, Page(cluster[0].url) as operator:
            owner.sign_in(users["owner"])
            operator.sign_in(users["operator"])
            yield Desk(workspace.id, owner, operator)


def test_an_agent_that_is_added_is_asked_what_it_can_do(desk: Desk, bad: AgentProcess) -> None:
    made = desk.add(bad.url + "good")
    assert made["capabilities"] == SAID
    assert Agent.objects.get(id=made["id"]).capabilities == GOOD
    assert desk.card(made["id"])["capabilities"] == SAID
    assert desk.card(made["id"], desk.operator)["capabilities"] == SAID


@pytest.mark.parametrize("url", [AWAY, "missing", "nonsense", "large", "elsewhere"])
def test_an_agent_that_does_not_say_is_added_all_the_same(
    desk: Desk, bad: AgentProcess, url: str
) -> None:
    made = desk.add(url if url == AWAY else bad.url + url)
    assert made["capabilities"] is None
    assert desk.card(made["id"])["capabilities"] is None


def test_what_it_says_is_no_way_to_its_secrets(desk: Desk, bad: AgentProcess) -> None:
    key = desk.add(bad.url + "odd", **{"X-Key": "hunter2"})["id"]
    assert "hunter2" not in json.dumps(Agent.objects.get(id=key).capabilities)


def test_an_agent_that_moves_is_asked_anew(desk: Desk, bad: AgentProcess) -> None:
    key = desk.add(bad.url + "good")["id"]
    assert desk.change(key, {"name": f"Another {uuid4().hex[:6]}"}).status_code == 200
    assert desk.card(key)["capabilities"] == SAID
    assert desk.change(key, {"url": AWAY}).status_code == 200
    assert desk.card(key)["capabilities"] is None
    assert desk.change(key, {"url": bad.url + "good"}).status_code == 200
    assert desk.card(key)["capabilities"] == SAID


def test_a_test_of_an_address_tells_what_it_says(desk: Desk, demo: AgentProcess) -> None:
    tried = desk.owner.post("/api/v1/agents/test", {"url": demo.url}).json()
    assert tried["ok"] is True
    assert tried["capabilities"]["name"] == "demo"


def test_a_test_of_a_kept_agent_learns_anew(desk: Desk, demo: AgentProcess) -> None:
    key = desk.add(demo.url)["id"]
    Agent.objects.filter(id=key).update(capabilities={})
    tried = desk.owner.post(f"/api/v1/agents/{key}/test", {}).json()
    assert (tried["ok"], tried["capabilities"]["name"]) == (True, "demo")
    assert desk.card(key)["capabilities"] == tried["capabilities"]


def test_an_agent_that_is_away_has_not_taken_back_what_it_said(desk: Desk) -> None:
    key = desk.add(AWAY)["id"]
    Agent.objects.filter(id=key).update(capabilities=GOOD)
    tried = desk.owner.post(f"/api/v1/agents/{key}/test", {}).json()
    assert (tried["ok"], tried["capabilities"]) == (False, SAID)
    assert desk.card(key)["capabilities"] == SAID


def test_secrets_that_cannot_be_opened_are_said_so(desk: Desk) -> None:
    key = desk.add(AWAY)["id"]
    Agent.objects.filter(id=key).update(headers_sealed=b"sealed elsewhere")
    tried = desk.owner.post(f"/api/v1/agents/{key}/test", {}).json()
    assert tried["ok"] is False
    assert tried["sentence"].startswith("The agent's headers were sealed with another")


def test_only_an_owner_tests_a_kept_agent(desk: Desk) -> None:
    key = desk.add(AWAY)["id"]
    assert refused(desk.operator.post(f"/api/v1/agents/{key}/test", {})) == "forbidden"
    assert refused(desk.owner.post(f"/api/v1/agents/{uuid4()}/test", {})) == "no_such_agent"


def agent(*args: str) -> str:
    out = StringIO()
    call_command("agent", *args, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_an_agent_says(desk: Desk, demo: AgentProcess) -> None:
    name = f"Ops {uuid4().hex[:6]}"
    workspace = Agent.objects.get(id=desk.add(AWAY)["id"]).workspace.name
    for told in (agent("add", name, demo.url, "--workspace", workspace), agent("test", demo.url)):
        assert "It says that it is demo, pydantic-ai.\n" in told
        assert "Tools: list_files, read_file, search_files, write_file" in told
        assert "It can: ask for approval, stop until people answer" in told
    Agent.objects.filter(name=name).update(capabilities={})
    assert "It says that it is demo" in agent("test", name)
    assert Agent.objects.get(name=name).capabilities["identity"]["name"] == "demo"


def test_the_command_tells_that_an_agent_does_not_say(desk: Desk, bad: AgentProcess) -> None:
    workspace = Agent.objects.get(id=desk.add(AWAY)["id"]).workspace.name
    name = f"Mute {uuid4().hex[:6]}"
    assert agent("add", name, f"{bad.url}missing", "--workspace", workspace) == (
        f"{name} was added to {workspace}.\nIt does not say what it can do.\n"
    )
    assert "It does not say what it can do." in agent("test", f"{bad.url}chunks")
    with pytest.raises(CommandError, match="refused us"):
        agent("test", f"{bad.url}refuse")
