"""The demo agent over HTTP: AG-UI at `/`, what it can do at `/capabilities`, and a secret header
where one is demanded."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_ai import Agent, DeferredToolRequests, Tool
from pydantic_ai.models import Model
from pydantic_ai.ui.ag_ui import AGUIAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .tools import Tools

INSTRUCTIONS = (
    "You are an operations agent that looks after the files of one scratch folder. Look before "
    "you act, say in short sentences what you found and what you propose, and use the tools for "
    "all that you do. Writing, deleting and running programs wait for a person's approval; "
    "respect a refusal and its reason. Paths are relative to the folder."
)


def build_agent(model: Model, tools: Tools) -> Agent[None, str | DeferredToolRequests]:
    """Put a model and the tools together; the tools that act wait for an approval."""
    agent: Agent[None, str | DeferredToolRequests] = Agent(
        model, output_type=[str, DeferredToolRequests], instructions=INSTRUCTIONS, name="demo"
    )
    for tool in tools.free():
        agent.tool_plain(tool)
    for tool in tools.gated():
        agent.tool_plain(requires_approval=True)(tool)
    return agent


def capabilities(name: str, tools: Tools) -> dict[str, Any]:
    """Say what the agent can do, in AG-UI's form; what hangs on the model is left out."""
    return {
        "identity": {
            "name": name,
            "type": "pydantic-ai",
            "description": "Looks after the files of one scratch folder.",
        },
        "transport": {"streaming": True},
        "tools": {
            "supported": True,
            "items": [_item(tool) for tool in (*tools.free(), *tools.gated())],
        },
        "multiAgent": {"supported": False},
        "humanInTheLoop": {
            "supported": True,
            "approvals": True,
            "interrupts": True,
            "approveWithEdits": True,
        },
    }


def _item(tool: Callable[..., Any]) -> dict[str, Any]:
    known = Tool(tool).tool_def
    return {
        "name": known.name,
        "description": known.description,
        "parameters": known.parameters_json_schema,
    }


def build_app(
    agent: Agent[None, str | DeferredToolRequests], tools: Tools, required: Mapping[str, str]
) -> ASGIApp:
    """Serve an agent; whoever lacks a required header gets a 401."""
    says = capabilities(agent.name or "", tools)

    async def run(request: Request) -> Response:
        return await AGUIAdapter.dispatch_request(request, agent=agent)

    async def describe(_: Request) -> Response:
        return JSONResponse(says)

    async def health(_: Request) -> Response:
        return JSONResponse({"ok": True})

    routes = [
        Route("/", run, methods=["POST"]),
        Route("/capabilities", describe),
        Route("/health", health),
    ]
    return Guard(Starlette(routes=routes), required)


@dataclass(frozen=True)
class Guard:
    """Answer 401 to whoever does not send the required headers."""

    app: ASGIApp
    required: Mapping[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the headers of a request and pass it on."""
        refusal = {"error": "This agent demands a header that was not sent, or was sent wrong."}
        refusing = JSONResponse(refusal, status_code=401)
        free = scope["type"] != "http" or scope["path"] == "/health"
        passes = free or self._has_all(Request(scope))
        await (self.app if passes else refusing)(scope, receive, send)

    def _has_all(self, request: Request) -> bool:
        return all(
            hmac.compare_digest(request.headers.get(name, "").encode(), value.encode())
            for name, value in self.required.items()
        )
