"""Whatever changes who may do what moves acl_version, by whatever way, and keeps what changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from collab.models import Session
from permissions import grants, tokens
from permissions.models import Login, RoleGrant, SessionUserPermission, User
from tests.estate import Estate, history, new_login, new_token, new_user, sql

pytestmark = pytest.mark.usefixtures("database")

ROLES = "permissions_rolegrant"
ROWS = "permissions_sessionuserpermission"


def operator(estate: Estate) -> User:
    user = new_user()
    grants.give(user, estate.session, "operator")
    return user


def shared_with(user: User) -> Session:
    return Session.objects.get(role_grants__user=user)


def grouped(estate: Estate) -> tuple[User, Group]:
    user, group = new_user(), Group.objects.create(name=uuid4().hex)
    user.groups.add(group)
    grants.give(group, estate.session, "operator")
    return user, group


def test_a_role_given_moves_the_session_and_nothing_else() -> None:
    estate = Estate()
    before = estate.versions()
    operator(estate)
    assert estate.versions() == before | {"session": before["session"] + 1}


def test_a_role_on_a_workspace_moves_its_log_and_all_its_sessions() -> None:
    estate = Estate()
    before = estate.versions()
    grants.give(new_user(), estate.workspace, "observer")
    moved = {name: before[name] + 1 for name in ("workspace", "session", "sibling")}
    assert estate.versions() == before | moved


USER_ENDS: dict[str, Callable[[User], object]] = {
    "the role is taken": lambda u: grants.take(u, shared_with(u), "operator"),
    "the grant is deleted in bulk": lambda u: RoleGrant.objects.filter(user=u).delete(),
    "the grant is deleted by raw SQL": lambda u: sql(f"DELETE FROM {ROLES} WHERE user_id=%s", u.id),
    "the grant is made another role": lambda u: RoleGrant.objects.filter(user=u).update(
        role="observer"
    ),
    "the grant gets an end by raw SQL": lambda u: sql(
        f"UPDATE {ROLES} SET until = now() + interval '1 h' WHERE user_id=%s", u.id
    ),
    "guardian's rows are deleted in bulk": lambda u: SessionUserPermission.objects.filter(
        user=u
    ).delete(),
    "guardian's rows are deleted by raw SQL": lambda u: sql(
        f"DELETE FROM {ROWS} WHERE user_id=%s", u.id
    ),
    "one of guardian's rows gets an end": lambda u: sql(
        f"UPDATE {ROWS} SET until = now() WHERE user_id=%s AND permission_id = "
        "(SELECT min(permission_id) FROM permissions_sessionuserpermission WHERE user_id=%s)",
        u.id,
        u.id,
    ),
    "the user is disabled": lambda u: User.objects.filter(id=u.id).update(is_active=False),
    "the user is disabled by raw SQL": lambda u: sql(
        "UPDATE permissions_user SET is_active = false WHERE id=%s", u.id
    ),
    "the user becomes a superuser": lambda u: sql(
        "UPDATE permissions_user SET is_superuser = true WHERE id=%s", u.id
    ),
    "a token is revoked": lambda u: tokens.revoke(new_token(u).id),
    "a token gets an end by raw SQL": lambda u: (
        new_token(u),
        sql("UPDATE permissions_token SET until = now() WHERE user_id=%s", u.id),
    ),
    "a token is deleted": lambda u: new_token(u).delete(),
    "a login is ended": lambda u: (
        new_login(u),
        sql("UPDATE permissions_login SET ended_at = now() WHERE user_id=%s", u.id),
    ),
    "a login is deleted": lambda u: new_login(u).delete(),
    "the password is changed": lambda u: (
        new_login(u),
        sql("UPDATE permissions_user SET password = 'x' WHERE id=%s", u.id),
    ),
    "the user is deleted": lambda u: u.delete(),
}


@pytest.mark.parametrize("way", USER_ENDS)
def test_the_sessions_of_a_user_move_when(way: str) -> None:
    estate = Estate()
    user = operator(estate)
    before = estate.versions()
    USER_ENDS[way](user)
    after = estate.versions()
    assert after.pop("session") > before.pop("session")
    assert after == before


GROUP_ENDS: dict[str, Callable[[User, Group], object]] = {
    "the user leaves the group": lambda u, g: u.groups.remove(g),
    "the user's groups are cleared": lambda u, g: u.groups.clear(),
    "the group is emptied": lambda u, g: g.user_set.clear(),
    "the membership is deleted by raw SQL": lambda u, g: sql(
        "DELETE FROM permissions_user_groups WHERE user_id=%s", u.id
    ),
    "another joins the group": lambda u, g: new_user().groups.add(g),
    "the user is disabled": lambda u, g: User.objects.filter(id=u.id).update(is_active=False),
    "the user's token is revoked": lambda u, g: tokens.revoke(new_token(u).id),
    "the group's grant is deleted": lambda u, g: RoleGrant.objects.filter(group=g).delete(),
    "the group's rows are deleted by raw SQL": lambda u, g: sql(
        "DELETE FROM permissions_sessiongrouppermission WHERE group_id=%s", g.pk
    ),
    "the group is deleted": lambda u, g: g.delete(),
}


@pytest.mark.parametrize("way", GROUP_ENDS)
def test_the_sessions_of_a_group_move_when(way: str) -> None:
    estate = Estate()
    user, group = grouped(estate)
    before = estate.versions()
    GROUP_ENDS[way](user, group)
    after = estate.versions()
    assert after.pop("session") > before.pop("session")
    assert after == before


NOTHING_ENDS: dict[str, Callable[[User], object]] = {
    "somebody signs in": lambda u: User.objects.filter(id=u.id).update(last_login=timezone.now()),
    "a name changes": lambda u: User.objects.filter(id=u.id).update(name="New", email="a@b.c"),
    "a user is saved as it is": lambda u: u.save(),
    "a token is made": new_token,
    "a login begins": new_login,
    "a grant is saved as it is": lambda u: RoleGrant.objects.get(user=u).save(),
    "the same role is given again": lambda u: grants.give(u, shared_with(u), "operator"),
    "nothing matches": lambda u: sql(f"DELETE FROM {ROWS} WHERE user_id=%s", uuid4()),
}


@pytest.mark.parametrize("way", NOTHING_ENDS)
def test_nothing_moves_when(way: str) -> None:
    estate = Estate()
    user = operator(estate)
    before = estate.versions()
    NOTHING_ENDS[way](user)
    assert estate.versions() == before


def test_a_session_moves_when_it_goes_to_another_workspace() -> None:
    estate = Estate()
    before = estate.versions()
    estate.session.workspace = estate.elsewhere
    estate.session.save()
    assert estate.versions() == before | {"session": before["session"] + 1}


def test_one_statement_about_many_sessions_moves_each_of_them_once() -> None:
    estate = Estate()
    user = operator(estate)
    grants.give(user, estate.sibling, "operator")
    grants.give(user, estate.workspace, "observer")
    before = estate.versions()
    sql("UPDATE permissions_user SET is_active = false WHERE id = %s", user.id)
    moved = {name: before[name] + 1 for name in ("workspace", "session", "sibling")}
    assert estate.versions() == before | moved


def test_the_history_says_what_changed_who_did_it_and_as_which_role() -> None:
    estate = Estate()
    giver, user = new_user(), new_user()
    grants.give(user, estate.session, "observer", by=giver)
    sql("UPDATE permissions_user SET is_active = false WHERE id = %s", user.id)
    given, disabled = history(estate.session.id)
    assert given["source"] == ROWS
    assert given["old"] is None
    assert given["new"] == [
        {
            "user_id": str(user.id),
            "session_id": str(estate.session.id),
            "permission": "view",
            "until": None,
        }
    ]
    assert (given["person"], given["db_role"]) == (giver.id, "cohelm_app")
    assert (disabled["person"], disabled["acl_version"]) == (None, given["acl_version"] + 1)
    assert disabled["old"][0]["is_active"] is True
    assert disabled["new"][0]["is_active"] is False


def test_the_history_never_holds_a_secret() -> None:
    estate = Estate()
    user = operator(estate)
    tokens.revoke(new_token(user).id)
    new_login(user).delete()
    User.objects.filter(id=user.id).update(password="hashed", is_active=False)
    said = str(history(estate.session.id))
    assert not any(word in said for word in ("hash", "password", "session_key"))


def test_a_login_ends_with_the_session_that_django_keeps() -> None:
    user = new_user()
    store = SessionStore()
    store.create()
    until = timezone.now() + timedelta(hours=1)
    login = Login.objects.create(user=user, session_key=str(store.session_key), until=until)
    sql("DELETE FROM django_session WHERE session_key = %s", store.session_key)
    login.refresh_from_db()
    assert login.ended_at is not None


@pytest.mark.parametrize("change", ["expire_date = now()", "session_key = md5(session_key)"])
def test_a_login_ends_with_the_time_and_the_key_of_the_session_that_django_keeps(
    change: str,
) -> None:
    user = new_user()
    store = SessionStore()
    store.create()
    until = timezone.now() + timedelta(hours=1)
    login = Login.objects.create(user=user, session_key=str(store.session_key), until=until)
    sql(f"UPDATE django_session SET {change} WHERE session_key = %s", store.session_key)
    login.refresh_from_db()
    assert login.until <= timezone.now()


def test_a_login_lasts_no_longer_when_djangos_session_does() -> None:
    store = SessionStore()
    store.create()
    until = timezone.now() + timedelta(hours=1)
    login = Login.objects.create(user=new_user(), session_key=str(store.session_key), until=until)
    store.save()
    login.refresh_from_db()
    assert login.until == until


def test_guardians_rows_follow_the_role_and_its_end() -> None:
    estate, user = Estate(), new_user()
    soon = timezone.now() + timedelta(hours=1)
    grants.give(user, estate.session, "operator", until=soon)
    grants.give(user, estate.session, "observer")
    rows = SessionUserPermission.objects.filter(user=user)
    ends = {row.permission.codename: row.until for row in rows.select_related("permission")}
    assert ends.pop("view") is None
    assert set(ends) == {"comment", "suggest", "drive", "approve", "stop"}
    assert set(ends.values()) == {soon}
    grants.take(user, estate.session, "operator")
    assert [row.permission.codename for row in rows.all()] == ["view"]


@pytest.mark.parametrize("order", ["by hand first", "role first"])
def test_a_permission_given_by_hand_outlives_the_role(order: str) -> None:
    estate, user = Estate(), new_user()

    def by_hand() -> None:
        grants.give_permission("view", user, estate.session)

    def role() -> None:
        grants.give(user, estate.session, "operator")

    for step in (by_hand, role) if order == "by hand first" else (role, by_hand):
        step()
    grants.take(user, estate.session, "operator")
    assert user.has_perm("collab.view", estate.session)
    assert not user.has_perm("collab.drive", estate.session)
