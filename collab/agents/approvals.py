"""AG-UI's interrupts and Cohelm's approval requests, each from the other.

Pure. What is ambiguous is never an approval: only an interrupt whose answer has a yes or no is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, cast
from uuid import UUID, uuid5

from collab.agents.failures import AgUi, nonsense
from collab.core.events import Action, AgentRef, ApprovalDecided, ApprovalRequest, Decision

PROTOCOL = "ag-ui/1.0"

ActionKind = Literal["read", "edit", "delete", "move", "search", "execute", "fetch", "other"]
Risk = Literal["low", "medium", "high"]

# What the first word of a tool's name says about it, before the risk that goes with it.
WORDS: dict[str, ActionKind] = {
    **dict.fromkeys(("read", "list", "get", "show", "view", "open"), "read"),
    **dict.fromkeys(("search", "find", "grep", "query"), "search"),
    **dict.fromkeys(("write", "edit", "create", "update", "append", "set", "put"), "edit"),
    **dict.fromkeys(("delete", "remove", "drop", "rm", "purge"), "delete"),
    **dict.fromkeys(("move", "rename", "mv"), "move"),
    **dict.fromkeys(("run", "execute", "exec", "start", "deploy", "shell", "bash"), "execute"),
    **dict.fromkeys(("fetch", "download", "http", "browse"), "fetch"),
}
RISKS: dict[ActionKind, Risk] = {
    "read": "low",
    "search": "low",
    "edit": "medium",
    "move": "medium",
    "fetch": "medium",
    "other": "medium",
    "delete": "high",
    "execute": "high",
}
LONGEST_MESSAGE = 4_000
PATHS = ("path", "paths", "file", "files", "file_path", "folder", "source", "target")


class Call:
    """A tool call as the log holds it: its name and its exact arguments."""

    def __init__(self, name: str, arguments: str) -> None:
        self.name = name
        self._arguments = arguments

    @cached_property
    def args(self) -> dict[str, Any]:
        """Give the arguments by name; raise AgentFailure where they have none."""
        return _parsed(self._arguments)


def requests(
    interrupts: Any, calls: Mapping[str, Call], run_id: str, group_id: UUID
) -> list[ApprovalRequest]:
    """Turn the interrupts that ended a run into one group of requests."""
    if not isinstance(interrupts, list) or not interrupts:
        raise nonsense("an interrupt that asks nothing")
    return [_request(asked, calls, run_id, group_id) for asked in interrupts]


def _request(asked: Any, calls: Mapping[str, Call], run_id: str, group_id: UUID) -> ApprovalRequest:
    if not isinstance(asked, dict) or not isinstance(asked.get("id"), str):
        raise nonsense("an interrupt without an id")
    call_id = str(asked.get("toolCallId") or "")
    call = calls.get(call_id)
    if call_id and call is None:
        raise nonsense("an interrupt for a call that was not made")
    schema = asked.get("responseSchema")
    decisions = _decisions(schema, asked, call)
    action = _action(call, asked)
    return ApprovalRequest(
        approval_id=uuid5(group_id, asked["id"]),
        group_id=group_id,
        agent_ref=AgentRef(PROTOCOL, run_id, asked["id"], call_id),
        title=_title(action, call),
        action=action,
        kind="tool_call" if call else "form" if _properties(schema) else "question",
        message=_message(asked),
        response_schema=schema if isinstance(schema, dict) else None,
        allowed_decisions=decisions,
        risk=RISKS[action.kind],
        expires_at=_micros(asked.get("expiresAt")),
    )


def _decisions(schema: Any, asked: AgUi, call: Call | None) -> tuple[Decision, ...]:
    """Offer only what the agent's side can take."""
    fields = _properties(schema)
    if _is_yes_or_no(fields.get("approved")) and call is not None:
        edited = ("approve_edited",) if "editedArgs" in fields else ()
        return cast(tuple[Decision, ...], ("approve", *edited, "reject"))
    if schema is None and call is not None and asked.get("reason") == "tool_call":
        return ("approve", "reject")
    return ("respond", "cancel")


def _properties(schema: Any) -> dict[str, Any]:
    fields = schema.get("properties") if isinstance(schema, dict) else None
    return fields if isinstance(fields, dict) else {}


def _is_yes_or_no(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "boolean"


def _action(call: Call | None, asked: AgUi) -> Action:
    if call is None:
        return Action(name=str(asked.get("reason") or "question"))
    kind = next((WORDS[w] for w in call.name.lower().split("_") if w in WORDS), "other")
    return Action(
        name=call.name, args=call.args, kind=cast(ActionKind, kind), locations=_locations(call.args)
    )


def _locations(args: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for name in PATHS:
        value = args.get(name)
        values = value if isinstance(value, list) else [value]
        found += [item for item in values if isinstance(item, str)]
    return tuple(found[:100])


def _title(action: Action, call: Call | None) -> str:
    if call is None:
        return "The agent asks a question"
    return f"The agent asks to {action.name.replace('_', ' ')}"[:200]


def _message(asked: AgUi) -> str:
    """Give what is asked; an interrupt without a message says it in whatever came with it."""
    if asked.get("message") or not asked.get("metadata"):
        return str(asked.get("message") or "")
    return json.dumps(asked["metadata"], ensure_ascii=False, indent=1)[:LONGEST_MESSAGE]


def _parsed(arguments: str) -> dict[str, Any]:
    try:
        args = json.loads(arguments or "{}")
    except ValueError:
        raise nonsense("a call whose arguments are not JSON") from None
    if not isinstance(args, dict):
        raise nonsense("a call whose arguments have no names")
    return args


def _micros(text: Any) -> int | None:
    """Read the time at which an answer comes too late; what is no time is none."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(at.timestamp() * 1_000_000)


def resume(request: ApprovalRequest, decided: ApprovalDecided) -> AgUi:
    """Turn a decision into AG-UI's answer to the interrupt."""
    entry: AgUi = {"interruptId": request.agent_ref.interrupt_id, "status": "resolved"}
    match decided.decision:
        case "approve":
            return entry | {"payload": {"approved": True}}
        case "approve_edited":
            return entry | {"payload": {"approved": True, "editedArgs": decided.args}}
        case "reject":
            return entry | {"payload": _without_reason(decided.reason)}
        case "respond":
            return entry | {"payload": decided.content}
        case "cancel":
            return entry | {"status": "cancelled"}


def _without_reason(reason: str) -> AgUi:
    return {"approved": False, "reason": reason} if reason else {"approved": False}
