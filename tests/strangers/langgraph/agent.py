"""A LangGraph agent behind its own AG-UI adapter, built as its users build one: it knows no Cohelm.

It writes and deletes files in one folder, and asks a person before it does. Where a language model
would stand, a few rules stand, so that it says the same each time. Run as a process.
"""

import argparse
import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import uvicorn
from ag_ui_langgraph import LangGraphAgent, add_langgraph_fastapi_endpoint
from fastapi import FastAPI
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import BaseTool, InjectedToolCallId, tool
from langgraph.checkpoint.memory import MemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, Send, interrupt

CallId = Annotated[str, InjectedToolCallId]
ANSWER = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "editedArgs": {"type": "object"},
        "reason": {"type": "string"},
    },
    "required": ["approved"],
}
WISHES = {
    "write_file": re.compile(r"write (?P<text>.+?) to (?P<path>[\w./-]+)"),
    "delete_file": re.compile(r"delete (?P<path>[\w./-]+)"),
}


def next_message(messages: Sequence[BaseMessage]) -> AIMessage:
    """Do what a model would do: call tools for what was asked, or say what came of them."""
    last = messages[-1]
    if last.type == "tool":
        results = [m.content for m in _since_the_last_person(messages) if m.type == "tool"]
        return AIMessage(" ".join(map(str, results)))
    calls = [
        {"name": name, "args": found.groupdict(), "id": str(uuid4())}
        for name, wish in WISHES.items()
        for found in wish.finditer(str(last.content))
    ]
    if calls:
        return AIMessage("I ask first.", tool_calls=calls)
    people = sum(m.type == "human" for m in messages)
    return AIMessage(f"I heard “{last.content}”. That was request {people} of this conversation.")


def _since_the_last_person(messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    last = max(place for place, m in enumerate(messages) if m.type == "human")
    return messages[last:]


class Rules(BaseChatModel):
    """Stand where a language model stands, and stream as one does."""

    @property
    def _llm_type(self) -> str:
        return "rules"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=next_message(messages))])

    async def _astream(
        self, messages: list[BaseMessage], *_: Any, run_manager: Any = None, **__: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        whole = next_message(messages)
        pieces = [{"content": word} for word in re.findall(r"\S+\s*", str(whole.content))]
        for index, call in enumerate(whole.tool_calls):
            call_of = {"name": call["name"], "args": "", "id": call["id"], "index": index}
            args = json.dumps(call["args"])
            rest = {"name": None, "args": args, "id": None, "index": index}
            pieces += [{"content": "", "tool_call_chunks": [part]} for part in (call_of, rest)]
        for piece in pieces:
            chunk = ChatGenerationChunk(message=AIMessageChunk(**piece))
            if run_manager:
                await run_manager.on_llm_new_token(str(piece["content"]), chunk=chunk)
            yield chunk


class Folder:
    """The tools: they really write and delete, and note each call in a journal."""

    def __init__(self, place: Path, journal: Path) -> None:
        self._place, self._journal = place, journal
        place.mkdir(parents=True, exist_ok=True)

    def use(self, name: str, args: dict[str, str], call_id: str) -> str:
        """Ask a person about a call, and make it if the answer is yes."""
        question = f"May I use {name} on {args['path']}?"
        asked = {"reason": "tool_call", "message": question, "toolCallId": call_id}
        answer = interrupt(asked | {"responseSchema": ANSWER})
        if answer.get("approved") is not True:
            return f"{args['path']} is left alone. {answer.get('reason', '')}".strip()
        return self._really(name, answer.get("editedArgs") or args)

    def _really(self, name: str, args: dict[str, str]) -> str:
        with self._journal.open("a") as journal:
            journal.write(json.dumps({"tool": name, "args": args}) + "\n")
        file = self._place / Path(args["path"]).name
        if name == "write_file":
            file.write_text(args["text"])
            return f"{args['path']} is written."
        file.unlink()
        return f"{args['path']} is deleted."

    def tools(self) -> list[BaseTool]:
        @tool
        def write_file(text: str, path: str, call_id: CallId) -> str:
            """Write a text to a file."""
            return self.use("write_file", {"text": text, "path": path}, call_id)

        @tool
        def delete_file(path: str, call_id: CallId) -> str:
            """Delete a file."""
            return self.use("delete_file", {"path": path}, call_id)

        return [write_file, delete_file]


async def with_a_model(state: MessagesState) -> dict[str, Any]:
    return {"messages": [await Rules().ainvoke(state["messages"])]}


async def without_a_model(state: MessagesState) -> dict[str, Any]:
    """Answer without streaming: what is said here is only in the adapter's snapshots."""
    return {"messages": [next_message(state["messages"])]}


def streaming(folder: Folder) -> Any:
    """Build a graph with a model and its tools; each call is a task, so that each can ask."""
    builder = StateGraph(MessagesState)
    builder.add_node("think", with_a_model)
    builder.add_node("tools", ToolNode(folder.tools()))
    builder.add_edge(START, "think")
    builder.add_conditional_edges("think", one_task_a_call, ["tools", END])
    builder.add_edge("tools", "think")
    return builder.compile(checkpointer=MemorySaver())


def one_task_a_call(state: MessagesState) -> list[Send] | str:
    """Send each call to the tools by itself: in one task, one call would get another's answer."""
    return [Send("tools", [call]) for call in calls_of(state["messages"][-1])] or END


def calls_of(message: BaseMessage) -> list[ToolCall]:
    return message.tool_calls if isinstance(message, AIMessage) else []


def quiet(folder: Folder) -> Any:
    """Build a graph of plain functions; its calls and answers are nowhere but in its state."""

    def act(state: MessagesState) -> dict[str, Any]:
        call = next(open_calls(state))
        said = folder.use(call["name"], call["args"], call["id"])
        return {"messages": [ToolMessage(said, tool_call_id=call["id"], id=str(uuid4()))]}

    builder = StateGraph(MessagesState)
    builder.add_node("think", without_a_model)
    builder.add_node("act", act)
    builder.add_edge(START, "think")
    builder.add_conditional_edges("think", lambda s: "act" if any(open_calls(s)) else END)
    builder.add_conditional_edges("act", lambda s: "act" if any(open_calls(s)) else "think")
    return builder.compile(checkpointer=MemorySaver())


def open_calls(state: MessagesState) -> Iterator[ToolCall]:
    done = {message.tool_call_id for message in state["messages"] if message.type == "tool"}
    for message in state["messages"]:
        yield from (call for call in calls_of(message) if call["id"] not in done)


class EachItsAnswer(LangGraphAgent):
    """Give each question its own answer: the adapter gives all of them one, which is refused."""

    def _build_command_from_agui_resume(self, entries: list[Any], **_: Any) -> Command:
        return Command(resume={entry.interrupt_id: entry.payload for entry in entries})


def application(folder: Folder) -> FastAPI:
    app = FastAPI()
    for path, graph in (("/", streaming(folder)), ("/quiet", quiet(folder))):
        agent = EachItsAnswer(
            name="files", graph=graph, emit_interrupt_outcome=True, emit_raw_events=False
        )
        add_langgraph_fastapi_endpoint(app, agent, path)
    return app


def main() -> None:
    flags = argparse.ArgumentParser()
    for name in ("--folder", "--journal", "--port-file"):
        flags.add_argument(name, type=Path, required=True)
    given = flags.parse_args()
    app = application(Folder(given.folder, given.journal))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        fresh = given.port_file.with_suffix(".new")
        fresh.write_text(str(listening.getsockname()[1]))
        fresh.replace(given.port_file)
        config = uvicorn.Config(app, log_level="warning")
        asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    main()
