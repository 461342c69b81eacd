"""Cohelm behind nginx, by the file that deploy/ gives: https, sockets, addresses, long silences."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import websockets

from collab.agents.client import Beginning, join, session_url
from collab.core import commands as c
from collab.core.events import Event, NoteWritten
from permissions import attempts
from tests.desk import Desk
from tests.front import MISSING, Front, fronted, house_behind_nginx, nginx
from tests.house import House
from tests.needs import lacks
from tests.wire import Wire

READ = "proxy_read_timeout 35s;"
IDLE_SECONDS = 14.0
"""Longer than a beat (10 s) and than the shortest patience that suffices for one."""


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Front]]:
    if nginx() is None:
        lacks(MISSING)
    with house_behind_nginx(tmp_path_factory.mktemp("nginx")) as both:
        yield both


@pytest.fixture
def house(behind: tuple[House, Front]) -> House:
    return behind[0]


@pytest.fixture
def front(behind: tuple[House, Front]) -> Front:
    return behind[1]


@pytest.fixture(autouse=True)
def trusted(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process believe the test's certificate, and no other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(front.certificate))


@contextmanager
def browser(front: Front, address: str = "127.0.0.1") -> Iterator[httpx.Client]:
    """Come as a browser from one of this machine's addresses."""
    trusting = ssl.create_default_context(cafile=str(front.certificate))
    transport = httpx.HTTPTransport(verify=trusting, local_address=address)
    with httpx.Client(base_url=front.url, transport=transport, timeout=30) as page:
        page.get("/api/v1/me")
        yield page


def sign_in(page: httpx.Client, username: str, password: str, **headers: str) -> httpx.Response:
    sent = {"Origin": str(page.base_url).rstrip("/"), **headers}
    sent["X-CSRFToken"] = page.cookies.get("csrftoken") or ""
    login = {"username": username, "password": password}
    return page.post("/api/v1/login", json=login, headers=sent)


def test_a_browser_is_told_to_stay_with_https(front: Front) -> None:
    plain = httpx.get(f"http://localhost:{front.plain_port}/sessions?a=1", trust_env=False)
    assert (plain.status_code, plain.headers["location"]) == (301, f"{front.url}/sessions?a=1")
    with browser(front) as page:
        answer = page.get("/")
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_login_works_and_its_cookies_never_travel_in_the_open(house: House, front: Front) -> None:
    with browser(front) as page:
        answer = sign_in(page, "operator1", house.password("operator1"))
        assert answer.status_code == 200, answer.text
        cookies = {
            cookie.partition("=")[0]: cookie.lower()
            for cookie in answer.headers.get_list("set-cookie")
        }
        assert "; secure" in cookies["cohelm_login"]
        assert "; httponly" in cookies["cohelm_login"]
        assert "; secure" in cookies["csrftoken"]
        assert page.get("/api/v1/me").json()["username"] == "operator1"


def test_a_login_from_another_sites_page_is_refused(house: House, front: Front) -> None:
    with browser(front) as page:
        forged = sign_in(page, "operator1", house.password("operator1"), Origin="https://evil.test")
    assert forged.status_code == 403


def test_guessing_is_counted_for_the_guessers_address_and_for_no_other(
    house: House, front: Front
) -> None:
    right = house.password("auditor")
    with browser(front, "127.0.0.2") as guesser, browser(front) as auditor:
        for number in range(attempts.ALLOWED):
            forged = {"X-Forwarded-For": f"10.0.0.{number}"}
            assert sign_in(guesser, "auditor", "no", **forged).status_code == 401
        assert sign_in(guesser, "auditor", right).json()["code"] == "too_many_tries"
        assert sign_in(auditor, "auditor", right).status_code == 200


def test_only_a_trusted_proxy_says_where_somebody_comes_from(house: House, front: Front) -> None:
    forged = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "https"}
    for address, believed in (("127.0.0.1", True), ("127.0.0.3", False)):
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(base_url=house.url, transport=transport) as direct:
            answer = direct.get("/", headers=forged)
        assert ("strict-transport-security" in answer.headers) == believed


def test_the_admin_and_its_files_are_there(house: House, front: Front) -> None:
    with browser(front) as page:
        form = page.get("/admin/login/")
        style = re.search(r'href="(/static/admin/css/base[^"]*)"', form.text)
        assert style and page.get(style[1]).headers["content-type"].startswith("text/css")
        login = {"username": "operator1", "password": house.password("operator1")}
        token = {"csrfmiddlewaretoken": page.cookies["csrftoken"], "next": "/admin/"}
        referred = {"Referer": f"{front.url}/admin/login/"}
        entered = page.post("/admin/login/", data=login | token, headers=referred)
        assert (entered.status_code, entered.headers["location"]) == (302, "/admin/")
        assert page.get("/admin/").status_code == 200


def test_what_is_too_large_is_turned_away(front: Front) -> None:
    with browser(front) as page:
        assert page.post("/api/v1/login", content=b"x" * 200_000).status_code == 413


async def test_a_socket_opens_by_its_cookie_for_our_own_page_and_for_no_other(
    house: House, front: Front
) -> None:
    with browser(front) as page:
        sign_in(page, "operator1", house.password("operator1"))
        cookie = f"cohelm_login={page.cookies['cohelm_login']}"
    async with Wire(front.ws_url, UUID(house.session), Cookie=cookie, Origin=front.url) as wire:
        assert (await wire.join()).you.name == "Ada"
        await wire.do(c.NoteWrite("through nginx"))
    for origin in ("https://evil.test", front.url.replace("https", "http")):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with Wire(front.ws_url, UUID(house.session), Cookie=cookie, Origin=origin):
                pass
        assert refused.value.response.status_code == 403


async def test_beats_keep_a_silent_socket_and_an_impatient_proxy_loses_nobody_an_event(
    house: House, front: Front, tmp_path: Path
) -> None:
    session, token = UUID(house.session), house.token("operator")
    patient = fronted(tmp_path / "patient", house.port, {READ: "proxy_read_timeout 12s;"})
    hasty = fronted(tmp_path / "hasty", house.port, {READ: "proxy_read_timeout 3s;"})
    with patient as kept, hasty as cutting:
        async with (
            Wire(kept.ws_url, session, token) as silent,
            join(session_url(cutting.url, session), token, begin=Beginning(from_start=True)) as sdk,
        ):
            desk = Desk(sdk)
            await silent.join()
            begun = time.monotonic()
            slow = asyncio.create_task(asyncio.to_thread(sends_half_a_header, front))
            async with Wire(cutting.ws_url, session, token) as cut:
                await cut.until(lambda: cut.closed is not None)
            # The silence is what is tried here.
            await asyncio.sleep(IDLE_SECONDS - (time.monotonic() - begun))
            assert silent.closed is None
            for number in range(3):
                await silent.do(c.NoteWrite(f"after a silence {number}"))
            await noted(desk, "after a silence 2")
            # nginx would wait for a minute by itself.
            assert 9 < await slow < 40
    seqs = [event.seq for event in desk.events]
    assert seqs == list(range(1, len(seqs) + 1))


def sends_half_a_header(front: Front) -> float:
    """Begin a request and never end it; give the seconds for which nginx waits."""
    context = ssl.create_default_context(cafile=str(front.certificate))
    with (
        socket.create_connection(("127.0.0.1", front.port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as slow,
    ):
        begun = time.monotonic()
        slow.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        slow.settimeout(90)
        while slow.recv(4096):
            pass
        return time.monotonic() - begun


async def noted(desk: Desk, text: str) -> Event:
    after = 0
    while True:
        event = await desk.event(NoteWritten, after)
        if isinstance(event.body, NoteWritten) and event.body.text == text:
            return event
        after = event.seq
