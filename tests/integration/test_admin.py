"""Django's admin: it gives and ends what grants are made of, and shows no event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import RequestFactory
from django.views.defaults import server_error

from permissions import grants
from permissions.models import RoleGrant, Token, User
from tests.cluster import Cluster
from tests.estate import Estate, history, mask, new_login, new_token, new_user, principal
from tests.office import Office
from tests.page import person

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def root() -> User:
    return person(is_staff=True, is_superuser=True)


@pytest.fixture
def office(cluster: Cluster, root: User) -> Iterator[Office]:
    with Office(cluster[0].url) as page:
        page.sign_in(root)
        yield page


def last(log: UUID) -> dict[str, object]:
    return history(log)[-1]


def test_a_role_is_given_and_taken_in_the_name_of_whoever_does_it(
    office: Office, root: User
) -> None:
    estate, user = Estate(), new_user()
    fields = {"user": user.id, "session": estate.session.id, "role": "operator"}
    office.submit("/admin/permissions/rolegrant/add/", fields)
    grant = RoleGrant.objects.get(user=user)
    assert grant.given_by == root
    assert user.has_perm("collab.drive", estate.session)
    assert last(estate.session.id)["person"] == root.id
    office.submit(f"/admin/permissions/rolegrant/{grant.id}/delete/", {"post": "yes"})
    assert not mask(estate.session.id, principal(user)).permissions
    assert last(estate.session.id)["person"] == root.id


def test_roles_chosen_in_the_list_are_taken_together(office: Office, root: User) -> None:
    estate, users = Estate(), [new_user() for _ in range(3)]
    ids = [str(grants.give(user, estate.session, "observer").id) for user in users]
    before = estate.versions()["session"]
    chosen = {"action": "delete_selected", "_selected_action": ids, "post": "yes"}
    office.submit("/admin/permissions/rolegrant/", chosen)
    assert not RoleGrant.objects.filter(session=estate.session).exists()
    assert estate.versions()["session"] > before
    assert last(estate.session.id)["person"] == root.id


def test_a_user_is_disabled_and_put_out_of_a_group(office: Office, root: User) -> None:
    estate, user, group = Estate(), new_user(), Group.objects.create(name=f"G {new_user().id}")
    user.groups.add(group)
    grants.give(group, estate.session, "operator")
    before = estate.versions()["session"]
    office.submit(
        f"/admin/permissions/user/{user.id}/change/",
        {"username": user.username, "name": "New", "kind": "person", "email": ""},
    )
    user.refresh_from_db()
    assert (user.name, user.is_active, user.groups.count()) == ("New", False, 0)
    assert estate.versions()["session"] == before + 2
    assert last(estate.session.id)["person"] == root.id


def test_nobody_is_made_an_agent_or_deleted(office: Office) -> None:
    user = new_user()
    fields = {"username": user.username, "name": "x", "kind": "agent", "is_active": "on"}
    office.submit(f"/admin/permissions/user/{user.id}/change/", fields)
    user.refresh_from_db()
    assert (user.name, user.kind) == ("x", "person")
    assert office.get(f"/admin/permissions/user/{user.id}/delete/").status_code == 403
    assert "delete_selected" not in office.get("/admin/permissions/user/").text


def test_a_new_user_is_made(office: Office) -> None:
    name = f"new-{new_user().id}"
    fields = {"username": name, "name": "New", "kind": "person", "usable_password": "false"}
    office.submit("/admin/permissions/user/add/", fields)
    assert User.objects.get(username=name).name == "New"


def test_a_token_is_shown_once_and_revoked(office: Office) -> None:
    user = new_user()
    fields = {"user": user.id, "name": "script", "kind": "operator", "scope": "full"}
    office.submit("/admin/permissions/token/add/", fields)
    listed = office.get("/admin/permissions/token/")
    shown = re.search(r"ck_[0-9a-f]{32}_[\w-]{43}", listed.text)
    assert shown
    said = office.http.get(
        "/api/v1/me", headers={"Authorization": f"Bearer {shown[0]}", "Cookie": ""}
    )
    assert said.json()["id"] == str(user.id)
    assert shown[0] not in office.get("/admin/permissions/token/").text
    token = Token.objects.get(user=user)
    chosen = {"action": "revoke", "_selected_action": str(token.id)}
    office.submit("/admin/permissions/token/", chosen)
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_login_is_ended(office: Office) -> None:
    user = person()
    login = new_login(user)
    office.submit("/admin/permissions/login/", {"action": "end", "_selected_action": str(login.id)})
    login.refresh_from_db()
    assert login.ended_at is not None


def test_every_page_of_the_admin_opens(office: Office) -> None:
    estate, user = Estate(), new_user()
    grants.give(user, estate.session, "observer")
    new_token(user)
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert office.get(path).status_code == 200, path
        assert office.http.get(f"{path}?q=x").status_code in (200, 302), path


def test_what_is_not_there_or_not_for_one_is_said_in_a_sentence_with_a_way_on(
    office: Office, cluster: Cluster
) -> None:
    missing = office.get("/admin/nowhere/")
    assert missing.status_code == 404
    assert "There is nothing at this address" in missing.text
    with Office(cluster[0].url) as stranger:
        stranger.sign_in(person(is_staff=True))
        shut = stranger.get(f"/admin/collab/session/{Estate().session.id}/events/")
    assert shut.status_code == 403
    assert "This page is not open to you" in shut.text
    broken = server_error(RequestFactory().get("/"))
    assert "Something went wrong here" in broken.content.decode()
    for page in (missing.text, shut.text, broken.content.decode()):
        assert 'href="/"' in page


def test_the_admin_is_called_by_its_products_name(office: Office) -> None:
    page = office.get("/admin/").text
    assert "Administration | Cohelm" in page
    assert "Django" not in page


def test_the_record_is_not_in_the_admin() -> None:
    names = {model._meta.db_table for model in admin.site._registry}
    assert not names & {"collab_event", "collab_head", "collab_aclhistory", "collab_snapshot"}
