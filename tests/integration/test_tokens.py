"""Tokens: what they let through, where, until when, and who makes and ends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from collab.core import commands as c
from collab.core.codes import Close
from collab.models import Workspace
from permissions import grants, tokens
from permissions.masks import TOKEN, Principal
from permissions.models import Token, User
from permissions.roles import ROLES, Permission
from tests.cluster import Cluster
from tests.estate import history, mask, new_session, sql, version
from tests.loops import apart
from tests.page import Page, person, refused
from tests.polling import until
from tests.scene import Scene, make_scene
from tests.wire import Wire

pytestmark = pytest.mark.usefixtures("database")

WHERE = "/api/v1/tokens"


def made(scene: Scene, who: str = "owner", **limits: Any) -> tuple[str, Principal]:
    user = User.objects.get(id=scene[who].user)
    text = tokens.make(user, "test", "personal", **limits)
    key = tokens.parse(text)
    assert key
    return text, Principal(user.id, TOKEN, key[0])


# what a token lets through


def test_a_token_for_reading_lets_its_owner_see_and_nothing_else(scene: Scene) -> None:
    _, full = made(scene)
    _, reading = made(scene, scope="read")
    for log in (scene.session, scene.workspace):
        assert mask(log, full).permissions == ROLES["owner"]
        assert mask(log, reading).permissions == Permission.VIEW


def test_a_token_for_reading_gives_nobody_what_they_cannot_see(scene: Scene) -> None:
    _, reading = made(scene, "op1", scope="read")
    assert not mask(scene.workspace, reading).permissions


def test_a_scope_that_is_not_known_lets_nothing_through(scene: Scene) -> None:
    _, odd = made(scene)
    # As a newer version might write it, whose scopes this one does not know.
    constraint = "ALTER TABLE permissions_token {} CONSTRAINT permissions_token_scope"
    owner = settings.LOG_OWNER_DSN
    sql(constraint.format("DROP"), dsn=owner)
    try:
        sql("UPDATE permissions_token SET scope = 'drive' WHERE id = %s", odd.auth_id)
        assert not mask(scene.session, odd).permissions
    finally:
        sql("UPDATE permissions_token SET scope = 'full' WHERE id = %s", odd.auth_id)
        sql(constraint.format("ADD") + " CHECK (scope IN ('full', 'read'))", dsn=owner)


def test_a_token_for_one_session_is_nobody_elsewhere(scene: Scene) -> None:
    sibling = new_session(Workspace.objects.get(id=scene.workspace))
    _, here = made(scene, session=scene.session)
    assert mask(scene.session, here).permissions == ROLES["owner"]
    assert not mask(sibling.id, here).permissions
    assert not mask(scene.workspace, here).permissions


def test_a_token_for_one_workspace_is_nobody_in_another(scene: Scene) -> None:
    other = make_scene()
    user = User.objects.get(id=scene["owner"].user)
    grants.give(user, Workspace.objects.get(id=other.workspace), "owner")
    _, here = made(scene, workspace=scene.workspace)
    for log in (scene.session, scene.workspace):
        assert mask(log, here).permissions == ROLES["owner"]
    for log in (other.session, other.workspace):
        assert not mask(log, here).permissions


def test_narrowing_a_token_moves_the_version_and_using_it_does_not(scene: Scene) -> None:
    _, token = made(scene)
    before = version(scene.session)
    sql("UPDATE permissions_token SET last_used_at = now() WHERE id = %s", token.auth_id)
    assert version(scene.session) == before
    sql("UPDATE permissions_token SET scope = 'read' WHERE id = %s", token.auth_id)
    assert version(scene.session) == before + 1
    changed = history(scene.session)[-1]
    assert (changed["old"][0]["scope"], changed["new"][0]["scope"]) == ("full", "read")


async def test_a_token_for_reading_reads_on_the_socket_and_drives_nothing(
    scene: Scene, cluster: Cluster
) -> None:
    text, _ = await apart(lambda: made(scene, scope="read"))
    async with (
        Wire(cluster[0].ws_url, scene.session, text) as reader,
        Wire(cluster[1].ws_url, scene.session, scene["op1"].token) as operator,
    ):
        assert (await reader.join()).you.permissions == ("view",)
        assert await reader.refused(c.NoteWrite("hello")) == "forbidden"
        assert await reader.refused(c.PromptQueue("go")) == "forbidden"
        await operator.join()
        reply = await operator.do(c.NoteWrite("from somebody else"))
        await reader.at(reply.seq)


async def test_a_token_that_is_revoked_ends_its_socket(scene: Scene, cluster: Cluster) -> None:
    text, principal = await apart(lambda: made(scene))
    async with Wire(cluster[0].ws_url, scene.session, text) as program:
        await program.join()
        await apart(lambda: tokens.revoke(UUID(str(principal.auth_id))))
        await program.until(lambda: program.closed)
        assert program.closed == Close.NOT_SIGNED_IN.number


# over HTTP


@pytest.fixture(scope="module")
def desk(cluster: Cluster, django_db_blocker: Any) -> Iterator[tuple[Scene, dict[str, Page]]]:
    with django_db_blocker.unblock(), ExitStack() as stack:
        scene, pages = make_scene(), {}
        workspace = Workspace.objects.get(id=scene.workspace)
        for role in ("owner", "operator"):
            user = person(name=role)
            grants.give(user, workspace, role)
            pages[role] = stack.enter_context(Page(cluster[0].url)).sign_in(user)
        yield scene, pages


Desk = tuple[Scene, dict[str, Page]]


def rows(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.get(WHERE).json()["tokens"]
    return found


def test_a_token_is_shown_once_and_works_until_it_is_revoked(desk: Desk, cluster: Cluster) -> None:
    page = desk[1]["operator"]
    wish = {"name": "my script", "scope": "read", "days": 30}
    answer = page.post(WHERE, wish)
    assert answer.status_code == 201, answer.text
    text, key = answer.json()["token"], answer.json()["id"]
    row = next(row for row in rows(page) if row["id"] == key)
    assert (row["name"], row["scope"], row["last_used_at"]) == ("my script", "read", None)
    assert text.startswith(row["prefix"])
    assert text.rpartition("_")[2] not in page.get(WHERE).text
    bearer = {"Authorization": f"Bearer {text}"}
    with httpx.Client(base_url=cluster[1].url, headers=bearer, trust_env=False) as program:
        me = program.get("/api/v1/me").json()
        assert [place["permissions"] for place in me["workspaces"]] == [["view"]]
        until(lambda: Token.objects.get(id=key).last_used_at, "its use was not written")
        assert page.remove(f"{WHERE}/{key}").status_code == 200
        assert refused(program.get("/api/v1/me")) == "not_logged_in"
    assert key not in [row["id"] for row in rows(page)]
    assert refused(page.remove(f"{WHERE}/{key}")) == "no_such_token"


def test_its_use_is_written_once_a_minute(scene: Scene, cluster: Cluster) -> None:
    text, principal = made(scene)
    bearer = {"Authorization": f"Bearer {text}"}
    token = Token.objects.filter(id=str(principal.auth_id))
    with httpx.Client(base_url=cluster[0].url, headers=bearer, trust_env=False) as program:
        program.get("/api/v1/me")
        until(lambda: token.get().last_used_at, "its use was not written")
        first = token.get().last_used_at
        with httpx.Client(base_url=cluster[1].url, headers=bearer, trust_env=False) as other:
            for client in (program, other, program, other):
                assert client.get("/api/v1/me").status_code == 200
    assert token.get().last_used_at == first


def test_who_manages_a_workspace_makes_tokens_for_its_agents(desk: Desk) -> None:
    scene, pages = desk
    wish = {"name": "deploy", "agent_id": str(scene.agent_id)}
    assert refused(pages["operator"].post(WHERE, wish)) == "no_such_agent"
    answer = pages["owner"].post(WHERE, wish)
    assert answer.status_code == 201, answer.text
    key = answer.json()["id"]
    assert str(Token.objects.get(id=key).user_id) == str(scene["agent"].user)
    assert key in [row["id"] for row in rows(pages["owner"])]
    assert key not in [row["id"] for row in rows(pages["operator"])]
    assert refused(pages["operator"].remove(f"{WHERE}/{key}")) == "no_such_token"
    assert pages["owner"].remove(f"{WHERE}/{key}").status_code == 200
    changed = history(scene.session)[-1]
    assert (changed["source"], changed["person"] is not None) == ("permissions_token", True)


def test_no_token_makes_or_ends_a_token(desk: Desk, cluster: Cluster) -> None:
    bearer = {"Authorization": f"Bearer {desk[0]['owner'].token}"}
    with httpx.Client(base_url=cluster[0].url, headers=bearer, trust_env=False) as program:
        answers = [
            program.get(WHERE),
            program.post(WHERE, json={"name": "more"}),
            program.delete(f"{WHERE}/{uuid4()}"),
        ]
    assert [refused(answer) for answer in answers] == ["login_needed"] * 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "invalid"),
        ({"scope": "drive"}, "invalid"),
        ({"days": 0}, "invalid"),
        ({"days": 367}, "invalid"),
        ({"hash": "x"}, "unknown_field"),
        ({"user_id": str(uuid4())}, "unknown_field"),
        ({"session_id": str(uuid4())}, "not_found"),
        ({"workspace_id": str(uuid4())}, "no_workspace"),
        ({"session_id": str(uuid4()), "workspace_id": str(uuid4())}, "invalid"),
        ({"agent_id": str(uuid4())}, "no_such_agent"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    desk: Desk, changes: dict[str, Any], code: str
) -> None:
    before = Token.objects.count()
    assert refused(desk[1]["owner"].post(WHERE, {"name": "x"} | changes)) == code
    assert Token.objects.count() == before


# by command


def command(*args: str) -> str:
    out = StringIO()
    call_command("token", *args, stdout=out)
    return out.getvalue()


def test_the_command_makes_lists_and_revokes_a_token(scene: Scene) -> None:
    user = User.objects.get(id=scene["op1"].user)
    text = command("add", user.username, "nightly", "--scope", "read", "--days", "3").strip()
    key = tokens.parse(text)
    assert key
    token = Token.objects.get(id=key[0])
    assert (token.scope, token.kind, bytes(token.hash)) == ("read", "personal", key[1])
    listed = command("list")
    assert f"{tokens.prefix(key[0])}  nightly of {user.username}, reading only, until" in listed
    assert text not in listed
    assert "is revoked" in command("revoke", f"ck_{key[0].hex}")
    with pytest.raises(CommandError, match="No token in force begins"):
        command("revoke", f"ck_{key[0].hex}")


def test_what_the_command_cannot_do_is_said_in_a_sentence(scene: Scene) -> None:
    with pytest.raises(CommandError, match="There is nobody called nobody"):
        command("add", "nobody", "x")
    with pytest.raises(CommandError, match="Several tokens begin with ck_"):
        command("revoke", "ck_")
