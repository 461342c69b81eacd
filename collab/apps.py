"""Names the app to Django. Decides nothing."""

from django.apps import AppConfig


class CollabConfig(AppConfig):
    """Hold workspaces, sessions and agents."""

    name = "collab"
    verbose_name = "Sessions"
