"""`manage.py agent`: adding an agent, listing the agents, trying an address."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from collab import sealing
from collab.models import Agent, Workspace
from tests.agent_processes import AgentProcess
from tests.scene import Scene


def agent(*args: str) -> str:
    out = StringIO()
    call_command("agent", *args, stdout=out)
    return out.getvalue()


@pytest.fixture
def workspace(scene: Scene) -> Workspace:
    return Workspace.objects.get(id=scene.workspace)


def test_an_agent_is_added_with_its_secret_headers_and_listed(workspace: Workspace) -> None:
    name = f"Ops {uuid4().hex[:6]}"
    where = ["--workspace", workspace.name, "--header", "X-Key: hunter2"]
    assert "was added" in agent("add", name, "http://127.0.0.1:9/", *where)
    added = Agent.objects.get(name=name)
    assert sealing.unseal(added.headers_sealed) == {"X-Key": "hunter2"}
    assert b"hunter2" not in bytes(added.headers_sealed or b"")
    assert added.user.kind == "agent"
    listed = agent("list")
    assert f"{name} ({workspace.name}): http://127.0.0.1:9/, with secret headers" in listed
    assert "hunter2" not in listed


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["a", "ftp://x/"], "must begin with http"),
        (["a", "http://x/", "--header", "no colon"], "NAME:VALUE"),
        (["a", "http://x/", "--workspace", "nowhere"], "There is no workspace nowhere."),
        (["agent", "http://x/"], "That name is taken"),
    ],
)
def test_what_cannot_be_added_is_said_in_a_sentence(
    workspace: Workspace, args: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        agent("add", "--workspace", workspace.name, *args)


def test_an_address_is_tried(demo: AgentProcess, database: None) -> None:
    assert agent("test", demo.url).startswith("The agent answers.")


def test_an_address_where_nobody_answers_is_said_so(database: None) -> None:
    with pytest.raises(CommandError, match="could not be reached"):
        agent("test", "http://127.0.0.1:9/")
