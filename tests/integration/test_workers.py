"""What a worker answers before anybody has logged in, on real sockets."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from websockets import Origin
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.cluster import Cluster, free_port
from tests.estate import sql
from tests.polling import answers, until


def get(url: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_each_worker_says_that_it_is_well(cluster: Cluster) -> None:
    for worker in cluster.workers:
        status, _, body = get(f"{worker.url}/healthz")
        assert (status, json.loads(body)) == (200, {"ok": True})
        status, _, body = get(f"{worker.url}/readyz")
        assert (status, json.loads(body)) == (200, {"ok": True, "database": "ok", "hints": "ok"})


def test_a_worker_without_its_servers_lives_and_is_not_ready(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    dsn = f"postgresql://cohelm@{nobody}/cohelm"
    servers = {"DATABASE_URL": dsn, "COHELM_APP_DATABASE_URL": dsn}
    cluster = Cluster(tmp_path, 1, servers | {"REDIS_URL": f"redis://{nobody}/0"})
    worker = cluster[0]
    worker.start()
    try:
        until(lambda: answers(f"{worker.url}/healthz"), "it does not live", worker.log)
        status, _, body = get(f"{worker.url}/readyz")
        found = {"ok": False, "database": "away", "hints": "away"}
        assert (status, json.loads(body)) == (503, found)
        status, _, body = get(f"{worker.url}/api/v1/me")
        assert (status, json.loads(body)["code"]) == (401, "not_logged_in")
    finally:
        cluster.stop()


def test_a_database_that_lacks_a_migration_is_not_ready(cluster: Cluster) -> None:
    (last,) = sql(
        "SELECT name FROM django_migrations WHERE app = 'collab' ORDER BY name DESC LIMIT 1",
        dsn=settings.LOG_OWNER_DSN,
    )[0]
    rename = "UPDATE django_migrations SET name = %s WHERE app = 'collab' AND name = %s"
    sql(rename, "gone", last, dsn=settings.LOG_OWNER_DSN)
    try:
        until(lambda: not answers(f"{cluster[0].url}/readyz"), "it is ready")
        assert json.loads(get(f"{cluster[0].url}/readyz")[2])["database"] == "not migrated"
        assert answers(f"{cluster[0].url}/healthz")
    finally:
        sql(rename, last, "gone", dsn=settings.LOG_OWNER_DSN)
    until(lambda: answers(f"{cluster[0].url}/readyz"), "it is not ready")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_refused_before_it_is_stored(
    cluster: Cluster, announced: bool
) -> None:
    part = b" " * 65_536
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(4_000):
            sent += len(part)
            yield part

    headers = {"Content-Length": str(4_000 * len(part))} if announced else {}
    with httpx.Client(trust_env=False, timeout=30) as client:
        try:
            url = f"{cluster[0].url}/api/v1/login"
            answer = client.post(url, content=body(), headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        except httpx.WriteError:
            pass  # the connection was closed while we still sent: that is the refusal
    assert sent < 64 * 1_048_576


def test_a_page_tells_the_browser_to_load_nothing_from_elsewhere(cluster: Cluster) -> None:
    _, headers, _ = get(f"{cluster[0].url}/sessions")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_of_the_admin_is_served_and_a_path_outside_is_not(cluster: Cluster) -> None:
    status, headers, _ = get(f"{cluster[0].url}/static/admin/css/base.css")
    assert (status, headers["content-type"]) == (200, 'text/css; charset="utf-8"')
    assert get(f"{cluster[0].url}/static/../manage.py")[0] == 404


@pytest.mark.parametrize("path", ["/ws/elsewhere/", "/ws/sessions/not-a-uuid/"])
async def test_a_socket_to_nowhere_is_told_to_stay_away(cluster: Cluster, path: str) -> None:
    async with connect(cluster[0].ws_url + path) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4504


async def test_a_browser_from_another_origin_is_told_to_stay_away(cluster: Cluster) -> None:
    address = f"{cluster[0].ws_url}/ws/sessions/00000000-0000-4000-8000-000000000000/"
    with pytest.raises(InvalidStatus) as refused:
        await connect(address, origin=Origin("https://elsewhere.example"))
    assert refused.value.response.status_code == 403


def test_a_killed_worker_comes_back_on_its_port(cluster: Cluster) -> None:
    cluster[1].kill()
    assert not cluster[1].answers()
    cluster[1].restart()
    assert cluster[1].answers()
