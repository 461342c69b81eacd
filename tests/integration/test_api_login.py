"""Signing in and out over HTTP, and what it means for the credentials of sockets."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings

from permissions import attempts, credentials, grants, tokens
from permissions.credentials import Identity
from permissions.models import Login, User
from tests import loops
from tests.cluster import Cluster
from tests.estate import Estate, new_token, new_user, sql
from tests.page import PASSWORD, Page, person, refused

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def page(cluster: Cluster) -> Iterator[Page]:
    with Page(cluster[0].url) as page:
        yield page


@pytest.fixture(scope="module")
def ada(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> User:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        return person(name="Ada")


def identity(key: str) -> Identity | None:
    """Ask who holds a login, as a socket's handshake does."""

    async def ask() -> Identity | None:
        async with await psycopg.AsyncConnection.connect(settings.LOG_DSN) as conn:
            return await credentials.by_login(conn, key)

    return loops.alone(ask())


def key_of(page: Page) -> str:
    return page.http.cookies[settings.SESSION_COOKIE_NAME]


def test_nobody_is_signed_in_at_first(page: Page) -> None:
    assert refused(page.get("/api/v1/me")) == "not_logged_in"
    assert page.http.cookies["csrftoken"]


def test_whoever_signs_in_is_told_who_they_are_and_what_they_may_do(page: Page, ada: User) -> None:
    estate = Estate()
    grants.give(ada, estate.workspace, "operator")
    body = {"username": ada.username, "password": PASSWORD}
    said = page.post("/api/v1/login", body).json()
    assert said == page.get("/api/v1/me").json()
    assert (said["id"], said["name"], said["kind"]) == (str(ada.id), "Ada", "person")
    assert said["workspaces"] == [
        {
            "id": str(estate.workspace.id),
            "name": estate.workspace.name,
            "roles": ["operator"],
            "permissions": ["view", "comment", "suggest", "drive", "approve", "stop"],
        }
    ]


def test_a_login_is_a_credential_until_signing_out(page: Page, ada: User) -> None:
    page.sign_in(ada)
    key = key_of(page)
    found = identity(key)
    assert found and (found.user, found.name, found.auth_kind) == (ada.id, "Ada", 1)
    assert page.post("/api/v1/logout").status_code == 200
    assert identity(key) is None
    assert refused(page.get("/api/v1/me")) == "not_logged_in"
    assert Login.objects.get(id=found.auth_id).ended_at is not None


def test_signing_in_changes_the_key_that_was_there_before(page: Page, ada: User) -> None:
    first = key_of(page.sign_in(ada))
    assert key_of(page.sign_in(ada)) != first
    assert identity(first) is None


ENDS = {
    "the login is ended": "UPDATE permissions_login SET ended_at = now() WHERE user_id = %s",
    "the user is disabled": "UPDATE permissions_user SET is_active = false WHERE id = %s",
    "the password is changed": "UPDATE permissions_user SET password = 'x' WHERE id = %s",
    "Django's row is gone": "DELETE FROM django_session WHERE session_key IN "
    "(SELECT session_key FROM permissions_login WHERE user_id = %s)",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_page_is_signed_out_when(page: Page, end: str) -> None:
    user = person()
    key = key_of(page.sign_in(user))
    sql(ENDS[end], user.id)
    assert refused(page.get("/api/v1/me")) == "not_logged_in"
    assert identity(key) is None


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(page: Page, ada: User) -> None:
    wrong = page.post("/api/v1/login", {"username": ada.username, "password": "no"})
    unknown = page.post("/api/v1/login", {"username": "nobody-at-all", "password": "no"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert refused(wrong) == "wrong_login"


def test_guessing_is_slowed_down_even_when_the_guess_is_right(page: Page) -> None:
    user = person()
    body = {"username": user.username, "password": PASSWORD}
    for _ in range(attempts.ALLOWED):
        attempts.failed(user.username.upper(), "127.0.0.1")
    assert refused(page.post("/api/v1/login", body)) == "too_many_tries"
    sql("DELETE FROM permissions_failedlogin WHERE username = %s", user.username)
    assert page.post("/api/v1/login", body).status_code == 200


def test_a_request_from_another_page_is_refused(page: Page, ada: User) -> None:
    body = {"username": ada.username, "password": PASSWORD}
    assert refused(page.http.post("/api/v1/login", json=body)) == "wrong_page"


def test_a_program_asks_with_its_token(page: Page) -> None:
    user = new_user(name="Program")
    token = tokens.make(user, "test", "operator")
    said = page.http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert said["name"] == "Program"
    for wrong in (token[:-1] + "A" * (token[-1] != "A") + "B", "ck_x", f"ck_{new_token(user).id}_"):
        answer = page.http.get("/api/v1/me", headers={"Authorization": f"Bearer {wrong}"})
        assert refused(answer) == "not_logged_in"


def program() -> tuple[User, dict[str, str]]:
    """Make a user with a token, and the header that shows it."""
    user = new_user(name="Program")
    return user, {"Authorization": f"Bearer {tokens.make(user, 'test', 'operator')}"}


def test_a_program_may_use_every_method_and_needs_no_cookie(page: Page) -> None:
    _, headers = program()
    answer = page.http.post("/api/v1/agents/test", json={"url": "http://x"}, headers=headers)
    assert refused(answer) == "forbidden"


def test_a_cookie_and_a_token_at_once_are_refused(page: Page, ada: User) -> None:
    _, headers = program()
    page.sign_in(ada)
    for answer in (
        page.http.get("/api/v1/me", headers=headers),
        page.http.post("/api/v1/agents/test", json={"url": "http://x"}, headers=headers),
        page.http.get("/api/v1/me", headers={"Authorization": "Bearer"}),
    ):
        assert (answer.status_code, refused(answer)) == (400, "two_credentials")


def test_a_cookie_alone_changes_nothing(page: Page, ada: User) -> None:
    page.sign_in(ada)
    for headers in ({}, {"X-CSRFToken": "x" * 32}, {"Origin": "https://evil.example"}):
        answer = page.http.post("/api/v1/agents/test", json={"url": "http://x"}, headers=headers)
        assert (answer.status_code, refused(answer)) == (403, "wrong_page")


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://127.0.0.1:1"])
def test_another_sites_page_is_refused_even_with_the_right_cookies(
    page: Page, ada: User, origin: str
) -> None:
    page.sign_in(ada)
    headers = {"X-CSRFToken": page.http.cookies["csrftoken"], "Origin": origin}
    answer = page.http.post("/api/v1/agents/test", json={"url": "http://x"}, headers=headers)
    assert (answer.status_code, refused(answer)) == (403, "wrong_page")


def test_whoever_is_not_known_is_told_how_to_show_it(page: Page) -> None:
    answer = page.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_in_the_address_is_none(page: Page) -> None:
    _, headers = program()
    token = headers["Authorization"].split()[1]
    for path in (f"/api/v1/me?token={token}", f"/api/v1/me?access_token={token}"):
        assert refused(page.get(path)) == "not_logged_in"


def test_without_a_provider_nobody_is_sent_to_one(page: Page) -> None:
    said = page.get("/api/v1/login/ways?refused=made-up").json()
    assert said == {"passwords": True, "provider": None, "refusal": None}
    assert refused(page.post("/api/v1/login/provider", {"next": "/"})) == "no_provider"
    answer = page.get("/login/callback?code=x&state=y")
    assert answer.headers["Location"] == "/login?refused=no_provider"
