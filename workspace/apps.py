"""Names the project's own app to Django and has its checks found."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """Hold the commands and the system checks."""

    name = "workspace"
    label = "workspace"

    def ready(self) -> None:
        from workspace import checks  # noqa: F401  (registers them)
