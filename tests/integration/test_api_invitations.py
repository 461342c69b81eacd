"""Invitations over HTTP: who makes links, what a link tells, and who comes in by one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from collab.models import Workspace
from permissions import grants
from permissions.models import Invitation, User
from permissions.roles import ROLES
from tests.cluster import Cluster
from tests.estate import mask, principal
from tests.page import PASSWORD, Page, person, refused
from tests.scene import Scene, make_scene

pytestmark = pytest.mark.usefixtures("database")

WHERE = "/api/v1/invitations"


@dataclass
class Door:
    """A workspace with people at their pages, and workers that strangers can come to."""

    scene: Scene
    cluster: Cluster
    users: dict[str, User]
    pages: dict[str, Page]
    stack: ExitStack

    def stranger(self, worker: int = 0) -> Page:
        """Open a browser in which nobody is signed in."""
        return self.stack.enter_context(Page(self.cluster[worker].url))

    def invite(self, who: str = "owner", **wish: Any) -> httpx.Response:
        place = {} if "session_id" in wish else {"workspace_id": str(self.scene.workspace)}
        return self.pages[who].post(WHERE, {"role": "operator", **place} | wish)

    def token(self, who: str = "owner", **wish: Any) -> str:
        """Invite, and give what the link carries."""
        answer = self.invite(who, **wish)
        assert answer.status_code == 201, answer.text
        base, _, token = str(answer.json()["link"]).partition("#")
        assert base == f"{self.cluster[0].url}/invitation"
        return token


@pytest.fixture(scope="module")
def door(cluster: Cluster, django_db_blocker: Any) -> Iterator[Door]:
    with django_db_blocker.unblock(), ExitStack() as stack:
        scene = make_scene()
        users = {role: person(name=role) for role in ("owner", "moderator", "operator")}
        users["stranger"] = person(name="stranger")
        workspace = Workspace.objects.get(id=scene.workspace)
        for role in ("owner", "moderator", "operator"):
            grants.give(users[role], workspace, role)
        pages = {name: stack.enter_context(Page(cluster[0].url)) for name in users}
        for name, page in pages.items():
            page.sign_in(users[name])
        yield Door(scene, cluster, users, pages, stack)


def account(token: str) -> dict[str, str]:
    name = f"nia-{uuid4().hex[:10]}"
    return {"token": token, "username": name, "name": "Nia", "password": PASSWORD}


def test_somebody_without_an_account_signs_up_and_has_the_role(door: Door) -> None:
    page, form = door.stranger(1), account(door.token(name="Nia"))
    shown = page.post(f"{WHERE}/look", {"token": form["token"]}).json()
    assert (shown["role"], shown["name"], shown["made_by"]) == ("operator", "Nia", "owner")
    assert shown["workspace"]["id"] == str(door.scene.workspace)
    answer = page.post(f"{WHERE}/signup", form)
    assert answer.status_code == 201, answer.text
    me = page.get("/api/v1/me").json()
    assert (me["username"], me["workspaces"][0]["roles"]) == (form["username"], ["operator"])
    user = User.objects.get(username=form["username"])
    assert not (user.is_staff or user.is_superuser)
    assert mask(door.scene.session, principal(user)).permissions == ROLES["operator"]


def test_an_invitation_to_a_session_leads_there_and_nowhere_else(door: Door) -> None:
    session = str(door.scene.session)
    page, form = door.stranger(), account(door.token(session_id=session, role="commenter"))
    answer = page.post(f"{WHERE}/signup", form).json()
    assert (answer["session_id"], answer["me"]["workspaces"]) == (session, [])
    rows = page.get("/api/v1/sessions").json()["sessions"]
    assert [(row["id"], row["roles"]) for row in rows] == [(session, ["commenter"])]


def test_somebody_who_is_signed_in_gets_the_role_on_their_own_account(door: Door) -> None:
    page = door.pages["stranger"]
    token = door.token(role="observer")
    for _ in range(2):  # an answer that was lost on the way is asked for again
        answer = page.post(f"{WHERE}/accept", {"token": token})
        assert answer.status_code == 200, answer.text
    assert (
        mask(door.scene.workspace, principal(door.users["stranger"])).permissions
        == (ROLES["observer"])
    )


def test_of_two_who_come_at_once_one_gets_in_and_the_other_reads_why(door: Door) -> None:
    token = door.token()
    forms = [account(token), account(token)]
    pages = [door.stranger(0), door.stranger(1)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda pair: pair[0].post(f"{WHERE}/signup", pair[1]),
                zip(pages, forms, strict=True),
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201, 404]
    (lost,) = [answer for answer in answers if answer.status_code == 404]
    assert refused(lost) == "no_invitation"
    assert lost.json()["sentence"].endswith("Ask for a new one.")
    names = [form["username"] for form in forms]
    assert User.objects.filter(username__in=names).count() == 1


@pytest.mark.parametrize("why", ["used", "withdrawn", "over", "forged", "cut", "nonsense"])
def test_a_link_that_does_not_work_says_why_and_makes_no_account(door: Door, why: str) -> None:
    token = door.token()
    row = Invitation.objects.latest("made_at")
    match why:
        case "used":
            door.stranger().post(f"{WHERE}/signup", account(token))
        case "withdrawn":
            door.pages["owner"].remove(f"{WHERE}/{row.id}")
        case "over":
            past = timezone.now() - timedelta(seconds=1)
            Invitation.objects.filter(id=row.id).update(until=past)
        case "forged":
            token = token[:-43] + "A" * 43
        case "cut":
            token = token[:-1]
        case _:
            token = "\u0000\ud7ff"
    before, page = User.objects.count(), door.stranger()
    answers = [
        page.post(f"{WHERE}/look", {"token": token}),
        page.post(f"{WHERE}/signup", account(token)),
        door.pages["stranger"].post(f"{WHERE}/accept", {"token": token}),
    ]
    expected = {"used": "no_invitation", "withdrawn": "no_invitation", "over": "no_invitation"}
    wanted = {"nonsense": {"invalid_text"}}.get(why, {expected.get(why, "wrong_link")})
    assert {refused(answer) for answer in answers} == wanted
    assert User.objects.count() == before


def test_what_somebody_may_not_give_is_refused(door: Door) -> None:
    assert refused(door.invite("moderator", role="owner")) == "above_you"
    assert refused(door.invite("moderator", role="auditor")) == "above_you"
    assert refused(door.invite("operator", role="observer")) == "forbidden"
    assert refused(door.invite(role="agent")) == "invalid"
    assert refused(door.invite(role="king")) == "invalid"
    assert refused(door.invite(days=0)) == "invalid"
    assert refused(door.invite(days=366)) == "invalid"
    assert refused(door.invite(session_id=str(door.scene.session), workspace_id=str(uuid4()))) == (
        "invalid"
    )


def test_a_place_that_is_not_yours_and_one_that_is_not_there_look_the_same(door: Door) -> None:
    stranger = door.stranger().sign_in(person(name="nobody"))
    for field, there in (
        ("workspace_id", door.scene.workspace),
        ("session_id", door.scene.session),
    ):
        answers = [
            stranger.post(WHERE, {"role": "observer", field: str(place)})
            for place in (there, uuid4())
        ]
        assert answers[0].content == answers[1].content
        refused(answers[0])
    door.token()
    row = Invitation.objects.latest("made_at")
    answers = [stranger.remove(f"{WHERE}/{key}") for key in (row.id, uuid4())]
    assert answers[0].content == answers[1].content


def test_open_invitations_are_listed_and_the_secret_is_not(door: Door) -> None:
    token = door.token(name="For the list", role="commenter")
    secret = token.rpartition("_")[2]
    asked = f"{WHERE}?workspace={door.scene.workspace}"
    answer = door.pages["moderator"].get(asked)
    first = answer.json()["invitations"][0]
    assert (first["name"], first["role"], first["made_by"]) == (
        "For the list",
        "commenter",
        "owner",
    )
    assert secret not in answer.text
    assert refused(door.pages["operator"].get(asked)) == "forbidden"
    assert door.pages["moderator"].remove(f"{WHERE}/{first['id']}").status_code == 200
    again = door.pages["moderator"].get(asked).json()["invitations"]
    assert first["id"] not in [row["id"] for row in again]


def test_a_token_cannot_accept_for_its_holder(door: Door) -> None:
    bearer = {"Authorization": f"Bearer {door.scene['op1'].token}"}
    with httpx.Client(base_url=door.cluster[0].url, headers=bearer, trust_env=False) as program:
        answer = program.post(f"{WHERE}/accept", json={"token": door.token()})
    assert refused(answer) == "login_needed"


def test_a_weak_password_or_a_taken_name_leaves_the_link_usable(door: Door) -> None:
    form, page = account(door.token()), door.stranger()
    assert refused(page.post(f"{WHERE}/signup", form | {"password": "12345678"})) == "weak_password"
    taken = form | {"username": door.users["owner"].username}
    assert refused(page.post(f"{WHERE}/signup", taken)) == "username_taken"
    assert page.post(f"{WHERE}/signup", form).status_code == 201
