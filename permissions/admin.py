"""Django's admin for people, role grants, tokens and logins. Each change names its person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from permissions import grants, tokens
from permissions.models import Login, RoleGrant, Token, User

if TYPE_CHECKING:  # these are generic for the type checker alone
    Rows = admin.ModelAdmin[Any]
    Users = UserAdmin[User]
    NewUser = AdminUserCreationForm[User]
    ChangedUser = UserChangeForm[User]
else:
    Rows, Users = admin.ModelAdmin, UserAdmin
    NewUser, ChangedUser = AdminUserCreationForm, UserChangeForm


class Signed(Rows):
    """Have every change name the person who makes it, in the history of grants."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save one row."""
        with grants.changing_as(_person(request)):
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what hangs on it, such as a user's groups."""
        with grants.changing_as(_person(request)):
            super().save_related(request, form, formsets, change)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one row."""
        with grants.changing_as(_person(request)):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the rows that were chosen."""
        with grants.changing_as(_person(request)):
            super().delete_queryset(request, queryset)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


class NewUserForm(NewUser):
    """Django's form for a new user, on our model."""

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "name", "kind")


class UserForm(ChangedUser):
    """Django's form for a user, on our model."""

    class Meta(UserChangeForm.Meta):
        model = User


@admin.register(User)
class PeopleAdmin(Signed, Users):
    """People and agents. A superuser may use this admin; it gives nothing in sessions."""

    form, add_form = UserForm, NewUserForm
    list_display = ("username", "name", "kind", "is_active", "is_staff", "last_login")
    list_filter = ("kind", "is_active", "is_staff", "groups")
    search_fields = ("id", "username", "name", "email")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Shown", {"fields": ("name", "kind", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    add_fieldsets = (
        (
            None,
            {"fields": ("username", "name", "kind", "usable_password", "password1", "password2")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let the kind be chosen once: a person is never made an agent, or the other way."""
        return ("kind", *self.readonly_fields) if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say no: records name people. Who leaves is disabled, which ends their access at once."""
        return False


admin.site.unregister(Group)


@admin.register(Group)
class GroupsAdmin(Signed, GroupAdmin):
    """Groups of people: whoever is in one holds the roles that it was given."""

    list_display = ("name", "people", "roles")
    list_filter = ("role_grants__role",)
    search_fields = ("name", "user__username", "user__name")

    @admin.display(description="people")
    def people(self, group: Group) -> int:
        """Count who is in it."""
        return group.user_set.count()

    @admin.display(description="roles")
    def roles(self, group: Group) -> int:
        """Count the roles that it holds."""
        return RoleGrant.objects.filter(group=group).count()


@admin.register(RoleGrant)
class RoleGrantAdmin(Signed):
    """Roles given on sessions and workspaces."""

    list_display = ("holder", "role", "on", "until", "given_by", "given_at")
    list_filter = ("role", "workspace", "group")
    list_select_related = ("user", "group", "session", "workspace", "given_by")
    search_fields = (
        "user__username",
        "user__name",
        "group__name",
        "session__title",
        "workspace__name",
    )
    autocomplete_fields = ("user",)
    raw_id_fields = ("session",)
    fields = ("user", "group", "session", "workspace", "role", "until")

    @admin.display(description="who")
    def holder(self, grant: RoleGrant) -> str:
        """Name the user or group."""
        return str(grant.user or grant.group)

    @admin.display(description="on")
    def on(self, grant: RoleGrant) -> str:
        """Name the session or workspace."""
        return str(grant.session or grant.workspace)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a grant as given by whoever is signed in."""
        obj.given_by = _person(request)
        super().save_model(request, obj, form, change)


# allauth shows tables of its own, of which only this one holds anything here.
for unused in (EmailAddress, SocialApp, SocialToken, SocialAccount):
    admin.site.unregister(unused)


@admin.register(SocialAccount)
class IdentityAdmin(Signed):
    """Whom the provider means by which person. A row made by hand gives it somebody from here."""

    list_display = ("user", "provider", "uid", "date_joined", "last_login")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    search_fields = ("user__username", "uid")
    fields = ("user", "provider", "uid")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Say no: an identity is removed, and another one made."""
        return False


class Kept(Signed):
    """Rows that are ended here and never changed or deleted."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Say no: what was recorded stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Say no: what was recorded stays."""
        return False


@admin.register(Token)
class TokenAdmin(Kept):
    """Tokens: made here and shown once, then revoked."""

    list_display = (
        "name",
        "user",
        "kind",
        "scope",
        "created_at",
        "until",
        "last_used_at",
        "revoked_at",
    )
    list_filter = ("kind",)
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    fields = ("user", "name", "kind", "scope", "until")
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: Token, form: Any, change: bool) -> None:
        """Make the secret and show the token, for the only time."""
        secret = tokens.new_secret()
        obj.hash = tokens.digest(secret)
        super().save_model(request, obj, form, change)
        messages.warning(
            request, f"Copy it now, it is not shown again: {tokens.text(obj.id, secret)}"
        )

    @admin.action(description="Revoke the chosen tokens", permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        """Revoke tokens; sockets that use them are told."""
        with grants.changing_as(_person(request)):
            queryset.filter(revoked_at=None).update(revoked_at=timezone.now())


@admin.register(Login)
class LoginAdmin(Kept):
    """Logins of browsers."""

    list_display = ("user", "created_at", "until", "ended_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    fields = ("user", "created_at", "until", "ended_at")
    actions = ("end",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Say no: only signing in makes a login."""
        return False

    @admin.action(description="End the chosen logins", permissions=["view"])
    def end(self, request: HttpRequest, queryset: QuerySet[Login]) -> None:
        """End logins; sockets that use them are told."""
        with grants.changing_as(_person(request)):
            queryset.filter(ended_at=None).update(ended_at=timezone.now())
