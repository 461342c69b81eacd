"""Signing in through a real provider: who comes in, as whom, into which groups; who does not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings
from django.contrib.auth.models import Group

from permissions import grants
from permissions.models import Login, Token, User
from permissions.tokens import in_force, make, parse
from tests.cluster import Cluster
from tests.estate import Estate, history, new_user, sql
from tests.oidc import Provider, Traveller
from tests.page import PASSWORD, person, refused

OPERATORS, OBSERVERS, OTHERS = "Operators (t)", "Observers (t)", "Others (t)"
GROUPS = f"ops={OPERATORS}; cn=staff,ou=groups={OBSERVERS}"
STAFF = "cn=staff,ou=groups"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    provider = Provider(tmp_path_factory.mktemp("provider"))
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def cohelm(
    django_db_setup: None, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Give a worker whose people may sign in through the provider, which runs."""
    environ = provider.settings(COHELM_OIDC_GROUPS=GROUPS)
    cluster = Cluster(tmp_path_factory.mktemp("cohelm"), 1, environ).start()
    provider.start(cluster[0].url)
    yield cluster
    cluster.stop()


@pytest.fixture
def page(database: None, cohelm: Cluster) -> Iterator[Traveller]:
    with Traveller(cohelm[0].url) as page:
        yield page


@pytest.fixture
def who() -> str:
    """Name somebody whom no other test knows."""
    return f"p{uuid4().hex[:12]}"


def told(page: Traveller, answer: httpx.Response) -> str:
    """Give the name of the refusal that a browser is led to; the page has a sentence for it."""
    where = urlsplit(answer.headers["Location"])
    code = parse_qs(where.query)["refused"][0]
    said = page.get(f"/api/v1/login/ways?refused={code}").json()["refusal"]
    assert where.path == "/login"
    assert said["code"] == code and said["sentence"].endswith(".")
    assert refused(page.get("/api/v1/me")) == "not_logged_in"
    return code


@pytest.fixture
def estate(database: None) -> Estate:
    """Give a workspace in which the provider's two groups have roles."""
    estate = Estate()
    for name, role in ((OPERATORS, "operator"), (OBSERVERS, "observer")):
        grants.give(Group.objects.get_or_create(name=name)[0], estate.workspace, role)
    return estate


def groups_of(subject: str) -> set[str]:
    found = User.objects.get(socialaccount__uid=subject).groups
    return set(found.values_list("name", flat=True))


def test_somebody_new_gets_an_account_and_the_same_one_again(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops", name="Ada L.")
    answer = page.arrive(who, "/sessions/x?seq=3")
    assert answer.headers["Location"] == "/sessions/x?seq=3"
    me = page.get("/api/v1/me").json()
    assert (me["username"], me["name"], me["kind"]) == (who, "Ada L.", "person")
    provider.person(who, "ops", preferred_username="renamed", name="Another")
    page.arrive(who)
    assert page.get("/api/v1/me").json() == me


def test_nothing_of_what_the_provider_said_is_kept(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops", email="ada@example.org")
    page.arrive(who)
    user = User.objects.get(username=who)
    assert SocialAccount.objects.get(user=user).extra_data == {}
    assert not SocialToken.objects.exists()
    assert user.email == "" and not user.has_usable_password()


def test_nobody_from_here_is_taken_over_by_name_or_address(
    page: Traveller, provider: Provider, who: str
) -> None:
    here = person(email=f"{who}@example.org")
    provider.person(
        who, "ops", preferred_username=here.username.upper(), email=f"{who}@example.org"
    )
    page.arrive(who)
    me = page.get("/api/v1/me").json()
    assert me["id"] != str(here.id)
    assert me["username"].startswith(f"{here.username.upper()}-")
    here.refresh_from_db()
    assert here.check_password(PASSWORD)


def test_groups_give_their_roles_and_take_them_at_the_next_login(
    page: Traveller, provider: Provider, who: str, estate: Estate
) -> None:
    provider.person(who, "ops", STAFF, "unheard of")
    page.arrive(who)
    assert page.get("/api/v1/me").json()["workspaces"][0]["roles"] == ["observer", "operator"]
    other, _ = Group.objects.get_or_create(name=OTHERS)
    User.objects.get(username=who).groups.add(other)

    version = estate.versions()["session"]
    provider.person(who, STAFF)
    page.arrive(who)
    assert page.get("/api/v1/me").json()["workspaces"][0]["permissions"] == ["view"]
    assert groups_of(who) == {OBSERVERS, OTHERS}
    assert estate.versions()["session"] > version
    sources = [row["source"] for row in history(estate.session.id)]
    assert sources.count("permissions_user_groups") == 2


def test_a_login_that_changes_nothing_moves_nothing(
    page: Traveller, provider: Provider, who: str, estate: Estate
) -> None:
    provider.person(who, "ops")
    page.arrive(who)
    with Traveller(str(page.http.base_url)) as elsewhere:
        before = estate.versions()
        elsewhere.arrive(who)
        assert estate.versions() == before


def test_whoever_is_let_in_no_more_is_told_and_loses_groups_and_logins(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops")
    page.arrive(who)
    with Traveller(str(page.http.base_url)) as elsewhere:
        provider.person(who, "unheard of")
        assert told(elsewhere, elsewhere.arrive(who, "/agents")) == "not_let_in"
    assert groups_of(who) == set()
    assert refused(page.get("/api/v1/me")) == "not_logged_in"
    assert not Login.objects.filter(user__username=who, ended_at=None).exists()


def test_whoever_is_let_in_no_more_has_no_tokens_and_workspaces_are_told(
    page: Traveller, provider: Provider, who: str, estate: Estate
) -> None:
    provider.person(who, "ops")
    page.arrive(who)
    user = User.objects.get(username=who)
    key = parse(make(user, "program", "operator"))
    another = parse(make(new_user(), "program", "operator"))
    assert key and another
    provider.person(who, STAFF)
    page.arrive(who)
    assert in_force().filter(id=key[0]).exists(), "whoever is let in keeps their tokens"
    provider.person(who, "ops")
    page.arrive(who)
    provider.person(who, "unheard of")
    page.arrive(who)
    assert Token.objects.get(id=key[0]).revoked_at is not None
    assert in_force().filter(id=another[0]).exists()
    told_of = sql("SELECT source FROM permissions_untold WHERE workspace = %s", estate.workspace.id)
    assert told_of.count(("permissions_token",)) == 1
    sources = [row["source"] for row in history(estate.session.id)]
    assert sources.count("permissions_token") == 1


def test_who_never_was_let_in_leaves_nothing_here(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who)
    answer = page.arrive(who, "/agents")
    assert told(page, answer) == "not_let_in"
    assert "next=%2Fagents" in answer.headers["Location"]
    assert not User.objects.filter(username=who).exists()
    asked = parse_qs(urlsplit(page.set_out(as_another=True).json()["url"]).query)
    assert asked["prompt"] == ["login"]


def test_somebody_who_is_disabled_here_stays_out(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops")
    page.arrive(who)
    User.objects.filter(username=who).update(is_active=False)
    assert told(page, page.arrive(who)) == "not_let_in"


def test_a_person_from_here_is_known_by_an_identity_made_by_hand(
    page: Traveller, provider: Provider, who: str
) -> None:
    here = new_user()
    SocialAccount.objects.create(user=here, provider=provider.url, uid=who)
    provider.person(who, "ops")
    page.arrive(who)
    assert page.get("/api/v1/me").json()["id"] == str(here.id)


def test_two_first_logins_at_once_are_one_person(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops")
    url = str(page.http.base_url)
    pages = [Traveller(url).__enter__() for _ in range(4)]
    ways = [each.way_back(who) for each in pages]
    with ThreadPoolExecutor(len(pages)) as together:
        list(together.map(lambda each, way: each.get(way), pages, ways))
    ids = {each.get("/api/v1/me").json()["id"] for each in pages}
    assert len(ids) == 1
    for each in pages:
        each.http.close()


def test_the_login_is_a_credential_of_ours_with_an_end(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops")
    page.get("/api/v1/login/ways")
    page.arrive(who)
    login = Login.objects.get(user__username=who)
    hours = (login.until - login.created_at).total_seconds() / 3600
    assert login.session_key == page.http.cookies[settings.SESSION_COOKIE_NAME]
    assert 11.9 < hours < 12.1
    assert page.post("/api/v1/logout").status_code == 200
    login.refresh_from_db()
    assert login.ended_at is not None
    assert refused(page.get("/api/v1/me")) == "not_logged_in"


def test_coming_back_twice_is_coming_back_once(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops")
    way = page.way_back(who)
    page.get(way)
    page.post("/api/v1/logout")
    assert told(page, page.get(way)) == "sign_in_over"


def test_a_way_back_is_good_in_the_browser_that_set_out_and_no_other(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops")
    with Traveller(str(page.http.base_url)) as other:
        other.set_out()
        assert told(other, other.get(page.way_back(who))) == "sign_in_over"


@pytest.mark.parametrize(
    "question", ["", "?code=x", "?code=x&state=y", "?state=%00&error=access_denied", "?error=x"]
)
def test_a_way_back_that_nobody_set_out_on_leads_to_a_sentence(
    page: Traveller, question: str
) -> None:
    assert told(page, page.get(f"/login/callback{question}")) == "sign_in_over"


def test_a_code_that_is_not_the_providers_signs_nobody_in(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops")
    way = page.way_back(who).replace("code=", "code=x")
    assert told(page, page.get(way)) == "provider_disagrees"


@pytest.mark.parametrize(
    "how",
    ["audience", "party", "nonce", "issuer", "time", "key", "unsigned", "secret", "person"],
)
def test_an_id_token_that_is_wrong_is_not_believed(
    page: Traveller, provider: Provider, who: str, how: str
) -> None:
    provider.person(who, "ops")
    with provider.bent(how):
        assert told(page, page.arrive(who)) == "provider_disagrees"
    assert not User.objects.filter(username=who).exists()
    assert page.arrive(who).headers["Location"] == "/"


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n",
        "javascript:alert(1)",
        "",
        "sessions",
    ],
)
def test_no_one_is_sent_elsewhere_afterwards(page: Traveller, to: str) -> None:
    assert refused(page.set_out(to)) == "invalid"


def test_only_a_page_of_ours_may_begin(page: Traveller) -> None:
    answer = page.http.post("/api/v1/login/provider", json={"next": "/"})
    assert refused(answer) == "wrong_page"


def test_a_provider_that_is_away_is_a_sentence_and_passwords_go_on(
    page: Traveller, provider: Provider, who: str
) -> None:
    provider.person(who, "ops")
    way = page.way_back(who)
    provider.stop()
    try:
        answer = page.set_out()
        assert (answer.status_code, answer.json()["code"]) == (503, "provider_away")
        assert told(page, page.get(way)) == "provider_away"
        page.sign_in(person())
        assert page.get("/api/v1/me").status_code == 200
    finally:
        provider.start()
    provider.person(who, "ops")
    page.post("/api/v1/logout")
    assert page.arrive(who).headers["Location"] == "/"
