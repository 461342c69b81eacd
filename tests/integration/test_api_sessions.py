"""Sessions, people and agents over HTTP: who sees what, and what a new session begins with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.db import connection

from collab import opening, sealing
from collab.core.codes import Refusal, Refused
from collab.core.events import AgentSeat
from collab.models import Agent, Session, Workspace
from permissions import grants
from permissions.credentials import Identity
from permissions.masks import LOGIN
from permissions.models import User
from permissions.roles import ROLES, codenames
from tests import loops
from tests.cluster import Cluster
from tests.estate import Estate, mask, new_user, principal, sql
from tests.figures import figure
from tests.outages import connections_ending
from tests.page import Page, person, refused
from tests.scene import Scene, make_scene

pytestmark = pytest.mark.usefixtures("database")

AGENT = "http://127.0.0.1:9/agent"


@dataclass
class Office:
    """A workspace whose log has begun, and pages of people who are signed in."""

    scene: Scene
    users: dict[str, User]
    pages: dict[str, Page]

    def __getitem__(self, name: str) -> Page:
        return self.pages[name]

    @property
    def place(self) -> str:
        return str(self.scene.workspace)


@pytest.fixture(scope="module")
def office(cluster: Cluster, django_db_blocker: Any) -> Iterator[Office]:
    with django_db_blocker.unblock():
        scene = make_scene()
        users = {name: person(name=name) for name in ("owner", "operator", "observer", "stranger")}
        workspace = Session.objects.get(id=scene.session).workspace
        for name in ("owner", "operator", "observer"):
            grants.give(users[name], workspace, name)
        pages = {name: Page(cluster[0].url) for name in users}
        for name, page in pages.items():
            page.__enter__()
            page.sign_in(users[name])
        yield Office(scene, users, pages)
        for page in pages.values():
            page.http.close()


def sessions(page: Page) -> dict[str, Any]:
    return {row["id"]: row for row in page.get("/api/v1/sessions").json()["sessions"]}


def test_a_session_is_listed_with_what_one_may_do_there(office: Office) -> None:
    row = sessions(office["observer"])[str(office.scene.session)]
    assert (row["title"], row["status"]) == ("Tidy up", "open")
    assert (row["roles"], row["permissions"]) == (["observer"], ["view"])
    assert row["workspace"]["id"] == office.place
    assert row["agent"] == {"id": str(office.scene.agent_id), "name": "agent"}


def test_a_session_that_is_not_yours_is_not_listed(office: Office) -> None:
    assert sessions(office["stranger"]) == {}


def test_a_session_that_has_not_begun_is_not_listed(office: Office) -> None:
    waiting = Session.objects.create(workspace_id=office.scene.workspace, title="not yet")
    assert str(waiting.id) not in sessions(office["owner"])


def test_whoever_opens_a_session_owns_it_and_its_agent_may_act(office: Office) -> None:
    guest = {"user_id": str(office.users["observer"].id), "role": "commenter"}
    wish = {
        "workspace_id": office.place,
        "title": "New work",
        "agent_id": str(office.scene.agent_id),
        "people": [guest, guest],
    }
    answer = office["operator"].post("/api/v1/sessions", wish)
    assert answer.status_code == 201, answer.text
    key = answer.json()["id"]
    row = sessions(office["operator"])[key]
    assert (row["status"], row["roles"]) == ("open", ["operator", "owner"])
    assert row["permissions"] == list(codenames(ROLES["owner"]))
    assert sessions(office["observer"])[key]["permissions"] == ["view", "comment"]
    acting = mask(UUID(key), principal(User.objects.get(id=office.scene["agent"].user)))
    assert acting.permissions == ROLES["agent"]
    assert sql("SELECT type FROM collab_event WHERE log = %s AND seq = 1", key) == [
        ("session.opened",)
    ]


def wish(office: Office, **changes: Any) -> dict[str, Any]:
    return {"workspace_id": office.place, "title": "New", "agent_id": None} | changes


def opened(office: Office, who: str, key: UUID, body: dict[str, Any]) -> httpx.Response:
    page = office[who]
    headers = {
        "X-CSRFToken": page.http.cookies["csrftoken"],
        "Idempotency-Key": str(key),
    }
    return page.http.post("/api/v1/sessions", json=body, headers=headers)


def test_a_retry_with_the_same_key_opens_no_second_session(office: Office) -> None:
    key, before = uuid4(), Session.objects.count()
    body = wish(office, title="Once")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: opened(office, "operator", key, body), range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Session.objects.count() == before + 1
    other = opened(office, "operator", key, body | {"title": "Twice"})
    assert (other.status_code, refused(other)) == (409, "command_id_taken")
    theirs = opened(office, "owner", key, body)
    assert theirs.status_code == 201 and theirs.json() != answers[0].json()
    assert Session.objects.count() == before + 2


def test_what_was_not_answered_in_an_outage_opens_once_when_sent_again(office: Office) -> None:
    before, keys = Session.objects.count(), [uuid4() for _ in range(8)]

    def send(key: UUID) -> httpx.Response:
        return opened(office, "owner", key, wish(office, title=f"kept {key}"))

    with connections_ending(), ThreadPoolExecutor(8) as pool:
        first = list(pool.map(send, keys))
    assert {answer.status_code for answer in first} <= {201, 503}
    assert all(answer.json()["retry"] for answer in first if answer.status_code == 503)
    waiting = list(keys)
    deadline = time.monotonic() + 60
    while waiting and time.monotonic() < deadline:
        waiting = [key for key in waiting if send(key).status_code != 201]
    assert waiting == []
    connection.close()
    assert Session.objects.count() == before + len(keys)
    refusals = sum(answer.status_code == 503 for answer in first)
    figure("sessions asked for in an outage: not answered at first, opened once", f"{refusals}, 8")


def test_a_key_that_opened_a_session_elsewhere_opens_none_here(office: Office) -> None:
    key = uuid4()
    assert opened(office, "owner", key, wish(office)).status_code == 201
    elsewhere = make_scene()
    grants.give(office.users["owner"], Workspace.objects.get(id=elsewhere.workspace), "operator")
    answer = opened(office, "owner", key, wish(office, workspace_id=str(elsewhere.workspace)))
    assert (answer.status_code, refused(answer)) == (409, "command_id_taken")


def test_sessions_are_listed_page_by_page(office: Office) -> None:
    for number in range(5):
        assert office["owner"].post("/api/v1/sessions", wish(office, title=f"p{number}"))
    whole = [row["id"] for row in office["owner"].get("/api/v1/sessions").json()["sessions"]]
    paged: list[str] = []
    after = ""
    while True:
        page = office["owner"].get(f"/api/v1/sessions?limit=2{after}").json()
        paged += [row["id"] for row in page["sessions"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert paged == whole
    here = office["owner"].get(f"/api/v1/sessions?workspace={office.place}").json()["sessions"]
    assert {row["workspace"]["id"] for row in here} == {office.place}
    assert office["owner"].get(f"/api/v1/sessions?workspace={uuid4()}").json()["sessions"] == []
    assert refused(office["owner"].get("/api/v1/sessions?limit=501")) == "invalid"


def test_a_session_cannot_be_opened_without_the_right_to_drive(office: Office) -> None:
    assert refused(office["observer"].post("/api/v1/sessions", wish(office))) == "forbidden"


def test_a_workspace_that_is_not_yours_and_one_that_is_not_there_look_the_same(
    office: Office,
) -> None:
    answers = [
        office["stranger"].post("/api/v1/sessions", wish(office, workspace_id=place))
        for place in (office.place, str(uuid4()))
    ]
    assert [refused(answer) for answer in answers] == ["no_workspace"] * 2
    assert answers[0].content == answers[1].content


def test_an_agent_of_another_workspace_cannot_be_chosen(office: Office) -> None:
    elsewhere = Agent.objects.create(
        workspace=Estate().workspace, user=new_user(kind="agent"), name="other", url=AGENT
    )
    for key in (elsewhere.id, uuid4()):
        answer = office["operator"].post("/api/v1/sessions", wish(office, agent_id=str(key)))
        assert refused(answer) == "no_such_agent"


def test_an_agent_that_goes_while_a_session_is_opened_is_refused_by_name(office: Office) -> None:
    owner = office.users["owner"]
    by = Identity(owner.id, owner.name, owner.username, "person", LOGIN, uuid4())
    gone = AgentSeat(uuid4(), uuid4(), "Gone")
    new = opening.new(UUID(office.place), "with it", gone)
    outcome = loops.alone(opening.open_session(by, new))
    assert isinstance(outcome, Refused) and outcome.refusal is Refusal.NO_AGENT
    assert not Session.objects.filter(id=new.id).exists()


def test_only_people_of_the_workspace_get_a_role_that_exists(office: Office) -> None:
    observer, stranger = (str(office.users[name].id) for name in ("observer", "stranger"))
    refusals = [
        refused(office["operator"].post("/api/v1/sessions", wish(office, people=[guest])))
        for guest in (
            {"user_id": stranger, "role": "observer"},
            {"user_id": str(uuid4()), "role": "observer"},
            {"user_id": observer, "role": "king"},
            {"user_id": observer, "role": "agent"},
        )
    ]
    assert refusals == ["no_person", "no_person", "invalid", "invalid"]


def test_a_refused_session_leaves_nothing_behind(office: Office) -> None:
    before = Session.objects.count()
    refused(office["observer"].post("/api/v1/sessions", wish(office)))
    refused(office["operator"].post("/api/v1/sessions", wish(office, agent_id=str(uuid4()))))
    assert Session.objects.count() == before


def test_the_people_of_a_workspace_are_shown_to_those_who_may_invite_them(office: Office) -> None:
    path = f"/api/v1/people?workspace={office.place}"
    names = {row["name"] for row in office["operator"].get(path).json()["people"]}
    assert {"owner", "operator", "observer"} <= names
    assert not {"stranger", "agent"} & names
    assert refused(office["observer"].get(path)) == "forbidden"
    assert refused(office["stranger"].get(path)) == "no_workspace"


def test_an_agent_is_added_and_its_secret_never_comes_back(office: Office) -> None:
    headers = {"X-Key": "very secret indeed"}
    new = {"workspace_id": office.place, "name": "Helper", "url": AGENT, "headers": headers}
    answer = office["owner"].post("/api/v1/agents", new)
    assert answer.status_code == 201, answer.text
    agent = Agent.objects.get(id=answer.json()["id"])
    assert sealing.unseal(agent.headers_sealed) == headers
    assert b"very secret" not in bytes(agent.headers_sealed or b"")
    listed = office["owner"].get("/api/v1/agents")
    assert "very secret" not in listed.text
    row = next(row for row in listed.json()["agents"] if row["id"] == str(agent.id))
    assert (row["name"], row["url"], row["has_headers"]) == ("Helper", AGENT, True)
    assert row["owner"] == {"name": "owner"}
    assert refused(office["owner"].post("/api/v1/agents", new)) == "name_taken"
    assert sql(
        "SELECT count(*) FROM collab_event WHERE log = %s AND type = 'agent.added'", office.place
    ) == [(1,)]


def added(office: Office, name: str) -> str:
    new = {"workspace_id": office.place, "name": name, "url": AGENT, "headers": {"X-Key": "old"}}
    answer = office["owner"].post("/api/v1/agents", new)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def asked(office: Office, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
    page = office[who]
    headers = {"X-CSRFToken": page.http.cookies["csrftoken"]}
    return page.http.request(method, f"/api/v1/{path}", json=body, headers=headers)


def test_an_agent_is_changed_and_its_log_is_told(office: Office) -> None:
    key = added(office, "Old name")
    answer = asked(office, "owner", "PATCH", f"agents/{key}", {"name": "New name"})
    assert answer.status_code == 200, answer.text
    agent = Agent.objects.select_related("user").get(id=key)
    assert (agent.name, agent.user.name, agent.url) == ("New name", "New name", AGENT)
    assert sealing.unseal(agent.headers_sealed) == {"X-Key": "old"}
    secret = {"url": "http://127.0.0.1:8/new", "headers": {"X-Key": "very secret indeed"}}
    changed = asked(office, "owner", "PATCH", f"agents/{key}", secret)
    agent.refresh_from_db()
    assert (agent.url, sealing.unseal(agent.headers_sealed)) == (secret["url"], secret["headers"])
    (content,) = sql(
        "SELECT bytes FROM collab_event WHERE log = %s AND seq = %s",
        office.place,
        changed.json()["seq"],
    )[0]
    assert b"agent.changed" in content and b"very secret" not in content
    assert refused(asked(office, "owner", "PATCH", f"agents/{key}", {})) == "nothing_to_do"
    added(office, "Taken name")
    taken = asked(office, "owner", "PATCH", f"agents/{key}", {"name": "Taken name"})
    assert (taken.status_code, refused(taken)) == (409, "name_taken")
    wrong = asked(office, "owner", "PATCH", f"agents/{key}", {"url": "ftp://x"})
    assert refused(wrong) == "wrong_url"
    agent.refresh_from_db()
    assert (agent.name, agent.url) == ("New name", secret["url"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/agent", "https://127.0.0.1:9/agent"])
def test_kept_secrets_do_not_go_to_another_server(office: Office, url: str) -> None:
    key = added(office, f"Secrets {url}")
    answer = asked(office, "owner", "PATCH", f"agents/{key}", {"url": url})
    assert refused(answer) == "secrets_again"
    assert Agent.objects.get(id=key).url == AGENT


def test_only_an_owner_changes_or_removes_agents(office: Office) -> None:
    key = added(office, "Not yours")
    for who, status, name in (
        ("operator", 403, "forbidden"),
        ("stranger", 404, "no_such_agent"),
    ):
        answers = [
            asked(office, who, "PATCH", f"agents/{key}", {"name": "Mine"}),
            asked(office, who, "DELETE", f"agents/{key}"),
        ]
        assert {(answer.status_code, refused(answer)) for answer in answers} == {(status, name)}
    foreign, unknown = (
        asked(office, "stranger", "DELETE", f"agents/{one}") for one in (key, uuid4())
    )
    assert foreign.content == unknown.content
    assert Agent.objects.get(id=key).name == "Not yours"


def test_an_agent_that_no_session_has_is_removed(office: Office) -> None:
    key = added(office, "For a while")
    user = Agent.objects.get(id=key).user_id
    answer = asked(office, "owner", "DELETE", f"agents/{key}")
    assert answer.status_code == 200, answer.text
    assert not Agent.objects.filter(id=key).exists() and not User.objects.filter(id=user).exists()
    assert refused(asked(office, "owner", "DELETE", f"agents/{key}")) == "no_such_agent"
    assert sql(
        "SELECT type FROM collab_event WHERE log = %s ORDER BY seq DESC LIMIT 1", office.place
    ) == [("agent.removed",)]


def test_an_agent_that_a_session_has_stays(office: Office) -> None:
    before = sql("SELECT seq FROM collab_head WHERE log = %s", office.place)
    answer = asked(office, "owner", "DELETE", f"agents/{office.scene.agent_id}")
    assert (answer.status_code, refused(answer)) == (409, "in_use")
    assert Agent.objects.filter(id=office.scene.agent_id).exists()
    assert sql("SELECT seq FROM collab_head WHERE log = %s", office.place) == before


def test_addresses_of_agents_are_shown_to_those_who_manage_them(office: Office) -> None:
    rows = office["operator"].get("/api/v1/agents").json()["agents"]
    assert rows and {row["url"] for row in rows} == {""}
    assert office["stranger"].get("/api/v1/agents").json() == {"agents": []}


def test_only_an_owner_adds_or_tries_agents(office: Office) -> None:
    new = {"workspace_id": office.place, "name": "Mine", "url": AGENT, "headers": {}}
    assert refused(office["operator"].post("/api/v1/agents", new)) == "forbidden"
    assert refused(office["stranger"].post("/api/v1/agents", new)) == "no_workspace"
    tried = {"url": AGENT, "headers": {}}
    assert refused(office["operator"].post("/api/v1/agents/test", tried)) == "forbidden"


def test_trying_an_agent_that_is_not_there_says_so(office: Office) -> None:
    said = office["owner"].post("/api/v1/agents/test", {"url": AGENT, "headers": {}}).json()
    assert said["ok"] is False
    assert "could not be reached" in said["sentence"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/",
        "javascript:alert(1)",
        "http://",
        "/local",
        "http://a b/",
        "http://[x/",
        "http://x:0/",
    ],
)
def test_an_address_that_is_none_is_refused(office: Office, url: str) -> None:
    assert refused(office["owner"].post("/api/v1/agents/test", {"url": url})) == "wrong_url"


@pytest.mark.parametrize("header", [{"A b": "x"}, {"A": "x\r\nB: y"}, {"A": "ü"}, {"A": " x"}])
def test_a_header_that_could_be_two_is_refused(office: Office, header: dict[str, str]) -> None:
    tried = {"url": AGENT, "headers": header}
    assert refused(office["owner"].post("/api/v1/agents/test", tried)) == "wrong_header"


ID = "00000000-0000-0000-0000-000000000000"
BAD: list[tuple[str, bytes, str]] = [
    ("sessions", b"", "invalid"),
    ("sessions", b"{", "malformed"),
    ("sessions", b"\xff\xfe", "malformed"),
    ("sessions", b"[]", "malformed"),
    ("sessions", b"null", "malformed"),
    ("sessions", b"{}", "invalid"),
    ("sessions", b'{"workspace_id": 1, "title": "x"}', "invalid"),
    ("sessions", b'{"workspace_id": "x", "title": "x"}', "invalid"),
    ("sessions", f'{{"workspace_id": "{ID}", "title": ""}}'.encode(), "invalid"),
    ("sessions", f'{{"workspace_id": "{ID}", "title": "{"x" * 201}"}}'.encode(), "invalid"),
    (
        "sessions",
        f'{{"workspace_id": "{ID}", "title": "a\\u0000"}}'.encode(),
        "invalid_text",
    ),
    ("sessions", f'{{"workspace_id": "{ID}", "title": "\\ud800"}}'.encode(), "invalid_text"),
    ("sessions", f'{{"workspace_id": "{ID}", "title": "x", "a": 1}}'.encode(), "unknown_field"),
    ("sessions", b"[" * 60_000, "too_deep"),
    ("sessions", b'{"a":' * 40 + b"1" + b"}" * 40, "too_deep"),
    ("sessions", b'{"title": [' + b"1," * 3_000 + b"1]}", "too_large"),
    ("sessions", b'{"title": "x", "title": "y"}', "malformed"),
    ("sessions", b'{"title": 1e400}', "invalid_number"),
    ("sessions", b'{"title": 9007199254740993}', "invalid_number"),
    ("sessions", b'{"title": ' + b"9" * 5_000 + b"}", "invalid_number"),
    ("sessions", b" " * 70_000, "too_large"),
    ("sessions", b" " * 2_000_000, "too_large"),
    ("agents", b'{"name": NaN}', "invalid_number"),
    ("agents/test", b'{"url": "http://x", "headers": {"a": 1}}', "invalid"),
    ("agents/test", b'{"url": "http://x", "headers": {"a\\u0000": "b"}}', "invalid_text"),
    ("login", b'{"username": "\\u0000", "password": "x"}', "invalid_text"),
    ("login", b'{"username": ["x"], "password": "x"}', "invalid"),
    ("signup/x", b"{}", "invalid"),
]


@pytest.mark.parametrize(("path", "body", "name"), BAD)
def test_bad_input_is_refused_by_name(office: Office, path: str, body: bytes, name: str) -> None:
    assert refused(office["owner"].post(f"/api/v1/{path}", raw=body)) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", "no_address"),
        ("nothing", "no_address"),
        ("login", "wrong_method"),
        ("people", "invalid"),
        ("people?workspace=x", "invalid"),
        ("people?workspace=%00", "invalid"),
        (f"people?workspace={ID}&workspace={ID}", "invalid"),
        (f"people?workspace={ID}&sort=name", "unknown_field"),
        ("sessions?all=1", "unknown_field"),
        (f"people?workspace={ID}", "no_workspace"),
    ],
)
def test_a_wrong_question_is_refused_by_name(office: Office, path: str, name: str) -> None:
    assert refused(office["owner"].get(f"/api/v1/{path}")) == name


@pytest.mark.parametrize("path", ["sessions", "agents", f"people?workspace={ID}"])
def test_whoever_is_not_signed_in_is_told_so(cluster: Cluster, path: str) -> None:
    with Page(cluster[0].url) as page:
        assert refused(page.get(f"/api/v1/{path}")) == "not_logged_in"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_only_json_is_read(office: Office, kind: str) -> None:
    page = office["owner"]
    headers = {"X-CSRFToken": page.http.cookies["csrftoken"], "Content-Type": kind}
    answer = page.http.post("/api/v1/agents/test", content=b"{}", headers=headers)
    assert (answer.status_code, refused(answer)) == (415, "wrong_type")


def test_an_address_says_how_it_is_used(office: Office) -> None:
    answer = office["owner"].http.request("DELETE", "/api/v1/sessions")
    assert (answer.status_code, refused(answer)) == (405, "wrong_method")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}
    head = office["owner"].http.head("/api/v1/sessions")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Cache-Control"] == "no-store"


def test_the_api_describes_itself(cluster: Cluster) -> None:
    with Page(cluster[0].url) as page:
        described = page.get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.")
    for address, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["description"].endswith("."), address
            assert "default" in operation["responses"], address
