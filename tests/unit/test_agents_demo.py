"""The demo agent's policy and tools, without a process."""

import os
from pathlib import Path

import pytest

from collab.agents.demo import programs
from collab.agents.demo.policy import Step, next_step
from collab.agents.demo.scratch import Refused, Scratch
from collab.agents.demo.seed import seed
from collab.agents.demo.tools import Tools
from collab.agents.demo.wishes import Call, Tidy, Unclear, parse
from collab.agents.demo.wording import Result


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    seed(tmp_path / "scratch")
    return Scratch(tmp_path / "scratch")


@pytest.mark.parametrize(
    ("request_text", "wish"),
    [
        ("tidy the logs folder", Tidy("logs")),
        ("Please tidy up the logs folder!", Tidy("logs")),
        ("what is in notes?", Call("list_files", {"path": "notes"})),
        ("list files", Call("list_files", {"path": "."})),
        ("show config/service.toml", Call("read_file", {"path": "config/service.toml"})),
        ("search logs for ERROR", Call("search_files", {"text": "ERROR", "path": "logs"})),
        ("find timeout in config", Call("search_files", {"text": "timeout", "path": "config"})),
        ("write hi to a/b.txt", Call("write_file", {"path": "a/b.txt", "text": "hi\n"})),
        ("delete a.log and b.log", Call("delete_files", {"paths": ["a.log", "b.log"]})),
        ("run `wc -l a.log`", Call("run_program", {"command": "wc -l a.log"})),
        ("who are you", Unclear()),
    ],
)
def test_a_plain_request_is_understood(request_text: str, wish: object) -> None:
    assert parse(request_text) == [wish]


def test_several_acts_in_one_request_are_asked_for_together() -> None:
    step = next_step("write a to a.txt and delete b.log", [])
    assert [call.tool for call in step.calls] == ["write_file", "delete_files"]


def test_what_is_not_understood_gets_a_helpful_sentence() -> None:
    step = next_step("make me a sandwich", [])
    assert not step.calls
    assert "tidy the logs folder" in step.text


def _answered(tools: Tools, step: Step) -> Result:
    [call] = step.calls
    return Result("success", getattr(tools, call.tool)(**call.args))


def _proposal(scratch: Scratch) -> tuple[list[Result], Step]:
    """Follow the plan to tidy up to its proposal."""
    results: list[Result] = []
    step = next_step("tidy the logs folder", results)
    while step.calls[0].tool != "delete_files":
        results.append(_answered(Tools(scratch), step))
        step = next_step("tidy the logs folder", results)
    return results, step


def test_tidying_proposes_exactly_the_logs_that_the_rule_lets_go(scratch: Scratch) -> None:
    _, step = _proposal(scratch)
    names = ["gateway-debug.log", "orders.log.3", "orders.log.4", "worker.log.2"]
    assert step.calls == [Call("delete_files", {"paths": [f"logs/{name}" for name in names]})]
    assert "14 days" in step.text


def test_an_approved_proposal_is_done_and_told(scratch: Scratch) -> None:
    results, step = _proposal(scratch)
    end = next_step("tidy the logs folder", [*results, _answered(Tools(scratch), step)])
    assert not end.calls
    assert end.text.startswith("Done. I deleted logs/gateway-debug.log")
    assert not (scratch.root / "logs" / "worker.log.2").exists()


def test_edited_arguments_are_told_as_what_was_really_done(scratch: Scratch) -> None:
    results, _ = _proposal(scratch)
    done = Result("success", Tools(scratch).delete_files(["logs/worker.log.2"]))
    end = next_step("tidy the logs folder", [*results, done])
    assert "I deleted logs/worker.log.2" in end.text
    assert "left logs/gateway-debug.log, logs/orders.log.3 and logs/orders.log.4" in end.text


def test_a_rejection_is_respected_and_its_reason_repeated(scratch: Scratch) -> None:
    results, _ = _proposal(scratch)
    end = next_step("tidy the logs folder", [*results, Result("denied", "Not on a Friday.")])
    assert not end.calls
    assert "Not on a Friday." in end.text


def test_a_rejection_that_names_a_file_leads_to_a_proposal_without_it(scratch: Scratch) -> None:
    results, _ = _proposal(scratch)
    reason = Result("denied", "Keep gateway-debug.log, we still look at it.")
    again = next_step("tidy the logs folder", [*results, reason])
    [call] = again.calls
    assert "logs/gateway-debug.log" not in call.args["paths"]
    assert len(call.args["paths"]) == 3


def test_a_failed_call_is_told_with_its_sentence() -> None:
    end = next_step("read a.txt", [Result("failed", "There is no a.txt.")])
    assert end.text == "That did not work. There is no a.txt."


ESCAPES = ["../outside", "/etc/passwd", "logs/../../outside", "link/secret", "file-link", "a\0b"]


@pytest.mark.parametrize("path", ESCAPES)
def test_no_path_leads_out_of_the_folder(scratch: Scratch, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (scratch.root / "link").symlink_to(outside)
    (scratch.root / "file-link").symlink_to(outside / "secret")
    for act in (scratch.read, scratch.delete, lambda at: scratch.write(at, "x")):
        with pytest.raises(Refused):
            act(path)
    assert not scratch.holds(path)
    assert (outside / "secret").read_text() == "secret"
    assert [entry.name for entry in outside.iterdir()] == ["secret"]


def test_what_is_no_plain_file_is_not_opened(scratch: Scratch) -> None:
    os.mkfifo(scratch.root / "pipe")
    with pytest.raises(Refused):
        scratch.read("pipe")


def test_none_is_deleted_when_one_cannot_be(scratch: Scratch) -> None:
    with pytest.raises(Exception, match="There is no logs/missing"):
        Tools(scratch).delete_files(["logs/worker.log.2", "logs/missing.log"])
    assert (scratch.root / "logs" / "worker.log.2").exists()


def test_a_folder_that_holds_anything_is_not_seeded(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    assert not seed(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf logs",
        "sh -c 'ls'",
        "cat /etc/passwd",
        "cat ../../etc/passwd",
        "sort -o notes/x logs/orders.log",
        "sort --compress-program=sh logs/orders.log",
        "wc --files0-from=/etc/passwd",
        "uniq logs/audit.log notes/x",
        "grep -f /etc/passwd x logs",
        "date -f /etc/passwd",
        "cat 'logs",
        "",
    ],
)
def test_a_program_or_option_that_is_not_on_the_list_is_refused(
    scratch: Scratch, command: str
) -> None:
    with pytest.raises(Refused):
        programs.checked(command, scratch)


async def test_an_allowed_program_runs_in_the_folder(scratch: Scratch) -> None:
    ran = await programs.run("wc -l logs/audit.log", scratch)
    assert ran["output"].split() == ["120", "logs/audit.log"]
    assert ran["exit_code"] == 0


async def test_a_program_gets_no_environment_of_ours(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    ran = await programs.run("date", scratch)
    assert "JST" not in ran["output"]


async def test_too_much_output_is_cut_and_said_so(scratch: Scratch) -> None:
    ran = await programs.run("cat logs/orders.log.1", scratch)
    assert ran["cut"]
    assert len(ran["output"]) == programs.OUTPUT_BYTES


def test_each_executed_call_is_one_line_in_the_journal(scratch: Scratch, tmp_path: Path) -> None:
    tools = Tools(scratch, tmp_path / "journal")
    tools.read_file("notes/handover.md")
    tools.delete_files(["logs/worker.log.2"])
    lines = (tmp_path / "journal").read_text().splitlines()
    assert len(lines) == 2
    assert '"delete_files"' in lines[1]
