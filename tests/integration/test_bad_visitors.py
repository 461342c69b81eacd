"""Who has no credential that is in force, or no session that is theirs: all are answered alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker
from websockets.exceptions import InvalidStatus

from collab.core import frames
from collab.core.encodings import ENCODINGS, JSON, Encoding
from collab.models import Session
from permissions import grants, tokens
from permissions.models import Token, User
from tests.cluster import Cluster
from tests.loops import apart
from tests.page import Page, person
from tests.quiet import End, Quiet, end_of, wish
from tests.scene import Scene, make_scene, make_user
from tests.wire import Wire

SIGN_IN = End([], 4501, "not_signed_in")
NOWHERE = End([], 4504, "not_found")
JOIN = frames.encode(frames.Join())


def revoked(user: User) -> str:
    shown = tokens.make(user, "test", "operator")
    parsed = tokens.parse(shown)
    assert parsed and tokens.revoke(parsed[0])
    return shown


def expired(user: User) -> str:
    return tokens.make(user, "test", "operator", timezone.now() - timedelta(seconds=1))


def of_nobody(user: User) -> str:
    shown = tokens.make(user, "test", "operator")
    Token.objects.filter(user=user).delete()
    return shown


def inactive(user: User) -> str:
    User.objects.filter(id=user.id).update(is_active=False)
    return tokens.make(user, "test", "operator")


def with_another_secret(user: User) -> str:
    shown = tokens.make(user, "test", "operator")
    return shown[:-1] + ("A" if shown[-1] != "A" else "B")


@pytest.mark.parametrize("make", [revoked, expired, of_nobody, inactive, with_another_secret])
async def test_a_token_that_is_not_in_force_is_told_to_sign_in(
    quiet: Quiet, make: Callable[[User], str]
) -> None:
    token = await apart(lambda: make(make_user("gone")))
    headers = {"Authorization": f"Bearer {token}"}
    assert await end_of(quiet.worker, quiet.scene.session, headers=headers) == SIGN_IN


SHOWN = ["", "Bearer", "Bearer x", "Basic b3A6eA==", "Bearer ck_{0}_{1}", "Bearer {1}"]
UNSIGNED = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciJ9."
"""A token in another form, that says of itself that it is not signed."""


@pytest.mark.parametrize(
    "shown", [*SHOWN, UNSIGNED, "Bearer \u00ff\u00fe", "Bearer " + "x" * 4_000]
)
async def test_a_credential_that_is_none_is_told_to_sign_in(quiet: Quiet, shown: str) -> None:
    headers = {"Authorization": shown.format("0" * 32, "A" * 43)}
    assert await end_of(quiet.worker, quiet.scene.session, headers=headers) == SIGN_IN


async def test_without_any_credential_one_is_told_to_sign_in(quiet: Quiet) -> None:
    assert await end_of(quiet.worker, quiet.scene.session) == SIGN_IN


async def test_no_token_in_an_address_counts_or_is_written_down(quiet: Quiet) -> None:
    token = quiet.scene["op1"].token
    path = f"/ws/sessions/{quiet.scene.session}/?token={token}&authorization=Bearer%20{token}"
    assert await end_of(quiet.worker, quiet.scene.session, path=path) == SIGN_IN
    for worker in quiet.cluster.workers:
        assert token not in worker.log.read_text()


async def test_no_token_among_the_subprotocols_counts(quiet: Quiet) -> None:
    offered = (JSON.subprotocol, f"bearer.{quiet.scene['op1'].token}")
    assert await end_of(quiet.worker, quiet.scene.session, offered=offered) == SIGN_IN


@pytest.mark.parametrize("offered", ["cohelm.v2.json", "cohelm.v1", "COHELM.V1.JSON", "graphql-ws"])
async def test_who_speaks_no_encoding_of_ours_is_told_to_upgrade(
    quiet: Quiet, offered: str
) -> None:
    ended = await end_of(quiet.worker, quiet.scene.session, offered=(offered,))
    assert ended == End([], 4526, "upgrade")


@pytest.mark.parametrize("first", ENCODINGS.values(), ids=ENCODINGS)
async def test_the_first_encoding_that_is_known_is_spoken(quiet: Quiet, first: Encoding) -> None:
    wire = quiet.wire("op1", first)
    wire.offered = ("cohelm.v2.json", first.subprotocol, *ENCODINGS)
    async with wire:
        assert (await wire.join()).protocol == wire.socket.subprotocol == first.subprotocol


JOINS = [
    frames.Join(),
    frames.Join(from_start=True),
    frames.Join((1, 5, b"12345678")),
    frames.Join((9, 10**6, b"")),
]


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("join", JOINS)
async def test_a_session_of_others_and_none_at_all_answer_alike(
    quiet: Quiet, join: frames.Join, encoding: Encoding
) -> None:
    stranger = (await apart(make_scene))["owner"]
    bearer = {"Authorization": f"Bearer {stranger.token}"}
    sent = encoding.encode(join)
    theirs = await end_of(quiet.worker, quiet.scene.session, sent, headers=bearer)
    nothing = await end_of(quiet.worker, uuid4(), sent, headers=bearer)
    assert theirs == nothing == NOWHERE


async def test_what_is_no_session_answers_as_none_at_all(quiet: Quiet) -> None:
    bearer = {"Authorization": f"Bearer {quiet.scene['owner'].token}"}
    for other in (quiet.scene.workspace, quiet.scene.agent_id, quiet.scene["owner"].user):
        assert await end_of(quiet.worker, other, JOIN, headers=bearer) == NOWHERE


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
async def test_a_command_to_a_session_of_others_and_to_none_at_all_answer_alike(
    quiet: Quiet, encoding: Encoding
) -> None:
    stranger = (await apart(make_scene))["owner"]
    bearer = {"Authorization": f"Bearer {stranger.token}"}
    command = wish(type="note.write", text="x")[encoding is JSON]
    heard = set()
    for session in (quiet.scene.session, uuid4()) * 3:
        sent = (encoding.encode(frames.Join()), command)
        ended = await end_of(quiet.worker, session, *sent, headers=bearer)
        heard.add((tuple(ended.frames), ended.code, ended.reason))
    assert heard == {((), 4504, "not_found")}


@pytest.fixture(scope="module")
def cookie(cluster: Cluster, shared_scene: Scene, django_db_blocker: DjangoDbBlocker) -> str:
    """Give the cookies of somebody who signed in and may see the session."""
    with django_db_blocker.unblock(), Page(cluster[0].url) as page:
        user = person()
        grants.give(user, Session.objects.get(id=shared_scene.session), "operator")
        page.sign_in(user)
        return "; ".join(f"{name}={value}" for name, value in page.http.cookies.items())


async def test_a_cookie_and_a_token_together_are_neither(quiet: Quiet, cookie: str) -> None:
    token = quiet.scene["op1"].token
    headers = {"Authorization": f"Bearer {token}", "Cookie": cookie, "Origin": quiet.worker.url}
    assert await end_of(quiet.worker, quiet.scene.session, headers=headers) == SIGN_IN


ORIGINS = ["null", "https://{0}", "http://{0}.evil.example", "http://evil.example", "http://x:1"]


@pytest.mark.parametrize("origin", [*ORIGINS, ""])
async def test_a_cookie_from_another_origin_is_turned_away(
    quiet: Quiet, cookie: str, origin: str
) -> None:
    headers = {"Cookie": cookie}
    if origin:
        headers["Origin"] = origin.format(quiet.worker.url.removeprefix("http://"))
    with pytest.raises(InvalidStatus) as refused:
        await end_of(quiet.worker, quiet.scene.session, JOIN, headers=headers)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
async def test_a_cookie_from_our_own_origin_is_welcome(
    quiet: Quiet, cookie: str, encoding: Encoding
) -> None:
    ours = {"Cookie": cookie, "Origin": quiet.worker.url}
    async with Wire(quiet.worker.ws_url, quiet.scene.session, "", encoding, **ours) as wire:
        assert (await wire.join()).you.kind == "person"
