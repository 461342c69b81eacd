"""What a worker answers before anybody has logged in, on real sockets."""

import json
import urllib.error
import urllib.request

import pytest
from websockets import Origin
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.cluster import Cluster


def get(url: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def test_each_worker_says_that_it_is_well(cluster: Cluster) -> None:
    for worker in cluster.workers:
        status, _, body = get(f"{worker.url}/healthz")
        assert (status, json.loads(body)) == (200, {"ok": True})


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
