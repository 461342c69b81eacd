"""Names the app to Django and has logins recorded. Decides nothing."""

from django.apps import AppConfig


class PermissionsConfig(AppConfig):
    """Hold people, grants and credentials."""

    name = "permissions"
    verbose_name = "People and grants"

    def ready(self) -> None:
        """Have every login and logout recorded from now on."""
        from permissions import logins  # noqa: F401  (connects its receivers)
