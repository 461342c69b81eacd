"""A script drives a session without a socket: commands, events, state, grants, participants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from collab.models import Workspace
from permissions import grants, tokens
from permissions.models import Token, User
from tests.cluster import Cluster
from tests.estate import new_session, sql
from tests.page import program, refused
from tests.scene import Person, Scene, make_scene, make_user
from tests.scene import person as with_token

pytestmark = pytest.mark.usefixtures("database")

NAMES = ("owner", "op1", "op2", "observer", "auditor", "agent", "stranger")


class Desk:
    """A session, and a script for each of its people and for a stranger; on two workers."""

    def __init__(self, scene: Scene, stranger: Person, urls: list[str], stack: ExitStack) -> None:
        self.scene, self.people = scene, {**scene.people, "stranger": stranger}
        self.scripts = {
            name: stack.enter_context(program(urls[place % 2], self.people[name].token))
            for place, name in enumerate(NAMES)
        }
        self.at = f"sessions/{scene.session}"

    def __getitem__(self, name: str) -> httpx.Client:
        return self.scripts[name]

    def wish(self, who: str, command: dict[str, Any], key: UUID | None = None) -> httpx.Response:
        body = {"command_id": str(key or uuid4()), "command": command}
        return self[who].post(f"{self.at}/commands", json=body)


@pytest.fixture
def desk(cluster: Cluster) -> Iterator[Desk]:
    scene = make_scene()
    with ExitStack() as stack:
        urls = [cluster[0].url, cluster[1].url]
        yield Desk(scene, with_token(make_user("stranger")), urls, stack)


def head(log: UUID) -> int:
    found: int = sql("SELECT seq FROM collab_head WHERE log = %s", log)[0][0]
    return found


PROMPT = {"type": "prompt.queue", "text": "Tidy the logs"}


def test_a_script_prompts_and_the_same_again_is_harmless(desk: Desk) -> None:
    key = uuid4()
    first = desk.wish("op1", PROMPT, key).json()
    assert first == {
        "command_id": str(key),
        "seq": head(desk.scene.session),
        "events": 1,
        "replayed": False,
    }
    assert desk.wish("op1", PROMPT, key).json() == first | {"replayed": True}
    other = desk.wish("op1", PROMPT | {"text": "Another"}, key)
    assert (other.status_code, refused(other)) == (409, "command_id_taken")
    assert desk.wish("op2", {"type": "note.write", "text": "mine"}, key).status_code == 200


@pytest.mark.parametrize(
    ("who", "command", "status", "name"),
    [
        ("observer", PROMPT, 403, "forbidden"),
        ("agent", PROMPT, 403, "wrong_kind"),
        ("stranger", PROMPT, 404, "not_found"),
        ("op1", {"type": "prompt.queue", "text": ""}, 400, "invalid"),
        ("op1", PROMPT | {"actor": str(UUID(int=1))}, 400, "unknown_field"),
        ("op1", {"type": "session.open", "title": "x"}, 400, "unknown_command"),
        ("op1", {"type": "agent.add"}, 400, "unknown_command"),
        ("op1", {}, 400, "unknown_command"),
        ("op1", {"type": "run.cancel", "run_id": str(UUID(int=1))}, 409, "no_run"),
        ("op1", {"type": "prompt.recall", "prompt_id": str(UUID(int=1))}, 404, "no_prompt"),
    ],
)
def test_a_command_is_refused_as_on_a_socket(
    desk: Desk, who: str, command: dict[str, Any], status: int, name: str
) -> None:
    before = head(desk.scene.session)
    answer = desk.wish(who, command)
    assert (answer.status_code, refused(answer)) == (status, name)
    assert head(desk.scene.session) == before


def test_what_is_not_yours_and_what_is_not_there_look_the_same(desk: Desk) -> None:
    nowhere, ours = f"sessions/{uuid4()}", desk.at
    workspace = f"sessions/{desk.scene.workspace}"
    wish = {"command_id": str(uuid4()), "command": PROMPT}
    grant = {"user": str(desk.people["op1"].user), "role": "owner"}
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"title": "Mine"}),
        ("POST", "/close", {}),
        ("POST", "/commands", wish),
        ("GET", "/events", None),
        ("GET", "/state", None),
        ("GET", "/state?seq=999999", None),
        ("GET", "/participants", None),
        ("GET", "/grants", None),
        ("POST", "/grants", grant),
        ("DELETE", f"/grants/{grant['user']}/operator", None),
    ):
        answers = [
            desk["stranger"].request(method, f"{place}{path}", json=body)
            for place in (ours, nowhere)
        ]
        answers.append(desk["owner"].request(method, f"{workspace}{path}", json=body))
        assert {answer.status_code for answer in answers} == {404}, (method, path)
        assert {refused(answer) for answer in answers} == {"not_found"}, (method, path)
        assert len({answer.content for answer in answers}) == 1, (method, path)


def test_a_revoked_token_does_nothing_more(desk: Desk) -> None:
    assert desk.wish("op1", PROMPT).status_code == 200
    tokens.revoke(Token.objects.get(user_id=desk.people["op1"].user).id)
    answer = desk.wish("op1", PROMPT)
    assert (answer.status_code, refused(answer)) == (401, "not_logged_in")
    assert refused(desk["op1"].get(f"{desk.at}/events")) == "not_logged_in"


def test_a_role_that_was_taken_counts_from_the_next_request_on(desk: Desk) -> None:
    user = desk.people["op1"].user
    given = desk["owner"].post(
        f"{desk.at}/grants", json={"user": str(desk.people["observer"].user), "role": "operator"}
    )
    assert given.status_code == 200, given.text
    assert desk.wish("observer", PROMPT).status_code == 200
    assert desk["owner"].delete(f"{desk.at}/grants/{user}/operator").status_code == 200
    for answer in (desk.wish("op1", PROMPT), desk["op1"].get(f"{desk.at}/events")):
        assert (answer.status_code, refused(answer)) == (404, "not_found")


def test_grants_are_listed_for_those_who_manage_them(desk: Desk) -> None:
    until = 4_000_000_000_000_000
    user = str(desk.people["op2"].user)
    wish = {"user": user, "role": "moderator", "until": until}
    key = {"Idempotency-Key": str(uuid4())}
    first = desk["owner"].post(f"{desk.at}/grants", json=wish, headers=key)
    again = desk["owner"].post(f"{desk.at}/grants", json=wish, headers=key)
    assert (first.json()["replayed"], again.json()["replayed"]) == (False, True)
    rows = desk["owner"].get(f"{desk.at}/grants").json()["grants"]
    found = [row for row in rows if row["user"]["id"] == user and row["role"] == "moderator"]
    assert found == [
        {
            "role": "moderator",
            "until": until,
            "user": {"id": user, "name": "op2", "kind": "person"},
            "group": None,
            "by": "owner",
        }
    ]
    answer = desk["op1"].get(f"{desk.at}/grants")
    assert (answer.status_code, refused(answer)) == (403, "forbidden")
    assert refused(desk["op1"].post(f"{desk.at}/grants", json=wish)) == "forbidden"
    assert refused(desk["owner"].delete(f"{desk.at}/grants/{user}/auditor")) == "no_grant"
    king = wish | {"role": "king"}
    assert refused(desk["owner"].post(f"{desk.at}/grants", json=king)) == "invalid"


def known(desk: Desk) -> str:
    """Make the stranger a guest of another session: only people of a workspace are given roles."""
    user = User.objects.get(id=desk.people["stranger"].user)
    grants.give(user, new_session(Workspace.objects.get(id=desk.scene.workspace)), "observer")
    return str(user.id)


def test_a_role_is_given_only_to_people_of_the_workspace(desk: Desk) -> None:
    stranger = {"user": str(desk.people["stranger"].user), "role": "observer"}
    for at in (f"workspaces/{desk.scene.workspace}/grants", f"{desk.at}/grants"):
        assert refused(desk["owner"].post(at, json=stranger)) == "no_person"
    known(desk)
    assert desk["owner"].post(f"{desk.at}/grants", json=stranger).status_code == 200


def test_a_role_on_a_workspace_holds_in_its_sessions(desk: Desk) -> None:
    at, user = f"workspaces/{desk.scene.workspace}/grants", known(desk)
    assert desk["owner"].post(at, json={"user": user, "role": "operator"}).status_code == 200
    assert desk.wish("stranger", PROMPT).status_code == 200
    rows = desk["owner"].get(at).json()["grants"]
    assert (user, "operator") in {(row["user"]["id"], row["role"]) for row in rows}
    assert desk["owner"].delete(f"{at}/{user}/operator").status_code == 200
    assert refused(desk.wish("stranger", PROMPT)) == "not_found"
    answer = desk["stranger"].get(at)
    assert (answer.status_code, refused(answer)) == (404, "no_workspace")


def test_participants_are_shown_with_all_their_roles(desk: Desk) -> None:
    op1 = User.objects.get(id=desk.people["op1"].user)
    grants.give(op1, Workspace.objects.get(id=desk.scene.workspace), "auditor")
    rows = desk["observer"].get(f"{desk.at}/participants").json()["participants"]
    assert [row["name"] for row in rows] == sorted(desk.scene.people)
    roles = {row["name"]: [(r["role"], r["on"]) for r in row["roles"]] for row in rows}
    assert roles["op1"] == [("auditor", "workspace"), ("operator", "session")]
    assert roles["agent"] == [("agent", "session")]


def test_events_are_paged_both_ways_without_a_gap(desk: Desk) -> None:
    for number in range(7):
        assert desk.wish("op1", {"type": "note.write", "text": str(number)}).status_code == 200
    at, end = f"{desk.at}/events", head(desk.scene.session)
    forth: list[Any] = []
    place = 0
    while place < end:
        page = desk["observer"].get(at, params={"after": place, "limit": 4}).json()
        assert (page["first"], page["head"]) == (place + 1, end)
        forth += page["events"]
        place = page["last"]
    assert [event["seq"] for event in forth] == list(range(1, end + 1))
    back: list[Any] = []
    before = end + 1
    while before > 1:
        page = desk["observer"].get(at, params={"before": before, "limit": 3}).json()
        assert page["last"] == before - 1
        back = page["events"] + back
        before = page["first"]
    assert back == forth
    newest = desk["observer"].get(at, params={"limit": 2}).json()["events"]
    assert newest == forth[-2:]
    assert desk["observer"].get(at, params={"after": end}).json()["events"] == []
    beyond = desk["observer"].get(at, params={"after": end + 5}).json()
    assert (beyond["events"], beyond["head"]) == ([], end)


def test_what_one_may_not_see_is_a_stub(desk: Desk) -> None:
    note = {"type": "note.write", "text": "among us", "visibility": "operators"}
    seq = desk.wish("op1", note).json()["seq"]
    pages = {
        name: desk[name].get(f"{desk.at}/events", params={"after": seq - 1}).json()["events"]
        for name in ("op2", "auditor", "observer")
    }
    assert pages["op2"][0]["body"] == {"text": "among us"} == pages["auditor"][0]["body"]
    (stub,) = pages["observer"]
    assert set(stub) == {"seq", "time", "digest", "stub"} and stub["stub"] is True


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("after=1&before=2", "invalid"),
        ("after=-1", "invalid"),
        ("after=x", "invalid"),
        ("limit=0", "invalid"),
        ("limit=501", "invalid"),
        ("after=99999999999999999999", "invalid"),
        ("since=1", "unknown_field"),
    ],
)
def test_a_wrong_page_is_refused(desk: Desk, query: str, name: str) -> None:
    assert refused(desk["op1"].get(f"{desk.at}/events?{query}")) == name


def test_the_state_at_a_place_is_the_fold_up_to_it(desk: Desk) -> None:
    before = head(desk.scene.session)
    seq = desk.wish("op1", PROMPT).json()["seq"]
    now = desk["observer"].get(f"{desk.at}/state").json()
    assert now["seq"] == seq == now["state"]["seq"]
    assert [prompt["text"] for prompt in now["state"]["queue"]] == ["Tidy the logs"]
    then = desk["observer"].get(f"{desk.at}/state", params={"seq": before}).json()
    assert (then["seq"], then["state"]["queue"]) == (before, [])
    assert desk["observer"].get(f"{desk.at}/state?seq=0").json()["state"]["status"] == "new"
    beyond = desk["observer"].get(f"{desk.at}/state", params={"seq": seq + 1})
    assert (beyond.status_code, refused(beyond)) == (404, "beyond")


def test_a_workspaces_record_is_for_its_auditors(desk: Desk) -> None:
    at = f"workspaces/{desk.scene.workspace}/events"
    assert desk["owner"].get(at).json()["events"][0]["type"] == "workspace.opened"
    assert refused(desk["stranger"].get(at)) == "no_workspace"
    path = f"workspaces/{desk.scene.workspace}/grants"
    desk["owner"].post(path, json={"user": known(desk), "role": "operator"})
    assert refused(desk["stranger"].get(at)) == "forbidden"


def test_a_session_is_renamed_and_closed(desk: Desk) -> None:
    assert desk["op1"].patch(desk.at, json={"title": "Better"}).status_code == 200
    assert desk["observer"].get(desk.at).json()["title"] == "Better"
    assert refused(desk["observer"].patch(desk.at, json={"title": "Mine"})) == "forbidden"
    assert refused(desk["op1"].patch(desk.at, json={"title": "Better"})) == "nothing_to_do"
    assert refused(desk["op1"].post(f"{desk.at}/close", json={})) == "forbidden"
    assert desk["owner"].post(f"{desk.at}/close", json={"reason": "done"}).status_code == 200
    assert desk["op1"].get(desk.at).json()["status"] == "closed"
    answer = desk.wish("op1", PROMPT)
    assert (answer.status_code, refused(answer)) == (409, "closed")


def test_a_script_approves_what_an_agent_asks_for(desk: Desk) -> None:
    attached = desk.wish("agent", {"type": "agent.attach", "runner": "r1"}).json()
    claim = _body(desk, attached["seq"])["claim"]
    prompt = uuid4()
    desk.wish("op1", PROMPT, prompt)
    run, approval = uuid4(), uuid4()
    desk.wish(
        "agent",
        {"type": "run.start", "claim": claim, "run_id": str(run), "prompts": [str(prompt)]},
    )
    request = {
        "approval_id": str(approval),
        "group_id": str(uuid4()),
        "agent_ref": {"protocol": "ag-ui"},
        "title": "Delete a file",
        "action": {"name": "delete", "args": {"path": "a.log"}},
    }
    asked = desk.wish(
        "agent",
        {"type": "approval.request", "claim": claim, "run_id": str(run), "requests": [request]},
    ).json()
    shown = _body(desk, asked["seq"])
    decision = {
        "type": "approval.decide",
        "approval_id": str(approval),
        "decision": "approve",
        "args_digest": shown["args_digest"],
        "shown_seq": asked["seq"],
    }
    assert desk.wish("op2", decision).status_code == 200
    late = desk.wish("op1", decision | {"decision": "reject"})
    assert (late.status_code, refused(late)) == (409, "already_decided")
    assert refused(desk.wish("agent", decision)) == "wrong_kind"


def _body(desk: Desk, seq: int) -> Any:
    page = desk["op1"].get(f"{desk.at}/events", params={"after": seq - 1, "limit": 1})
    return page.json()["events"][0]["body"]
