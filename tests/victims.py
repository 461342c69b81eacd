"""Somebody who has access to a session, by each way in which one can have it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from collab.core import commands as c
from collab.models import Session, Workspace
from permissions import grants, tokens
from permissions.models import Login, Token, User
from tests import loops
from tests.cluster import Cluster, Worker
from tests.scene import Scene, make_user, submitted

ROLE = "operator"


@dataclass
class Victim:
    """Somebody who may drive a session, and is about to lose that."""

    scene: Scene
    cluster: Cluster
    user: UUID
    token: str = ""
    key: str = ""
    group: int = 0
    places: tuple[UUID, ...] = ()

    @property
    def row(self) -> User:
        return User.objects.get(id=self.user)

    @property
    def team(self) -> Group:
        return Group.objects.get(id=self.group)

    @property
    def session(self) -> Session:
        return Session.objects.get(id=self.scene.session)

    @property
    def workspace(self) -> Workspace:
        return Workspace.objects.get(id=self.scene.workspace)

    @cached_property
    def ids(self) -> dict[str, Any]:
        """Give what SQL may name."""
        token = Token.objects.filter(user=self.user).first()
        login_row = Login.objects.filter(user=self.user).first()
        return {
            "user": self.user,
            "other": make_user("other").id,
            "group": self.group,
            "other_group": Group.objects.create(name=f"G {uuid4()}").pk,
            "session": self.scene.session,
            "workspace": self.scene.workspace,
            "elsewhere": uuid4(),
            "token": token.id if token else None,
            "login": login_row.id if login_row else None,
            "key": self.key,
        }

    def headers(self, worker: Worker) -> dict[str, str]:
        """Give what this person shows at a worker: a program's token, or a browser's cookie."""
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.key}", "Origin": worker.url}

    def named(self, line: dict[str, Any]) -> bool:
        """Say whether a line of the history is about this person, their group or their place."""
        about = {str(self.user), *map(str, self.places), *([str(self.group)] if self.group else ())}
        return not about.isdisjoint(str(value) for value in line.values())


Prepare = Callable[[Scene, Cluster], Victim]


def _person(scene: Scene, cluster: Cluster, **more: Any) -> Victim:
    user = make_user("victim")
    return Victim(scene, cluster, user.id, tokens.make(user, "test", "operator"), **more)


def given(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role to the person."""
    victim = _person(scene, cluster)
    grants.give(victim.row, victim.session, ROLE)
    return victim


def by_workspace(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role on the whole workspace."""
    victim = _person(scene, cluster)
    grants.give(victim.row, victim.workspace, ROLE)
    return victim


def by_moving_workspace(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role on a workspace which the session is going to leave."""
    victim = by_workspace(scene, cluster)
    victim.places = (scene.workspace,)
    return victim


def by_group(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role to a group that the person is in."""
    victim = _grouped(scene, cluster)
    grants.give(victim.team, victim.session, ROLE)
    return victim


def by_group_of_workspace(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role on the whole workspace to a group that the person is in."""
    victim = _grouped(scene, cluster)
    grants.give(victim.team, victim.workspace, ROLE)
    return victim


def _grouped(scene: Scene, cluster: Cluster) -> Victim:
    group = Group.objects.create(name=f"G {uuid4()}")
    victim = _person(scene, cluster, group=group.pk)
    victim.row.groups.add(group)
    return victim


def signed_in(scene: Scene, cluster: Cluster) -> Victim:
    """Give the role to somebody who comes with a browser's cookie."""
    user = make_user("victim")
    grants.give(user, Session.objects.get(id=scene.session), ROLE)
    return Victim(scene, cluster, user.id, key=_login(user))


def _login(user: User) -> str:
    """Sign in as Django does, without the time that a password takes."""
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.save()
    return str(request.session.session_key)


def by_log(scene: Scene, cluster: Cluster) -> Victim:
    """Have the session's owner give the role, by a command."""
    return _commanded(scene, cluster, scene.session)


def by_log_of_workspace(scene: Scene, cluster: Cluster) -> Victim:
    """Have the workspace's owner give the role on all of it, by a command."""
    return _commanded(scene, cluster, scene.workspace)


def _commanded(scene: Scene, cluster: Cluster, log: UUID) -> Victim:
    victim = _person(scene, cluster)
    # Roles are given to people of the workspace.
    beside = Session.objects.create(workspace=victim.workspace, title="beside")
    grants.give(victim.row, beside, "observer")
    loops.alone(submitted(log, scene["owner"], c.GrantGive(victim.user, ROLE)))
    return victim
