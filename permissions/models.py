"""People, their grants and their credentials as tables. Decides nothing; triggers do the rest."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from permissions.roles import ROLES

PERSON, AGENT = "person", "agent"


class User(AbstractUser):
    """A person or an agent; whoever acts has a row here."""

    KINDS = ((PERSON, "person"), (AGENT, "agent"))

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(
        max_length=100, blank=True, db_default="", help_text="Shown to everyone."
    )
    kind = models.CharField(max_length=10, choices=KINDS, default=PERSON, db_default=PERSON)

    objects: ClassVar[UserManager[Self]] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[PERSON, AGENT]), name="permissions_user_kind"
            )
        ]

    def get_full_name(self) -> str:
        """Give the name that is shown."""
        return self.name or self.username

    def get_short_name(self) -> str:
        """Give the name that is shown."""
        return self.get_full_name()


class RoleGrant(models.Model):
    """A user or group holding a role on a session or workspace; triggers write guardian's rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="role_grants"
    )
    group = models.ForeignKey(
        Group, models.CASCADE, null=True, blank=True, related_name="role_grants"
    )
    session = models.ForeignKey(
        "collab.Session", models.CASCADE, null=True, blank=True, related_name="role_grants"
    )
    workspace = models.ForeignKey(
        "collab.Workspace", models.CASCADE, null=True, blank=True, related_name="role_grants"
    )
    role = models.CharField(max_length=20, choices=[(role, role) for role in ROLES])
    until = models.DateTimeField(null=True, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    given_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) ^ Q(group__isnull=False),
                name="permissions_rolegrant_user_or_group",
            ),
            models.CheckConstraint(
                condition=Q(session__isnull=False) ^ Q(workspace__isnull=False),
                name="permissions_rolegrant_session_or_workspace",
            ),
            models.CheckConstraint(
                condition=Q(role__in=list(ROLES)), name="permissions_rolegrant_role"
            ),
            models.UniqueConstraint(
                fields=["session", "workspace", "user", "group", "role"],
                nulls_distinct=False,
                name="permissions_rolegrant_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.group} is {self.role} of {self.session or self.workspace}"


class Invitation(models.Model):
    """A link that gives a role once; only its secret's SHA-256 is kept. The log says what became
    of it: until `made_at` is set it is no more than a secret."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    hash = models.BinaryField(max_length=32)
    session = models.ForeignKey(
        "collab.Session", models.CASCADE, null=True, blank=True, related_name="invitations"
    )
    workspace = models.ForeignKey(
        "collab.Workspace", models.CASCADE, null=True, blank=True, related_name="invitations"
    )
    role = models.CharField(max_length=20, choices=[(role, role) for role in ROLES])
    name = models.CharField(max_length=100, blank=True, db_default="", help_text="For whom.")
    until = models.DateTimeField()
    # Not SET_NULL: one whose maker is gone would pass for one that the server made.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(null=True, editable=False)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    taken_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(session__isnull=False) ^ Q(workspace__isnull=False),
                name="permissions_invitation_session_or_workspace",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role for role in ROLES if role != "agent"]),
                name="permissions_invitation_role",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.session or self.workspace} for {self.name or 'anybody'}"


class DirectUserManager(UserObjectPermissionManager):
    """Guardian's manager; a permission given by hand outlives the role that also gave it."""

    def assign_perm(self, perm: Any, user_or_group: Any, obj: Any) -> Any:
        """Give one permission for ever, whatever a role gives besides."""
        return _directly(super().assign_perm(perm, user_or_group, obj))


class DirectGroupManager(GroupObjectPermissionManager):
    """Guardian's manager; a permission given by hand outlives the role that also gave it."""

    def assign_perm(self, perm: Any, user_or_group: Any, obj: Any) -> Any:
        """Give one permission for ever, whatever a role gives besides."""
        return _directly(super().assign_perm(perm, user_or_group, obj))


def _directly(row: Any) -> Any:
    # Guardian finds the row that a role made and would leave it to end with that role.
    if not row.direct:
        row.direct, row.until = True, None
        row.save(update_fields=["direct", "until"])
    return row


class PermissionRow(models.Model):
    """What guardian's rows have besides: an end, and whether somebody gave it by hand.

    Guardian's own checks know no end and no workspace: what somebody may do is for masks to say.
    """

    until = models.DateTimeField(null=True, blank=True)
    direct = models.BooleanField(default=True, db_default=True)

    class Meta:
        abstract = True


class SessionUserPermission(UserObjectPermissionBase, PermissionRow):
    """One permission of a user on a session."""

    content_object = models.ForeignKey("collab.Session", models.CASCADE, db_column="session_id")
    objects: ClassVar[DirectUserManager] = DirectUserManager()

    class Meta(UserObjectPermissionBase.Meta):
        unique_together = ["content_object", "user", "permission"]


class SessionGroupPermission(GroupObjectPermissionBase, PermissionRow):
    """One permission of a group on a session."""

    content_object = models.ForeignKey("collab.Session", models.CASCADE, db_column="session_id")
    objects: ClassVar[DirectGroupManager] = DirectGroupManager()

    class Meta(GroupObjectPermissionBase.Meta):
        unique_together = ["content_object", "group", "permission"]


class WorkspaceUserPermission(UserObjectPermissionBase, PermissionRow):
    """One permission of a user on a workspace and on all its sessions."""

    content_object = models.ForeignKey("collab.Workspace", models.CASCADE, db_column="workspace_id")
    objects: ClassVar[DirectUserManager] = DirectUserManager()

    class Meta(UserObjectPermissionBase.Meta):
        unique_together = ["content_object", "user", "permission"]


class WorkspaceGroupPermission(GroupObjectPermissionBase, PermissionRow):
    """One permission of a group on a workspace and on all its sessions."""

    content_object = models.ForeignKey("collab.Workspace", models.CASCADE, db_column="workspace_id")
    objects: ClassVar[DirectGroupManager] = DirectGroupManager()

    class Meta(GroupObjectPermissionBase.Meta):
        unique_together = ["content_object", "group", "permission"]


class Token(models.Model):
    """A program's credential; only the secret's SHA-256 is kept. It gives what its user may do, at
    most: its scope, and the one session or workspace that it may be for, give less."""

    FULL, READ = "full", "read"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    hash = models.BinaryField(max_length=32)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    until = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    scope = models.CharField(
        max_length=10,
        choices=[(FULL, "all that its user may do"), (READ, "reading only")],
        default=FULL,
        db_default=FULL,
    )
    # Not SET_NULL: a token for one place must not become one for all.
    session = models.ForeignKey(
        "collab.Session", models.CASCADE, null=True, blank=True, related_name="+"
    )
    workspace = models.ForeignKey(
        "collab.Workspace", models.CASCADE, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=["full", "read"]), name="permissions_token_scope"
            ),
            models.CheckConstraint(
                condition=Q(session=None) | Q(workspace=None), name="permissions_token_one_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class Login(models.Model):
    """A browser's credential: one Django login session, from its login to its end."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="logins")
    session_key = models.CharField(max_length=40, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"login of {self.user}"


class FailedLogin(models.Model):
    """A login that was refused; counted to slow down guessing, forgotten after an hour."""

    username = models.CharField(max_length=150)
    address = models.CharField(max_length=45)
    time = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["username", "address", "time"], name="permissions_failed")]
