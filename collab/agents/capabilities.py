"""What an agent says of itself: asked beside its address, kept as it came, told in plain words.

The form is AG-UI's `AgentCapabilities`. It has no transport of its own; what ships over HTTP
answers a GET of `capabilities` below the agent's address. An agent need not answer, and what is
left out is not known. Nothing here is believed: it is shown, and no decision hangs on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx

from collab.agents import agui
from collab.agents.agui import Address
from collab.agents.failures import AgentFailure
from collab.core import untrusted
from collab.core.codes import Refused
from collab.core.events import RunAgent

Tree = dict[str, Any]

LIMITS = untrusted.Limits(size=64 * 1024, depth=16, nodes=4_096)
HEADERS = {"accept": "application/json", "accept-encoding": "identity"}
CATEGORIES = (
    *("identity", "transport", "tools", "output", "state", "multiAgent", "reasoning"),
    *("multimodal", "execution", "humanInTheLoop", "custom"),
)
TOOLS_SHOWN = 50
_LONGEST_NAME, _LONGEST_TEXT = 100, 300

CLAIMS = (
    ("humanInTheLoop.approvals", "ask for approval"),
    ("humanInTheLoop.interrupts", "stop until people answer"),
    ("humanInTheLoop.approveWithEdits", "take changed arguments"),
    ("transport.streaming", "stream its answer"),
    ("reasoning.supported", "show its reasoning"),
    ("tools.parallelCalls", "call tools side by side"),
    ("multiAgent.supported", "work with other agents"),
    ("output.structuredOutput", "answer in a given form"),
    ("state.persistentState", "remember from run to run"),
    ("execution.codeExecution", "run code"),
    ("multimodal.input.image", "take images"),
    ("multimodal.input.audio", "take sound"),
    ("multimodal.input.file", "take files"),
)
"""What an agent may say yes or no to, and how it is told to people."""


class Capabilities(NamedTuple):
    """What people are told of it: short texts in which every letter shows."""

    name: str = ""
    type: str = ""
    version: str = ""
    description: str = ""
    tools: tuple[str, ...] = ()
    more_tools: int = 0
    can: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()


SAYS_NOTHING = Capabilities()


async def ask(address: Address) -> Tree | None:
    """Ask an agent what it can do, for as long as a test may take; None: it does not say."""
    try:
        async with asyncio.timeout(agui.PROBE_SECONDS):
            said = await _answered(address)
    except (AgentFailure, httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError, TimeoutError):
        return None
    return None if said is None else read(said)


async def _answered(address: Address) -> bytes | None:
    """GET what an agent says, unless it is no plain answer or too long; follow it nowhere else."""
    headers = {**address.headers, **HEADERS}
    async with (
        agui.client(agui.Limits(silence=agui.PROBE_SECONDS)) as http,
        agui.client_for(http, address) as client,
        client.stream("GET", beside(address.url), headers=headers) as response,
    ):
        if response.status_code != 200 or "content-encoding" in response.headers:
            return None
        said = b""
        async with aclosing(_parts(response)) as parts:
            async for part in parts:
                said += part
                if len(said) > LIMITS.size:
                    return None
        return said


async def _parts(response: httpx.Response) -> AsyncGenerator[bytes]:
    async for part in response.aiter_raw():
        yield part


def beside(url: str) -> str:
    """Give the address at which an agent says what it can do."""
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/capabilities"
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def read(said: bytes) -> Tree | None:
    """Read an answer strictly and keep AG-UI's categories of it; None: it makes no sense.

    The rest is left out: what echoes a request must not put our secret headers into the table.
    """
    try:
        tree = untrusted.unpack(said.decode(), LIMITS)
    except UnicodeDecodeError:
        return None
    if isinstance(tree, Refused) or untrusted.inspect(tree, LIMITS, ()):
        return None
    return {name: tree[name] for name in CATEGORIES if isinstance(tree.get(name), dict)}


def told(tree: Mapping[str, Any] | None) -> Capabilities | None:
    """Say in plain words what an agent says of itself; None: nothing that has a word here."""
    identity = _at(tree, "identity")
    names = list(_names(_at(tree, "tools.items")))
    found = Capabilities(
        name=_text(_at(identity, "name"), _LONGEST_NAME),
        type=_text(_at(identity, "type"), _LONGEST_NAME),
        version=_text(_at(identity, "version"), _LONGEST_NAME),
        description=_text(_at(identity, "description"), _LONGEST_TEXT),
        tools=tuple(names[:TOOLS_SHOWN]),
        more_tools=max(0, len(names) - TOOLS_SHOWN),
        can=tuple(words for place, words in CLAIMS if _at(tree, place) is True),
        cannot=tuple(words for place, words in CLAIMS if _at(tree, place) is False),
    )
    return None if found == SAYS_NOTHING else found


def in_short(tree: Mapping[str, Any] | None) -> RunAgent | None:
    """Give what the record of a run keeps of it."""
    says = told(tree)
    return RunAgent(says.name, says.type, says.version, says.tools) if says else None


def _names(items: Any) -> Iterator[str]:
    for item in items if isinstance(items, list) else ():
        if name := _text(_at(item, "name"), _LONGEST_NAME):
            yield name


def _at(tree: Any, place: str) -> Any:
    for name in place.split("."):
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def _text(value: Any, longest: int) -> str:
    """Give a text on one line, without what does not show or turns the direction of reading."""
    if not isinstance(value, str):
        return ""
    shown = "".join(letter if letter.isprintable() else " " for letter in value)
    line = " ".join(shown.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
