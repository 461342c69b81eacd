"""Cohelms that are set up wrongly, and those without passwords, beside a real provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from permissions.models import User
from tests.cluster import Cluster
from tests.conftest import MakeCluster
from tests.integration.test_provider import provider, told, who  # noqa: F401  # fixtures
from tests.oidc import Provider, Traveller
from tests.page import PASSWORD, person, refused


@pytest.fixture(scope="module")
def strict(
    django_db_setup: None,
    provider: Provider,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    """Give a worker without passwords, to which everybody whom the provider knows may come."""
    environ = provider.settings(COHELM_OIDC_LET_IN="*", COHELM_PASSWORDS="off")
    cluster = Cluster(tmp_path_factory.mktemp("strict"), 1, environ).start()
    provider.start(cluster[0].url)
    yield cluster
    cluster.stop()


@pytest.fixture
def page(database: None, strict: Cluster) -> Iterator[Traveller]:
    with Traveller(strict[0].url) as page:
        yield page


def test_without_passwords_the_provider_is_the_only_way(
    page: Traveller,
    provider: Provider,  # noqa: F811
    who: str,  # noqa: F811
) -> None:
    ways = page.get("/api/v1/login/ways").json()
    assert ways == {"passwords": False, "provider": {"name": "Night School"}, "refusal": None}
    user = person()
    body = {"username": user.username, "password": PASSWORD}
    assert refused(page.post("/api/v1/login", body)) == "passwords_off"
    provider.person(who)
    assert page.arrive(who).headers["Location"] == "/"


def test_without_passwords_the_admin_asks_the_provider_too(
    page: Traveller,
    provider: Provider,  # noqa: F811
    who: str,  # noqa: F811
) -> None:
    answer = page.get("/admin/login/?next=/admin/auth/group/")
    assert answer.headers["Location"] == "/login?next=%2Fadmin%2Fauth%2Fgroup%2F"
    user = person(is_staff=True, is_superuser=True)
    form = {"username": user.username, "password": PASSWORD}
    page.http.post("/admin/login/", data=form)
    assert page.get("/admin/").status_code == 302
    provider.person(who)
    page.arrive(who)
    User.objects.filter(username=who).update(is_staff=True, is_superuser=True)
    assert page.get("/admin/").status_code == 200
    assert page.get("/admin/socialaccount/socialaccount/").status_code == 200
    assert page.get("/admin/socialaccount/socialapp/").status_code == 404
    form = {"username": f"{who}-by-hand", "kind": "person", "usable_password": "true"}
    form |= {"password1": PASSWORD, "password2": PASSWORD}
    headers = {"X-CSRFToken": page.http.cookies["csrftoken"]}
    made = page.http.post("/admin/permissions/user/add/", data=form, headers=headers)
    assert "Passwords are switched off here" in made.text


def test_a_wrong_secret_is_a_sentence_and_the_reason_is_in_the_log(
    make_cluster: MakeCluster,
    provider: Provider,  # noqa: F811
    who: str,  # noqa: F811
    strict: Cluster,
) -> None:
    environ = provider.settings(
        COHELM_OIDC_LET_IN="*", COHELM_OIDC_CLIENT_SECRET="not the one", NO_PROXY="127.0.0.1"
    )
    wrong = make_cluster(1, **environ)[0]
    provider.stop()
    provider.start(wrong.url, strict[0].url)
    provider.person(who)
    with Traveller(wrong.url) as page:
        assert told(page, page.arrive(who)) == "provider_disagrees"
    assert "invalid_client" in wrong.log.read_text()


def test_an_address_that_is_no_provider_is_a_sentence(
    make_cluster: MakeCluster,
    provider: Provider,  # noqa: F811
    strict: Cluster,
) -> None:
    environ = provider.settings(COHELM_OIDC_LET_IN="*")
    wrong = make_cluster(1, **environ | {"COHELM_OIDC_ISSUER": f"{strict[0].url}/api/realms"})
    with Traveller(wrong[0].url) as page:
        answer = page.set_out()
        assert (answer.status_code, answer.json()["code"]) == (502, "provider_disagrees")
