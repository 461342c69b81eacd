"""Every way by which somebody can lose access, as something that a test can prepare and do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as DjangoSession
from django.utils import timezone
from guardian.shortcuts import remove_perm

from collab.core import commands as c
from collab.models import Session, Workspace
from permissions import grants, tokens
from permissions.models import (
    Login,
    RoleGrant,
    SessionGroupPermission,
    SessionUserPermission,
    Token,
    User,
    WorkspaceUserPermission,
)
from tests import loops, revoking_sql
from tests import victims as v
from tests.office import Office
from tests.page import PASSWORD, Page, person
from tests.scene import submitted
from tests.victims import ROLE, Prepare, Victim
from tests.wire import Wire

SOON = timedelta(seconds=0.6)
"""How soon what ends by time ends."""

Revoke = Callable[[Victim], Awaitable[datetime | None]]
"""Take access away; where it ends later by itself, say when."""

Way = tuple[Prepare, Revoke]


def rows(change: Callable[[Victim], Any]) -> Revoke:
    """Make a change with the ORM or over HTTP, which wait, in a thread."""

    async def revoke(victim: Victim) -> None:
        await loops.apart(lambda: change(victim))

    return revoke


def sql(*statements: str) -> Revoke:
    """Make a change past all code, in one transaction."""
    return rows(lambda victim: revoking_sql.run(statements, victim.ids))


def soon(table: Any) -> Revoke:
    """Let a person's rows of a table end soon, by the time that they carry."""

    async def revoke(victim: Victim) -> datetime:
        until = timezone.now() + SOON
        await loops.apart(lambda: table.objects.filter(user=victim.user).update(until=until))
        return until

    return revoke


async def taken_by_the_owner(victim: Victim) -> None:
    """Have an owner take the role, on a socket."""
    scene = victim.scene
    async with Wire(victim.cluster[0].ws_url, scene.session, scene["owner"].token) as owner:
        await owner.join()
        await owner.do(c.GrantTake(victim.user, ROLE))


async def left(victim: Victim) -> None:
    """Have the person leave, in another tab; the answer may come or not, since access is over."""
    worker = victim.cluster[0]
    async with Wire(worker.ws_url, victim.scene.session, victim.token) as tab:
        await tab.join()
        await tab.send(c.ParticipantLeave())
        await tab.until(lambda: tab.closed)


def taken_on_the_workspace(victim: Victim) -> None:
    """Have the workspace's owner take the role there, by a command to its log."""
    scene = victim.scene
    wish = c.GrantTake(victim.user, ROLE)
    loops.alone(submitted(scene.workspace, scene["owner"], wish))


@cache
def office(url: str) -> Office:
    """Give the admin's pages of a worker, with a superuser signed in."""
    desk = Office(url)
    desk.get("/api/v1/me")
    desk.sign_in(person(is_staff=True, is_superuser=True))
    return desk


def admin(use: Callable[[Office, Victim], object]) -> Revoke:
    """Make a change on the admin's pages."""
    return rows(lambda victim: use(office(victim.cluster[0].url), victim))


def the(table: Any, victim: Victim) -> Any:
    """Give the key of a person's only row in a table."""
    return table.objects.get(user=victim.user).pk


def user_form(victim: Victim, **changed: object) -> dict[str, object]:
    """Fill in a user's form as it stands, but for what is changed."""
    user = victim.row
    stands = {"username": user.username, "name": user.name, "kind": user.kind, "email": ""}
    groups = [group.pk for group in user.groups.all()]
    return {**stands, "is_active": "on", "groups": groups, **changed}


def saved_form(desk: Office, victim: Victim, **changed: object) -> None:
    """Save a user's form."""
    fields = user_form(victim, **changed)
    said = {name: value for name, value in fields.items() if value is not None}
    desk.submit(f"/admin/permissions/user/{victim.user}/change/", said)


def ended_form(desk: Office, victim: Victim) -> None:
    """Give a role an end that has passed, on its form."""
    grant = the(RoleGrant, victim)
    fields = {"user": victim.user, "session": victim.scene.session, "role": ROLE}
    past = {"until_0": "2020-01-01", "until_1": "00:00:00"}
    desk.submit(f"/admin/permissions/rolegrant/{grant}/change/", fields | past)


def new_password(desk: Office, victim: Victim) -> None:
    """Give somebody a password, on its form."""
    path = f"/admin/permissions/user/{victim.user}/password/"
    desk.submit(path, {"password1": PASSWORD, "password2": PASSWORD})


def signed_out(victim: Victim) -> None:
    """Sign out in another tab."""
    worker = victim.cluster[0]
    with Page(worker.url) as page:
        page.http.cookies.set(settings.SESSION_COOKIE_NAME, victim.key)
        page.get("/api/v1/me")
        assert page.post("/api/v1/logout").status_code < 300


def disabled(victim: Victim) -> None:
    """Disable a user as code does."""
    user = victim.row
    user.is_active = False
    user.save()


def password_changed(victim: Victim) -> None:
    """Change a password as code does."""
    user = victim.row
    user.set_password("battery staple horse")
    user.save()


def of(table: Any, victim: Victim) -> Any:
    """Give somebody's rows of a table."""
    return table.objects.filter(user=victim.user)


def same(model: type[Session | Workspace], key: Any) -> Any:
    """Give one object as a queryset, which guardian's bulk functions take."""
    return model.objects.filter(id=key)


COMMANDS: dict[str, Way] = {
    "taken by the owner": (v.by_log, taken_by_the_owner),
    "left": (v.by_log, left),
    "taken on the workspace": (v.by_log_of_workspace, rows(taken_on_the_workspace)),
}
ADMIN: dict[str, Way] = {
    "grant deleted": (
        v.given,
        admin(lambda o, x: o.delete("permissions/rolegrant", the(RoleGrant, x))),
    ),
    "grants chosen and deleted": (
        v.given,
        admin(lambda o, x: o.act("permissions/rolegrant", "delete_selected", the(RoleGrant, x))),
    ),
    "grant ended": (v.given, admin(ended_form)),
    "user disabled": (v.given, admin(lambda o, x: saved_form(o, x, is_active=None))),
    "out of the group": (v.by_group, admin(lambda o, x: saved_form(o, x, groups=None))),
    "group deleted": (v.by_group, admin(lambda o, x: o.delete("auth/group", x.group))),
    "token revoked": (
        v.given,
        admin(lambda o, x: o.act("permissions/token", "revoke", the(Token, x))),
    ),
    "login ended": (
        v.signed_in,
        admin(lambda o, x: o.act("permissions/login", "end", the(Login, x))),
    ),
    "password changed": (v.signed_in, admin(new_password)),
}
CODE: dict[str, Way] = {
    "role taken": (v.given, rows(lambda x: grants.take(x.row, x.session, ROLE))),
    "role of the workspace taken": (
        v.by_workspace,
        rows(lambda x: grants.take(x.row, x.workspace, ROLE)),
    ),
    "role of the group taken": (v.by_group, rows(lambda x: grants.take(x.team, x.session, ROLE))),
    "grants deleted in bulk": (v.given, rows(lambda x: of(RoleGrant, x).delete())),
    "grants ended in bulk": (
        v.given,
        rows(lambda x: of(RoleGrant, x).update(until=timezone.now())),
    ),
    "user disabled": (v.given, rows(disabled)),
    "users disabled in bulk": (
        v.given,
        rows(lambda x: User.objects.filter(id=x.user).update(is_active=False)),
    ),
    "user deleted": (v.given, rows(lambda x: x.row.delete())),
    "groups cleared": (v.by_group, rows(lambda x: x.row.groups.clear())),
    "put out of the group": (v.by_group, rows(lambda x: x.team.user_set.remove(x.row))),
    "group deleted": (v.by_group, rows(lambda x: x.team.delete())),
    "groups deleted in bulk": (
        v.by_group_of_workspace,
        rows(lambda x: Group.objects.filter(id=x.group).delete()),
    ),
}
GUARDIAN: dict[str, Way] = {
    "of a user": (v.given, rows(lambda x: remove_perm("view", x.row, x.session))),
    "of a group": (v.by_group, rows(lambda x: remove_perm("view", x.team, x.session))),
    "of the workspace": (v.by_workspace, rows(lambda x: remove_perm("view", x.row, x.workspace))),
    "on many sessions": (
        v.given,
        rows(lambda x: remove_perm("view", x.row, same(Session, x.scene.session))),
    ),
    "on many workspaces, of a group": (
        v.by_group_of_workspace,
        rows(lambda x: remove_perm("view", x.team, same(Workspace, x.scene.workspace))),
    ),
    "of many users": (
        v.given,
        rows(lambda x: remove_perm("view", User.objects.filter(id=x.user), x.session)),
    ),
    "rows deleted in bulk": (v.given, rows(lambda x: of(SessionUserPermission, x).delete())),
    "rows ended in bulk": (
        v.given,
        rows(lambda x: of(SessionUserPermission, x).update(until=timezone.now())),
    ),
    "a group's rows deleted in bulk": (
        v.by_group,
        rows(lambda x: SessionGroupPermission.objects.filter(group=x.group).delete()),
    ),
}
CREDENTIALS: dict[str, Way] = {
    "token revoked": (v.given, rows(lambda x: tokens.revoke(the(Token, x)))),
    "token deleted": (v.given, rows(lambda x: of(Token, x).delete())),
    "signed out": (v.signed_in, rows(signed_out)),
    "session of the browser flushed": (v.signed_in, rows(lambda x: SessionStore(x.key).flush())),
    "session of the browser deleted": (
        v.signed_in,
        rows(lambda x: DjangoSession.objects.filter(session_key=x.key).delete()),
    ),
    "password changed": (v.signed_in, rows(password_changed)),
}
TIME: dict[str, Way] = {
    "of a role": (v.given, soon(RoleGrant)),
    "of a role on the workspace": (v.by_workspace, soon(RoleGrant)),
    "of permissions": (v.given, soon(SessionUserPermission)),
    "of permissions on the workspace": (v.by_workspace, soon(WorkspaceUserPermission)),
    "of a token": (v.given, soon(Token)),
    "of a login": (v.signed_in, soon(Login)),
}

WAYS: dict[str, dict[str, Way]] = {
    "by command": COMMANDS,
    "in the admin": ADMIN,
    "by our own code": CODE,
    "by guardian": GUARDIAN,
    "by SQL on grants": {
        name: (prepare, sql(*said)) for name, (prepare, said) in revoking_sql.GRANTS.items()
    },
    "by SQL on people": {
        name: (prepare, sql(*said)) for name, (prepare, said) in revoking_sql.PEOPLE.items()
    },
    "by SQL on credentials": {
        name: (prepare, sql(*said)) for name, (prepare, said) in revoking_sql.CREDENTIALS.items()
    },
    "by moving the session": {
        name: (prepare, sql(*said)) for name, (prepare, said) in revoking_sql.MOVED.items()
    },
    "by a credential's end": CREDENTIALS,
    "by time": TIME,
}
"""Each way to lose access, in groups: how one has it, and how one loses it."""
