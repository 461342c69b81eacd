"""Which address of the API leads where."""

from django.urls import path, re_path

from collab.api import agents, login, sessions, signup
from collab.api.endpoint import endpoint, unknown_address

urlpatterns = [
    path("login", endpoint(post=login.sign_in)),
    path("logout", endpoint(post=login.sign_out)),
    path("signup/<str:token>", endpoint(post=signup.sign_up)),
    path("me", endpoint(get=login.me)),
    path("sessions", endpoint(get=sessions.listed, post=sessions.create)),
    path("people", endpoint(get=sessions.people)),
    path("agents", endpoint(get=agents.listed, post=agents.create)),
    path("agents/test", endpoint(post=agents.test)),
    re_path(r"", unknown_address),
]
