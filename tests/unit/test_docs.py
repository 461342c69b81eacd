"""What the pages say about the code is true: links, names, commands, dependencies, decisions."""

import ast
import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from collab.agents import client
from collab.core.codes import Close, Refusal
from collab.core.commands import COMMANDS
from collab.core.events import BODIES, Event
from workspace.places import PROJECT

PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
DECISIONS = sorted((PROJECT / "docs" / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
# The browser's test makes it.
MADE_BY_A_TEST = {PROJECT / "docs" / "screenshot.png"}


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def text_of(page: str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


def links(page: Path) -> Iterator[tuple[str, Path]]:
    for words, target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("#"):
            yield words, (page.parent / target.partition("#")[0]).resolve()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_to_a_file_of_ours(page: Path) -> None:
    targets = [target for _, target in links(page) if target not in MADE_BY_A_TEST]
    assert [str(target) for target in targets if not target.exists()] == []
    assert [str(target) for target in targets if not target.is_relative_to(PROJECT)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_name_that_links_to_a_file_is_in_that_file(page: Path) -> None:
    for words, target in links(page):
        name = re.fullmatch(r"`([\w.]+)`", words)
        if name and target.suffix in (".py", ".ts", ".tsx"):
            last = name[1].rsplit(".", 1)[-1]
            is_module = target.stem == last
            is_there = re.search(rf"\b{last}\b", target.read_text(encoding="utf-8"))
            assert is_module or is_there, f"{last} is not in {target.name}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_is_shown_exists(page: Path) -> None:
    shown = re.findall(r"python3 manage\.py ([a-z]+)", page.read_text(encoding="utf-8"))
    assert set(shown) <= set(get_commands())


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_page_names_a_machine_or_what_is_not_in_the_tree(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"\.\./shared|/work/|/root/|/home/|\u2014", text)


def python_of_the_readme() -> ast.Module:
    block = re.search(r"```python\n(.*?)```", text_of("README.md"), re.DOTALL)
    assert block, "README has no Python"
    compile(block[1], "README.md", "exec")
    return ast.parse(block[1])


def test_the_python_of_the_readme_compiles_and_imports_what_is_there() -> None:
    for node in ast.walk(python_of_the_readme()):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            assert all(hasattr(module, name.name) for name in node.names)


def test_the_python_of_the_readme_prints_fields_that_an_event_has() -> None:
    used = {
        node.attr
        for node in ast.walk(python_of_the_readme())
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "event"
    }
    assert used and used <= set(Event.__struct_fields__)


def test_the_address_of_the_readme_is_a_sessions_socket() -> None:
    assert client.session_url("http://h:1", "s") == "ws://h:1/ws/sessions/s/"


def test_every_noun_of_an_event_is_in_the_glossary() -> None:
    words = set(re.findall(r"\*\*(\w+)\*\*", text_of("docs/glossary.md")))
    nouns = {name.partition(".")[0] for name in BODIES}
    assert nouns - words - {"approval"} == set()
    assert "**approval request**" in text_of("docs/glossary.md")


def test_the_recipe_for_an_event_is_seven_lines_that_name_files_and_places_that_exist() -> None:
    recipe = text_of("CONTRIBUTING.md").split("## How to add an event")[1].split("\n## ")[0]
    steps = re.findall(r"^\d\. .+$", recipe, re.MULTILINE)
    assert len(steps) == 7
    for step in steps:
        files = [name for name in re.findall(r"`([\w./-]+)`", step) if "/" in name]
        assert [name for name in files if not (PROJECT / name).exists() and name[0] != "."] == []
        for place, file in re.findall(r"`(\w+)` in `([\w./-]+)`", step):
            assert re.search(rf"\b{place}\b", text_of(file)), f"{place} is not in {file}"


@pytest.mark.parametrize("page", DECISIONS, ids=named)
def test_every_decision_has_its_four_parts_and_is_listed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert parts == ["Status", "Context", "Decision", "Consequences"]
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert f"]({page.name})" in text_of("docs/adr/README.md")


def test_no_two_decisions_have_one_number() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == sorted(set(numbers))


def python_dependencies() -> set[str]:
    lines = []
    for file in ("pyproject.toml", "tests/strangers/langgraph/pyproject.toml"):
        project = tomllib.loads(text_of(file))
        lines += project["project"]["dependencies"]
        lines += [line for group in project.get("dependency-groups", {}).values() for line in group]
    return {re.split(r"[^\w.-]", line)[0] for line in lines}


def test_every_direct_dependency_is_listed_with_its_licence_and_none_besides() -> None:
    package = json.loads(text_of("frontend/package.json"))
    ours = {*package["dependencies"], *package["devDependencies"], *python_dependencies()}
    ours |= set(json.loads(text_of("tests/strangers/oidc/package.json"))["dependencies"])
    rows = re.findall(r"^\| (\S+) \|", text_of("docs/third-party.md"), re.MULTILINE)
    assert set(rows) - {"package", "---"} == ours


def test_the_protocol_names_every_close_that_it_speaks_of_and_no_code_besides() -> None:
    text = text_of("docs/protocol/PROTOCOL.md")
    numbers = {int(number) for number in re.findall(r"\b4[05]\d\d\b", text)}
    bounds = {4000, 4499, 4500, 4999}
    assert numbers - bounds <= {close.number for close in Close}
    codes = set(re.findall(r"(?:refused as|refused:|gets|answer is) `(\w+)`", text))
    assert codes and codes <= {refusal.code for refusal in Refusal}


def test_the_protocol_names_every_command() -> None:
    text = text_of("docs/protocol/PROTOCOL.md")
    assert [name for name in COMMANDS if f"`{name}`" not in text] == []


def test_hooks_run_what_is_here_and_fetch_nothing() -> None:
    text = text_of(".pre-commit-config.yaml")
    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
    assert set(re.findall(r"language: (\S+)", text)) == {"system"}
    commands = set(re.findall(r"entry: (\.venv/bin/[\w-]+)", text))
    assert len(commands) == 4
    assert [name for name in commands if not (PROJECT / name).exists()] == []
