"""What AG-UI's snapshots of messages say for the first time, as the events that could say it.

Pure. Some agents stream nothing and only show their messages at the end; others repeat the whole
conversation after each step. What the log holds is not said again, and what people say is theirs.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator
from typing import Any

from collab.agents.failures import AgUi, nonsense

Known = dict[str, str]
"""What was said: messages, calls and results by their keys; of a result the message's id."""


def message_key(message_id: Any) -> str:
    """Name a message among what is known."""
    return f"message:{message_id}"


def call_key(call_id: Any) -> str:
    """Name a call among what is known."""
    return f"call:{call_id}"


def result_key(call_id: Any) -> str:
    """Name a call's result among what is known."""
    return f"result:{call_id}"


class Said:
    """What was said so far: in the log, and in the stream that is being read."""

    def __init__(self, known: Known) -> None:
        self._known = ChainMap({}, known)
        self._parts: dict[str, list[str]] = {}
        self._texts: set[str] = set()

    def take(self, event: AgUi) -> None:
        """Take the stream's next event."""
        match event:
            case {"type": "TEXT_MESSAGE_START" | "REASONING_MESSAGE_START", "messageId": key}:
                self._known[message_key(key)] = ""
                self._parts[key] = []
            case {"type": "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT", "messageId": key}:
                self._parts[key].append(event["delta"])
            case {"type": "TEXT_MESSAGE_END" | "REASONING_MESSAGE_END", "messageId": key}:
                self._texts.add("".join(self._parts.pop(key)))
            case {"type": "TOOL_CALL_START", "toolCallId": key}:
                self._known[call_key(key)] = ""
            case {"type": "TOOL_CALL_RESULT", "toolCallId": key}:
                self._known[result_key(key)] = str(event.get("messageId"))

    def news(self, snapshot: AgUi) -> Iterator[AgUi]:
        """Give what is new in a snapshot of messages; raises AgentFailure for what is none."""
        messages = snapshot.get("messages")
        if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
            raise nonsense("a snapshot without messages")
        for message in messages:
            match message.get("role"):
                case "assistant":
                    yield from self._text(message, "TEXT_MESSAGE")
                    yield from self._calls(message)
                case "reasoning":
                    yield from self._text(message, "REASONING_MESSAGE")
                case "tool":
                    yield from self._result(message)

    def _text(self, message: AgUi, family: str) -> Iterator[AgUi]:
        """Give a new text; one that this run has said already goes by another id now."""
        key, text = message.get("id"), _plain(message.get("content"))
        if not key or not text or message_key(key) in self._known or text in self._texts:
            return
        name = {"messageId": str(key)}
        yield {"type": f"{family}_START", **name, "role": message["role"]}
        yield {"type": f"{family}_CONTENT", **name, "delta": text}
        yield {"type": f"{family}_END", **name}

    def _calls(self, message: AgUi) -> Iterator[AgUi]:
        for call in message.get("toolCalls") or ():
            made = call.get("function") if isinstance(call, dict) else None
            if not isinstance(made, dict) or not call.get("id"):
                raise nonsense("a call without a function")
            if call_key(call["id"]) not in self._known:
                yield from _call(str(call["id"]), made, str(message.get("id") or call["id"]))

    def _result(self, message: AgUi) -> Iterator[AgUi]:
        """Give a result that is new, and one again that goes by another id in the agent's memory.

        An agent to which we name a message by another id than its own takes it for a second one.
        """
        call_id, key = str(message.get("toolCallId") or ""), str(message.get("id") or "")
        if call_id and key and self._known.get(result_key(call_id)) != key:
            content = _plain(message.get("content"))
            name = {"messageId": key, "toolCallId": call_id}
            yield {"type": "TOOL_CALL_RESULT", **name, "content": content, "role": "tool"}


def _call(key: str, made: AgUi, parent: str) -> Iterator[AgUi]:
    name = {"toolCallId": key}
    called = {"toolCallName": str(made.get("name") or ""), "parentMessageId": parent}
    yield {"type": "TOOL_CALL_START", **name, **called}
    yield {"type": "TOOL_CALL_ARGS", **name, "delta": str(made.get("arguments") or "{}")}
    yield {"type": "TOOL_CALL_END", **name}


def _plain(content: Any) -> str:
    """Give the text of a message, which may come in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))
