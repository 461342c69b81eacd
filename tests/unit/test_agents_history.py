"""The messages for an agent are built from the log, and from nothing else."""

from typing import Any
from uuid import UUID, uuid4

from collab.agents.history import NOT_DONE, NOT_KNOWN, History
from collab.core import events as e

RUN, PROMPT, APPROVAL = uuid4(), uuid4(), uuid4()


def told(*bodies: e.Body) -> History:
    history = History()
    for seq, body in enumerate(bodies, 1):
        history.apply(e.Event(seq, body.type, 0, body))
    return history


def asked(text: str = "tidy up", prompt: UUID = PROMPT) -> tuple[e.Body, ...]:
    return e.PromptQueued(prompt, text), e.RunStarted(RUN, (prompt,))


def emitted(*events: dict[str, Any], cut: bool = False) -> e.OutputEmitted:
    return e.OutputEmitted(RUN, events, cut)


def said(text: str, key: str = "m", *, cut: bool = False) -> e.OutputEmitted:
    return emitted(
        {"type": "TEXT_MESSAGE_START", "messageId": key, "role": "assistant"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": key, "delta": text},
        {"type": "TEXT_MESSAGE_END", "messageId": key},
        cut=cut,
    )


def called(key: str = "c", *, cut: bool = False) -> e.OutputEmitted:
    start = {"type": "TOOL_CALL_START", "toolCallId": key, "toolCallName": "delete_files"}
    return emitted(
        start | {"parentMessageId": "m"},
        {"type": "TOOL_CALL_ARGS", "toolCallId": key, "delta": '{"paths": ["a"]}'},
        {"type": "TOOL_CALL_END", "toolCallId": key},
        cut=cut,
    )


def resulted(content: str, key: str = "c") -> e.OutputEmitted:
    return emitted(
        {"type": "TOOL_CALL_RESULT", "messageId": "r", "toolCallId": key, "content": content}
    )


def requested(key: str = "c") -> e.ApprovalRequested:
    ref = e.AgentRef("ag-ui/1.0", "r", f"int-{key}", key)
    request = e.ApprovalRequest(APPROVAL, uuid4(), ref, "Delete", e.Action("delete_files"))
    return e.ApprovalRequested(RUN, request, "0" * 64)


ASSISTANT = {
    "id": "m",
    "role": "assistant",
    "content": "I look.",
    "toolCalls": [
        {
            "id": "c",
            "type": "function",
            "function": {"name": "delete_files", "arguments": '{"paths": ["a"]}'},
        }
    ],
}
USER = {"id": str(PROMPT), "role": "user", "content": "tidy up"}


def test_a_finished_run_is_remembered_whole() -> None:
    history = told(*asked(), said("I look."), called(), resulted("gone"), said("Done.", "n"))
    assert history.messages() == [
        USER,
        ASSISTANT,
        {"id": "r", "role": "tool", "toolCallId": "c", "content": "gone"},
        {"id": "n", "role": "assistant", "content": "Done."},
    ]


def test_a_call_that_waits_for_a_decision_has_no_result_yet() -> None:
    history = told(*asked(), said("I look."), called(), requested())
    assert history.messages() == [USER, ASSISTANT]
    assert history.calls["c"].args == {"paths": ["a"]}


def test_a_prompt_that_was_recalled_is_not_told() -> None:
    history = told(e.PromptQueued(PROMPT, "no"), e.PromptRecalled(PROMPT))
    assert history.messages() == []


def test_a_prompt_that_still_waits_is_not_told() -> None:
    assert told(e.PromptQueued(PROMPT, "later")).messages() == []


def test_passing_deltas_are_not_told() -> None:
    delta = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "I lo"}
    assert told(*asked(), e.OutputStreamed(RUN, (delta,))).messages() == [USER]


def test_a_call_that_nobody_decided_is_told_as_not_done() -> None:
    settled = e.ApprovalSettled(APPROVAL, "cancelled")
    history = told(*asked(), called(), requested(), settled, e.RunCancelled(RUN))
    assert history.messages()[-1]["content"] == NOT_DONE


def test_a_call_whose_outcome_is_unknown_is_told_so_until_a_person_looked() -> None:
    unknown = e.ApprovalSettled(APPROVAL, "unknown")
    lost = (*asked(), called(), requested(), unknown, e.RunFailed(RUN, "runner_lost"))
    assert told(*lost).messages()[-1]["content"] == NOT_KNOWN
    looked = e.ApprovalSettled(APPROVAL, "executed", "The files are gone.", by_person=True)
    answer = told(*lost, looked).messages()[-1]
    assert answer["content"] == "This was done. The files are gone."
    assert (answer["role"], answer["toolCallId"]) == ("tool", "c")


def test_a_message_that_was_cut_is_told_and_half_a_call_is_not() -> None:
    history = told(*asked(), said("I lo", cut=True), called(cut=True), e.RunCancelled(RUN))
    assert [message["role"] for message in history.messages()] == ["user", "assistant"]


def test_what_an_agent_seals_comes_back_with_its_message() -> None:
    mark = {"type": "REASONING_ENCRYPTED_VALUE", "subtype": "message", "entityId": "r"}
    history = told(*asked(), called(), resulted("no"), emitted(mark | {"encryptedValue": "xyz"}))
    assert history.messages()[-1]["encryptedValue"] == "xyz"


def test_a_request_that_got_no_answer_is_not_carried_out_with_the_next_one() -> None:
    again = uuid4()
    for ended in (e.RunFailed(RUN, "unreachable"), e.RunCancelled(RUN)):
        history = told(*asked("delete all"), ended, *asked("list notes", again))
        assert [message["content"] for message in history.messages()] == ["list notes"]


def test_a_request_that_was_answered_in_part_is_remembered() -> None:
    history = told(*asked(), said("I look", cut=True), e.RunCancelled(RUN))
    assert [message["role"] for message in history.messages()] == ["user", "assistant"]


def test_a_call_and_a_result_that_are_told_again_are_one_call_and_one_result() -> None:
    again = {"type": "TOOL_CALL_RESULT", "messageId": "kept", "toolCallId": "c", "content": "gone"}
    history = told(*asked(), said("I look."), called(), called(), resulted("gone"), emitted(again))
    assert history.messages() == [
        USER,
        ASSISTANT,
        {"id": "kept", "role": "tool", "toolCallId": "c", "content": "gone"},
    ]
    assert {"message:m", "call:c", "result:c"} <= set(history.known)


def test_a_run_that_broke_off_leaves_the_agents_own_memory_in_doubt() -> None:
    assert told(*asked(), said("Done."), e.RunFinished(RUN)).broken is None
    for ended in (e.RunCancelled(RUN), e.RunFailed(RUN, "timed_out")):
        assert told(*asked(), ended).broken == RUN
    assert told(*asked(), said("I look."), e.RunFailed(RUN, "unreachable")).broken == RUN
    assert told(*asked(), e.RunFailed(RUN, "unreachable")).broken is None
