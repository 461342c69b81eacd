"""One running Cohelm: which programs it consists of, in which order they start and stop."""

import asyncio
import json
import os
import socket
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async

from workspace import environment, frontend, services, workers
from workspace.children import Program
from workspace.guard import Guard
from workspace.kept import kept_port, kept_secret
from workspace.places import PROJECT, Places
from workspace.supervisor import Child, Say, run_once, stop_in_order

INSTALL_SECONDS, BUILD_SECONDS, PREPARE_SECONDS, ANSWER_SECONDS = 600, 180, 120, 60
# The agent's process gets these and nothing else of ours: it runs tools.
AGENT_MAY_KNOW = (
    "PATH",
    "HOME",
    "LANG",
    "COHELM_MODEL_URL",
    "COHELM_MODEL_KEY",
    "COHELM_MODEL_NAME",
)
ONE_ROLE = (
    "WARNING: one database role does everything, so events are guarded by triggers alone. "
    "Name a second role in COHELM_APP_DATABASE_URL that does not own the tables."
)


class CannotStart(Exception):
    """Say in one sentence why it does not start and what to do."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Hold what the person asked for."""

    here: Places
    hosts: tuple[str, ...]
    workers: int
    demo: bool
    agent: bool
    public_url: str | None
    ready_file: Path | None
    dev: bool = False


@dataclass
class Instance:
    """Start, keep and stop everything."""

    wishes: Wishes
    listening: socket.socket
    say: Say
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    children: dict[str, Child] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    answering: bool = False
    guard: Guard = field(default_factory=Guard)

    @property
    def url(self) -> str:
        """Give the address at which the workers are reached from this machine."""
        host, port = self.listening.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def start(self) -> None:
        """Start all in order, until everything answers; raises CannotStart, Ended."""
        self.environ |= self._settings()
        async with asyncio.TaskGroup() as together:
            together.create_task(self._servers())
            together.create_task(self._pages())
            # Without the demo no workspace has the demo agent.
            if self.wishes.agent and self.wishes.demo:
                together.create_task(self._agent())
        await self._prepare()
        argv = (*workers.argv(self.listening), *(workers.RELOAD if self.wishes.dev else ()))
        for number in range(1, self.worker_count + 1):
            self._keep(self._python(f"worker {number}", *argv[1:]))
        await self._until(lambda: answers(f"{self.url}/readyz"), "The pages do not answer")
        if self.wishes.agent:
            self._keep(self._python("runner", "manage.py", "runner", "--url", self.url))
            await self._until(self._runs("runner"), "The runner does not start")
        self.answering = True
        self.wishes.here.address.write_text(self.wishes.public_url or self.url)
        self.write_ready_file()

    async def stop(self) -> None:
        """Stop all in order: who writes first, the database last."""
        self.answering = False
        if self.wishes.ready_file:
            self.wishes.ready_file.unlink(missing_ok=True)
        order = (("runner",), ("agent", "pages", "worker"), ("valkey",), ("postgres",))
        groups = [
            [child for name, child in self.children.items() if name.split()[0] in names]
            for names in order
        ]
        await stop_in_order(groups)

    def kill(self) -> None:
        """End all at once, except Postgres, which is told to end quickly and safely."""
        for name, child in self.children.items():
            if name != "postgres":
                child.kill()

    @property
    def worker_count(self) -> int:
        return self.wishes.workers if self.environ.get("REDIS_URL") else 1

    def write_ready_file(self) -> None:
        """Say in JSON where everything is; again whenever a process was started again."""
        file = self.wishes.ready_file
        if file is None or not self.answering:
            return
        unfinished = file.with_name(f".{file.name}.{os.getpid()}")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(self._ready(), indent=2) + "\n")
        unfinished.replace(file)

    def _ready(self) -> dict[str, Any]:
        pids = {name: child.pid for name, child in self.children.items()}
        url = self.wishes.public_url or self.url
        return {
            "url": url,
            "pages_url": self.facts.get("pages_url"),
            "ws_url": url.replace("http", "ws", 1),
            "users": self.facts.get("users", []),
            "session_id": self.facts.get("session_id"),
            "tokens": self.facts.get("tokens", {}),
            "pids": {
                "postgres": pids.get("postgres"),
                "valkey": pids.get("valkey"),
                "workers": [pid for name, pid in pids.items() if name.startswith("worker")],
                "runner": pids.get("runner"),
                "agent": pids.get("agent"),
            },
        }

    def _settings(self) -> dict[str, str]:
        here = self.wishes.here
        given = {
            "COHELM_DATA": str(here.data),
            "COHELM_SECRET_KEY": os.environ.get("COHELM_SECRET_KEY") or kept_secret(here),
            "COHELM_ALLOWED_HOSTS": ",".join(self.wishes.hosts),
            "COHELM_DEMO": "1" if self.wishes.demo else "0",
            "DJANGO_SETTINGS_MODULE": "workspace.settings",
        }
        if self.wishes.public_url:
            given["COHELM_PUBLIC_URL"] = self.wishes.public_url
        return given

    async def _servers(self) -> None:
        if "DATABASE_URL" in self.environ and "COHELM_APP_DATABASE_URL" not in self.environ:
            self.say(ONE_ROLE)
        if "DATABASE_URL" not in self.environ:
            here = self.wishes.here
            if here.state != here.data:
                self.say(f"Postgres may not walk to {here.data}: its own folder is {here.state}.")
            postgres = services.EmbeddedPostgres(here)
            await in_thread(postgres.prepare)
            self._keep(postgres.program())
            await in_thread(services.wait_for_postgres, postgres.dsn("postgres", "postgres"))
            await in_thread(postgres.make_database)
            self.environ["DATABASE_URL"] = postgres.dsn("cohelm_owner")
            self.environ["COHELM_APP_DATABASE_URL"] = postgres.dsn("cohelm_app")
        if "REDIS_URL" not in self.environ:
            self._valkey()

    def _valkey(self) -> None:
        valkey = services.EmbeddedValkey(self.wishes.here)
        try:
            program = valkey.program()
        except services.CannotServe as reason:
            self.say(f"{reason} Cohelm runs with one worker only; set REDIS_URL for more.")
            return
        valkey.prepare()
        self._keep(program)
        self.environ["REDIS_URL"] = valkey.url

    async def _pages(self) -> None:
        if self.wishes.dev:
            await self._serve_pages()
        if self.wishes.dev or not frontend.needs_build():
            return
        async with frontend.building():
            if frontend.needs_build():  # another may have built them meanwhile
                await self._build()

    async def _build(self) -> None:
        node = await self._installed_node()
        self.say("Building the pages (once) ...")
        await self._node("npm run build", frontend.build_command(node), node)
        frontend.take_build()

    async def _serve_pages(self) -> None:
        """Let Vite serve the pages from their sources; it hands all else on to the workers."""
        async with frontend.building():
            node = await self._installed_node()
        port = kept_port(self.wishes.here.data / "pages-port")
        self.facts["pages_url"] = f"http://127.0.0.1:{port}"
        environ = node.environ() | {"COHELM_DEV_URL": self.url}
        argv = frontend.dev_command(node, port)
        self._keep(Program("pages", argv, environ=environ, folder=frontend.FOLDER))
        await self._until(lambda: answers(self.facts["pages_url"]), "The pages are not served")

    async def _installed_node(self) -> frontend.Node:
        """Give Node, once npm has installed what the pages are made with; raises CannotStart."""
        node = frontend.find_node()
        if node is None:
            raise CannotStart(
                "The pages must be built and there is no Node 22.12 or newer. Install one, "
                "or run `python3 manage.py up` with the system's Python, which brings its own."
            )
        if not frontend.installed(tools=False):
            self.say("Installing what the pages are made with (once) ...")
            argv = frontend.install_command(node, tools=frontend.has_tools())
            await self._node("npm ci", argv, node)
        return node

    async def _node(self, name: str, argv: tuple[str, ...], node: frontend.Node) -> None:
        program = Program(name, argv, environ=node.environ(), folder=frontend.FOLDER)
        await run_once(program, self._logs / "frontend.log", INSTALL_SECONDS)

    async def _agent(self) -> None:
        """Start the demo agent on a port that stays the same, because sessions keep its URL."""
        here = self.wishes.here
        port = kept_port(here.data / "agent-port")
        self.facts["agent_url"] = f"http://127.0.0.1:{port}/"
        argv = ("-m", "collab.agents.demo", "--folder", str(here.scratch), "--port", str(port))
        known = {name: os.environ[name] for name in AGENT_MAY_KNOW if name in os.environ}
        # Other users of this machine can reach the port; without the key they get a 401.
        known["COHELM_AGENT_KEY"] = environment.read(self.environ).key("demo agent")
        self._keep(Program("agent", (sys.executable, *argv), environ=known, folder=PROJECT))
        await self._until(
            lambda: answers(f"http://127.0.0.1:{port}/health"), "The demo agent does not answer"
        )

    async def _prepare(self) -> None:
        """Migrate, and seed the demo or make the first owner's link, in a process of its own."""
        result = self.wishes.here.data / "prepared.json"
        argv = ["manage.py", "prepare", "--base-url", self.wishes.public_url or self.url]
        argv += ["--agent-url", self.facts.get("agent_url", ""), "--result", str(result)]
        program = self._python("prepare", *argv)
        await run_once(program, self._logs / "prepare.log", PREPARE_SECONDS)
        self.facts |= json.loads(result.read_text())
        result.unlink()

    def _python(self, name: str, *argv: str) -> Program:
        fds = (self.listening.fileno(),) if name.startswith("worker") else ()
        return Program(
            name, (sys.executable, *argv), environ=self.environ, folder=PROJECT, pass_fds=fds
        )

    def _keep(self, program: Program) -> None:
        child = Child(program, self._logs, self.say, self.write_ready_file, self.guard)
        self.children[program.name] = child
        child.start()

    def _runs(self, name: str) -> Callable[[], Awaitable[bool]]:
        async def runs() -> bool:
            return self.children[name].pid is not None

        return runs

    async def _until(self, true: Callable[[], Awaitable[bool]], otherwise: str) -> None:
        """Wait until something answers; raises CannotStart after a minute."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while not await true():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise CannotStart(f"{otherwise}. The logs are in {self._logs}.") from None

    @property
    def _logs(self) -> Path:
        return self.wishes.here.logs


async def in_thread(function: Callable[..., None], *arguments: object) -> None:
    """Run what blocks beside the loop (a child must be started in the main thread, always)."""
    await sync_to_async(function, thread_sensitive=False)(*arguments)


async def answers(url: str) -> bool:
    """Ask an address whether it answers well."""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    return await asyncio.to_thread(ask)
