"""Every way by which somebody can lose access, as something that a test can prepare and do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.auth.models import Group
from django.utils import timezone

from collab.core import commands as c
from collab.models import Session, Workspace
from permissions import grants, tokens
from permissions.models import RoleGrant, Token, User
from tests.cluster import Cluster
from tests.estate import sql
from tests.loops import apart
from tests.page import Page, person
from tests.scene import Scene, make_user
from tests.wire import Wire

SOON = timedelta(seconds=0.6)
"""How soon what ends by time ends."""


@dataclass
class Victim:
    """Somebody who may drive a session, and is about to lose that."""

    scene: Scene
    cluster: Cluster
    user: UUID
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    page: Page | None = None

    def wire(self) -> Wire:
        """Open a socket, to the second process."""
        worker = self.cluster[1]
        if not self.cookies:
            return Wire(worker.ws_url, self.scene.session, self.token)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return Wire(worker.ws_url, self.scene.session, Cookie=cookie, Origin=worker.url)

    @property
    def row(self) -> User:
        return User.objects.get(id=self.user)

    @property
    def session(self) -> Session:
        return Session.objects.get(id=self.scene.session)


Prepare = Callable[[Scene, Cluster], Victim]
Revoke = Callable[[Victim], datetime | None]
"""Take access away; where it ends later by itself, say when."""


def given(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role to the person."""
    user = make_user("victim")
    grants.give(user, Session.objects.get(id=scene.session), "operator")
    return Victim(scene, cluster, user.id, tokens.make(user, "test", "operator"))


def by_workspace(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role on the whole workspace."""
    user = make_user("victim")
    grants.give(user, Workspace.objects.get(id=scene.workspace), "operator")
    return Victim(scene, cluster, user.id, tokens.make(user, "test", "operator"))


def by_group(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role to a group that the person is in."""
    user, group = make_user("victim"), Group.objects.create(name=f"G {uuid4()}")
    user.groups.add(group)
    grants.give(group, Session.objects.get(id=scene.session), "operator")
    return Victim(scene, cluster, user.id, tokens.make(user, "test", "operator"))


def signed_in(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role to somebody who comes with a browser's cookie."""
    user = person(name="victim")
    grants.give(user, Session.objects.get(id=scene.session), "operator")
    page = Page(cluster[1].url)
    page.get("/api/v1/me")
    page.sign_in(user)
    return Victim(scene, cluster, user.id, cookies=dict(page.http.cookies), page=page)


def by_log(scene: Scene, cluster: Cluster) -> Victim:
    """Take somebody whose role the log itself gave."""
    return Victim(scene, cluster, scene["op2"].user, scene["op2"].token)


def role_taken_in_the_admin(victim: Victim) -> None:
    """Delete the grant on the admin's page."""
    root = person(is_staff=True, is_superuser=True)
    grant = RoleGrant.objects.get(user=victim.user, session=victim.scene.session)
    path = f"/admin/permissions/rolegrant/{grant.id}/delete/"
    with Page(victim.cluster[0].url) as page:
        page.sign_in(root)
        page.http.get(path)
        fields = {"post": "yes", "csrfmiddlewaretoken": page.http.cookies["csrftoken"]}
        answer = page.http.post(path, data=fields, headers={"Referer": path})
        assert answer.status_code == 302, answer.text[:500]


def role_taken_by_the_orm(victim: Victim) -> None:
    """Take the role as the server's own code does."""
    grants.take(victim.row, victim.session, "operator")


def role_taken_by_sql(victim: Victim) -> None:
    """Delete the grant past all code."""
    sql("DELETE FROM permissions_rolegrant WHERE user_id = %s", victim.user)


def permissions_taken_by_sql(victim: Victim) -> None:
    """Delete what the grant became, past all code."""
    sql("DELETE FROM permissions_sessionuserpermission WHERE user_id = %s", victim.user)


def workspace_role_taken(victim: Victim) -> None:
    """Take the role on the workspace."""
    grants.take(victim.row, Workspace.objects.get(id=victim.scene.workspace), "operator")


def user_disabled(victim: Victim) -> None:
    """Disable the user as the admin does."""
    user = victim.row
    user.is_active = False
    user.save()


def user_disabled_by_sql(victim: Victim) -> None:
    """Disable the user past all code."""
    sql("UPDATE permissions_user SET is_active = false WHERE id = %s", victim.user)


def token_revoked(victim: Victim) -> None:
    """Revoke the token that the socket showed."""
    assert tokens.revoke(Token.objects.get(user=victim.user).id)


def left_the_group(victim: Victim) -> None:
    """Take the person out of the group."""
    victim.row.groups.clear()


def left_the_group_by_sql(victim: Victim) -> None:
    """Take the person out of the group past all code."""
    sql("DELETE FROM permissions_user_groups WHERE user_id = %s", victim.user)


def signed_out(victim: Victim) -> None:
    """Sign out in another tab."""
    assert victim.page is not None
    assert victim.page.post("/api/v1/logout").status_code < 300
    victim.page.http.close()


def grant_ends_by_time(victim: Victim) -> datetime:
    """Let the grant end soon."""
    until = timezone.now() + SOON
    RoleGrant.objects.filter(user=victim.user).update(until=until)
    return until


def token_ends_by_time(victim: Victim) -> datetime:
    """Let the token end soon."""
    until = timezone.now() + SOON
    Token.objects.filter(user=victim.user).update(until=until)
    return until


WAYS: dict[str, tuple[Prepare, Revoke | None]] = {
    "by command": (by_log, None),
    "in the admin": (given, role_taken_in_the_admin),
    "by the ORM": (given, role_taken_by_the_orm),
    "grant deleted by SQL": (given, role_taken_by_sql),
    "permissions deleted by SQL": (given, permissions_taken_by_sql),
    "workspace role taken": (by_workspace, workspace_role_taken),
    "user disabled": (given, user_disabled),
    "user disabled by SQL": (given, user_disabled_by_sql),
    "token revoked": (given, token_revoked),
    "out of the group": (by_group, left_the_group),
    "out of the group by SQL": (by_group, left_the_group_by_sql),
    "signed out": (signed_in, signed_out),
    "grant ends by time": (given, grant_ends_by_time),
    "token ends by time": (given, token_ends_by_time),
}
"""Each way to lose access: how one has it, and how one loses it; None is a command."""


async def prepared(way: str, scene: Scene, cluster: Cluster) -> Victim:
    """Give somebody who can lose access in this way."""
    return await apart(lambda: WAYS[way][0](scene, cluster))


async def revoked(way: str, victim: Victim) -> datetime | None:
    """Take access away; give the moment at which it ends, where that is later."""
    revoke = WAYS[way][1]
    if revoke is not None:
        return await apart(lambda: revoke(victim))
    scene = victim.scene
    async with Wire(victim.cluster[0].ws_url, scene.session, scene["owner"].token) as owner:
        await owner.join()
        await owner.do(c.GrantTake(victim.user, "operator"))
    return None
