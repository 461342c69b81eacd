"""The messages for an agent, built from a session's log and from nothing else.

Pure: a fold of events. What was open when a run ended gets a result that says so, so that no
agent takes a call that was never answered for one that it may still make.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from collab.agents.approvals import Call
from collab.agents.failures import AgUi
from collab.agents.snapshots import Known, call_key, message_key, result_key
from collab.core import events as e
from collab.core.events import Event

NOT_DONE = "This was not done: the run ended before it was decided."
NOT_KNOWN = "It is not known whether this was done. Look before you try it again."


NEVER_BEGUN = ("unreachable", "refused")
"""Reasons for which a run fails of which, without any output, its agent knows nothing."""


class History:
    """One session as its agent remembers it.

    `known`: what was said, by keys; `broken`: the last run that left the agent's own memory in
    doubt.
    """

    def __init__(self) -> None:
        self.decisions: dict[UUID, e.ApprovalDecided] = {}
        self.calls: dict[str, Call] = {}
        self.known: Known = {}
        self.broken: UUID | None = None
        self._begun = False
        self._messages: list[AgUi] = []
        self._by_id: dict[str, AgUi] = {}
        self._prompts: dict[UUID, str] = {}
        self._open: dict[str, AgUi] = {}
        self._asked: dict[UUID, str] = {}

    def messages(self) -> list[AgUi]:
        """Give the messages in AG-UI's form; the last calls may be waiting for a resume."""
        return self._messages

    def apply(self, event: Event) -> None:  # noqa: C901  # one line an event type
        """Take the next event of the log."""
        match event.body:
            case e.PromptQueued(prompt_id=prompt_id, text=text):
                self._prompts[prompt_id] = text
            case e.PromptRecalled(prompt_id=prompt_id):
                self._prompts.pop(prompt_id, None)
            case e.RunStarted(prompts=prompts):
                self._asked_by_people(prompts)
            case e.OutputEmitted(events=output, cut=cut):
                self._output(output, cut=cut)
            case e.ApprovalRequested(request=request):
                self._asked[request.approval_id] = request.agent_ref.tool_call_id
            case e.ApprovalDecided() as decided:
                self.decisions[decided.approval_id] = decided
            case e.ApprovalSettled() as settled:
                self._settled(settled)
            case e.RunFinished():
                self._run_ended()
            case e.RunFailed() | e.RunCancelled() as ended:
                self._broke_off(ended)

    def _asked_by_people(self, prompts: tuple[UUID, ...]) -> None:
        self._begun = False
        for prompt_id in prompts:
            text = self._prompts.pop(prompt_id, "")
            self._add({"id": str(prompt_id), "role": "user", "content": text})

    def _add(self, message: AgUi) -> None:
        self._messages.append(message)
        self._by_id[message["id"]] = message
        self.known[message_key(message["id"])] = ""

    def _output(self, output: tuple[AgUi, ...], *, cut: bool) -> None:
        self._begun = True
        first = output[0]
        text = "".join(str(event.get("delta", "")) for event in output)
        match first["type"]:
            case "TEXT_MESSAGE_START":
                self._text(first, text)
            case "REASONING_MESSAGE_START":
                self._add({"id": first["messageId"], "role": "reasoning", "content": text})
            case "TOOL_CALL_START" if not cut:
                self._call(first, text)
            case "TOOL_CALL_RESULT":
                self._result(first)
            case "REASONING_ENCRYPTED_VALUE":
                self._sealed(first)

    def _text(self, start: AgUi, text: str) -> None:
        if text:
            role = start.get("role") or "assistant"
            self._add({"id": start["messageId"], "role": role, "content": text})

    def _call(self, start: AgUi, arguments: str) -> None:
        """Add a call; one that is told again, as some agents do before its result, is one."""
        key, name = str(start["toolCallId"]), str(start.get("toolCallName", ""))
        self.calls[key] = Call(name, arguments)
        if call_key(key) in self.known:
            return
        self.known[call_key(key)] = ""
        call: AgUi = {
            "id": key,
            "type": "function",
            "function": {"name": name, "arguments": arguments or "{}"},
        }
        self._caller(start).setdefault("toolCalls", []).append(call)
        self._by_id[f"call:{key}"] = self._open[key] = call

    def _caller(self, start: AgUi) -> AgUi:
        """Give the message that a call belongs to: its parent if that is the last one."""
        last = self._messages[-1] if self._messages else {}
        parent = start.get("parentMessageId")
        if last.get("role") != "assistant" or (parent and parent != last["id"]):
            last = {"id": str(parent or start["toolCallId"]), "role": "assistant"}
            self._add(last)
        return last

    def _result(self, event: AgUi) -> None:
        key = str(event.get("toolCallId"))
        self._open.pop(key, None)
        message_id = str(event.get("messageId") or f"result:{key}")
        self._answer(message_id, key, event.get("content", ""))

    def _answer(self, message_id: str, key: str, content: Any) -> None:
        """Give a call its one result; one that is told again goes by its new id."""
        answer = {"id": message_id, "role": "tool", "toolCallId": key, "content": content}
        told = self._by_id.get(self.known.get(result_key(key), ""))
        self.known[result_key(key)] = message_id
        if told is None:
            self._add(answer)
        else:
            told.update(answer)
            self._by_id[message_id] = told

    def _sealed(self, event: AgUi) -> None:
        """Keep what an agent wants back with a message or a call, unread."""
        prefix = "call:" if event.get("subtype") == "tool-call" else ""
        owner = self._by_id.get(f"{prefix}{event.get('entityId')}")
        if owner is not None:
            owner["encryptedValue"] = event.get("encryptedValue")

    def _settled(self, settled: e.ApprovalSettled) -> None:
        """Note what became of a call whose run may be over."""
        key = self._asked.get(settled.approval_id, "")
        text = NOT_KNOWN if settled.outcome == "unknown" else NOT_DONE
        if key in self._open and settled.outcome in ("unknown", "cancelled", "expired"):
            self._open.pop(key)
            self._answer(f"outcome:{key}", key, text)
        elif settled.by_person and (known := self._by_id.get(f"outcome:{key}")):
            done = "This was done." if settled.outcome == "executed" else "This was not done."
            known["content"] = f"{done} {settled.reason}".strip()

    def _run_ended(self) -> None:
        for key in list(self._open):
            self._open.pop(key)
            self._answer(f"outcome:{key}", key, NOT_DONE)

    def _broke_off(self, ended: e.RunFailed | e.RunCancelled) -> None:
        """End a run that did not finish; what its agent made of it may differ from the log."""
        self._run_ended()
        self._forget_unanswered()
        reason = ended.reason if isinstance(ended, e.RunFailed) else ""
        if self._begun or reason not in NEVER_BEGUN:
            self.broken = ended.run_id

    def _forget_unanswered(self) -> None:
        """Drop a request that got no answer at all: the next one must not carry it out as well."""
        while self._messages and self._messages[-1]["role"] == "user":
            self._by_id.pop(self._messages.pop()["id"], None)
