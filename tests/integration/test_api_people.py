"""The people of a workspace: who they are, their roles, and accounts switched off and on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from collab.models import Session, Workspace
from permissions import grants
from permissions.models import User
from tests.cluster import Cluster
from tests.estate import history, mask, new_session, new_workspace, principal
from tests.page import Page, person, refused
from tests.scene import make_scene

pytestmark = pytest.mark.usefixtures("database")


@dataclass
class House:
    """A workspace of this test alone, with people at their pages."""

    workspace: Workspace
    users: dict[str, User]
    pages: dict[str, Page]

    def path(self, user: str = "") -> str:
        where = f"/api/v1/workspaces/{self.workspace.id}/people"
        return f"{where}/{self.users[user].id}" if user else where

    def switch(self, by: str, user: str, active: bool = False) -> Any:
        return self.pages[by].post(self.path(user), {"active": active})

    def grants(self, user: str = "", role: str = "") -> str:
        where = f"/api/v1/workspaces/{self.workspace.id}/grants"
        return f"{where}/{self.users[user].id}/{role}" if user else where


@pytest.fixture
def house(cluster: Cluster, database: None) -> Iterator[House]:
    with ExitStack() as stack:
        workspace = Workspace.objects.get(id=make_scene().workspace)
        # The scene's own owner is no part of what is looked at here.
        workspace.role_grants.filter(role="owner").update(until="2000-01-01T00:00:00Z")
        users, pages = {}, {}
        for role in ("owner", "moderator", "observer"):
            users[role] = person(name=role)
            grants.give(users[role], workspace, role)
            pages[role] = stack.enter_context(Page(cluster[0].url)).sign_in(users[role])
        yield House(workspace, users, pages)


def test_who_looks_after_people_sees_them_with_roles_and_last_login(house: House) -> None:
    found = house.pages["moderator"].get(house.path()).json()["people"]
    assert [row["name"] for row in found] == ["moderator", "observer", "owner"]
    assert found[2]["roles"] == [{"role": "owner", "until": None, "by_group": False}]
    assert found[2]["last_login"] is not None
    assert refused(house.pages["observer"].get(house.path())) == "forbidden"


def test_who_was_let_into_single_sessions_only_is_told_of_apart(house: House) -> None:
    (session,) = Session.objects.filter(workspace=house.workspace)
    other = Session.objects.create(workspace=house.workspace, title="Another", status="open")
    guest, group = person(name="Guest"), Group.objects.create(name=f"g {uuid4().hex[:8]}")
    end = timezone.now() + timedelta(days=1)
    grants.give(guest, session, "observer", until=end)
    grants.give(guest, other, "commenter")
    guest.groups.add(group)
    grants.give(group, session, "observer")
    grants.give(person(name="Past"), other, "operator", until=timezone.now() - timedelta(days=1))
    grants.give(house.users["observer"], other, "operator")
    grants.give(person(name="Elsewhere"), new_session(new_workspace()), "operator")
    found = house.pages["moderator"].get(house.path()).json()
    assert "Guest" not in {row["name"] for row in found["people"]}
    mine = [row for row in found["guests"] if row["id"] == str(guest.id)]
    assert [(row["name"], row["active"]) for row in mine] == [("Guest", True)]
    assert [(one["title"], one["role"], one["until"]) for one in mine[0]["sessions"]] == [
        ("Another", "commenter", None),
        (session.title, "observer", None),
    ], "without an end, if it is held without one"
    names = {row["name"] for row in found["guests"]}
    assert not names & {"Past", "Elsewhere", "agent"}
    assert str(house.users["observer"].id) not in {row["id"] for row in found["guests"]}
    grants.give(guest, house.workspace, "observer")
    found = house.pages["moderator"].get(house.path()).json()
    assert str(guest.id) not in {row["id"] for row in found["guests"]}


def test_roles_are_given_and_taken_by_those_who_have_all_of_them(house: House) -> None:
    moderator, user = house.pages["moderator"], str(house.users["observer"].id)
    assert moderator.post(house.grants(), {"user": user, "role": "operator"}).status_code == 200
    assert refused(moderator.post(house.grants(), {"user": user, "role": "owner"})) == "above_you"
    assert refused(moderator.remove(house.grants("owner", "owner"))) == "above_you"
    assert moderator.remove(house.grants("observer", "operator")).status_code == 200
    stranger = str(person(name="stranger").id)
    refusal = refused(moderator.post(house.grants(), {"user": stranger, "role": "observer"}))
    assert refusal == "no_person"


def test_a_role_that_was_given_in_the_admin_can_be_taken_here(house: House) -> None:
    owner = house.pages["owner"]
    assert owner.remove(house.grants("observer", "observer")).status_code == 200
    assert not mask(house.workspace.id, principal(house.users["observer"])).permissions


def test_the_last_owner_stays(house: House) -> None:
    owner = house.pages["owner"]
    assert refused(owner.remove(house.grants("owner", "owner"))) == "last_owner"
    ends = {"user": str(house.users["owner"].id), "role": "owner", "until": 2**52}
    assert refused(owner.post(house.grants(), ends)) == "last_owner"


def test_who_is_switched_off_is_out_and_comes_back_when_switched_on(house: House) -> None:
    observer = house.users["observer"]
    assert house.switch("owner", "observer").status_code == 200
    assert refused(house.pages["observer"].get("/api/v1/me")) == "not_logged_in"
    assert history(house.workspace.id)[-1]["person"] == house.users["owner"].id
    rows = house.pages["owner"].get(house.path()).json()["people"]
    assert [row["active"] for row in rows if row["id"] == str(observer.id)] == [False]
    assert house.switch("owner", "observer", active=True).status_code == 200
    assert house.pages["observer"].get("/api/v1/me").status_code == 200


def test_who_may_not_be_switched_off_is_said_in_a_sentence(house: House) -> None:
    assert refused(house.switch("moderator", "observer")) == "forbidden"
    assert refused(house.switch("owner", "owner")) == "yourself"
    grants.give(house.users["observer"], new_workspace(), "observer")
    assert refused(house.switch("owner", "observer")) == "elsewhere"
    User.objects.filter(id=house.users["moderator"].id).update(is_superuser=True)
    assert refused(house.switch("owner", "moderator")) == "administers"
    house.users["nobody"] = person(name="nobody")
    assert refused(house.switch("owner", "nobody")) == "no_person"


def test_of_two_owners_who_switch_each_other_off_one_stays(house: House) -> None:
    grants.give(house.users["moderator"], house.workspace, "owner")
    pairs = [("owner", "moderator"), ("moderator", "owner")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pair: house.switch(*pair), pairs))
    assert sorted(answer.status_code for answer in answers)[0] == 200
    active = User.objects.filter(id__in=[house.users[name].id for name, _ in pairs], is_active=True)
    assert active.count() == 1
