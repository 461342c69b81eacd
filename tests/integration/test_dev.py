"""`up --dev`: pages come from their sources, all else from a worker that starts anew by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import UUID

import pytest

from tests.house import House, new_house
from tests.polling import until
from tests.wire import Wire
from workspace.places import PROJECT


@pytest.fixture(scope="module")
def dev() -> Iterator[House]:
    with new_house("--dev", "--no-agent") as house:
        yield house.start()


def pages(house: House) -> str:
    return str(house.facts["pages_url"])


def test_a_page_is_served_from_its_sources(dev: House) -> None:
    with urlopen(f"{pages(dev)}/sessions/any") as page:
        assert b'src="/src/main.tsx' in page.read()
    with urlopen(f"{pages(dev)}/src/main.tsx") as source:
        assert b"createRoot" in source.read()


def test_all_else_is_handed_on(dev: House) -> None:
    with pytest.raises(HTTPError) as refused, urlopen(f"{pages(dev)}/api/v1/me"):
        pass
    with refused.value as answer:
        assert answer.code == 401
        assert b"Sign in first." in answer.read()


async def test_a_socket_is_handed_on(dev: House) -> None:
    url = pages(dev).replace("http", "ws", 1)
    async with Wire(url, UUID(dev.session), dev.token("operator")) as wire:
        assert (await wire.join()).you.name == "Ada"


def test_the_worker_starts_anew_when_its_code_changes(dev: House) -> None:
    log = dev.data / "logs" / "worker-1.log"
    assert "Reloading" not in log.read_text()
    os.utime(PROJECT / "collab" / "presence.py")
    until(lambda: "Reloading" in log.read_text(), "nothing was reloaded", log)
    until(dev.answers, "the worker did not come back", log)
