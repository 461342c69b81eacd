"""`up`: starts everything, says where it is, and stops it. What "everything" is: instance.py."""

import asyncio
import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from workspace import workers
from workspace.checks import NOBODY_CAN_SIGN_IN
from workspace.environment import Environment, WrongSetting, read
from workspace.instance import CannotStart, Instance, Wishes
from workspace.places import Places, places
from workspace.services import CannotServe
from workspace.supervisor import Ended

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEMO_HAS_PASSWORDS = (
    "The users of the demo have passwords, and COHELM_PASSWORDS is off. "
    "Use --no-demo, or leave passwords on."
)
DEMO_STAYS_HERE = (
    "The demo has known users, so it listens on this machine only. "
    "To serve other addresses: --no-demo --host 0.0.0.0 --public-url http://ADDRESS:PORT, "
    "with the address that people use."
)

NO_PROXY = (
    "WARNING: the public address is https, and no proxy is trusted to say so: everybody seems to "
    "come from the proxy's address. Name it in COHELM_TRUSTED_PROXIES."
)


class Command(BaseCommand):
    """Run Cohelm until it is told to stop."""

    help = "Start everything, print the address, stop everything with Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="where it listens: this machine only unless said otherwise, 0.0.0.0 is everywhere",
        )
        parser.add_argument("--port", type=int, default=8000, help="default: 8000; 0: a free one")
        parser.add_argument(
            "--workers", type=int, default=2, metavar="N", help="processes that serve; default: 2"
        )
        parser.add_argument("--data-dir", type=Path, help="default: .cohelm")
        parser.add_argument("--no-demo", action="store_true", help="no demo users, session, agent")
        parser.add_argument("--no-agent", action="store_true", help="no agent, no runner")
        parser.add_argument("--ready-file", type=Path, help="JSON, written when all answers")
        parser.add_argument(
            "--dev", action="store_true", help="for work on Cohelm: reload what is changed"
        )
        parser.add_argument("--public-url", help="the address that people use")

    def handle(self, **options: Any) -> None:
        try:
            wishes = understand(options)
            lock = take_folder(wishes.here)
            listening = listen(options["host"], options["port"])
            asyncio.run(self.serve(Instance(wishes, listening, self.say)))
        except (CannotStart, CannotServe, WrongSetting) as reason:
            raise CommandError(str(reason)) from None
        lock.close()

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()

    async def serve(self, instance: Instance) -> None:
        """Start, wait for the end, stop; a second Ctrl-C ends at once."""
        end = asyncio.Event()
        asked_before = False

        def ask() -> None:
            nonlocal asked_before
            if asked_before:
                instance.kill()
            asked_before = True
            end.set()

        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(each, ask)
        self.say("Starting Cohelm ...")
        starting = asyncio.create_task(instance.start())
        ending = asyncio.create_task(end.wait())
        try:
            await asyncio.wait([starting, ending], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                result_of(starting)
                self.welcome(instance)
                await ending
            self.say("Stopping ...")
        finally:
            starting.cancel()
            await asyncio.wait([starting])
            await instance.stop()
        self.say("Stopped. Everything is kept; `up` goes on from here.")

    def welcome(self, instance: Instance) -> None:
        """Print the address and how to come in."""
        facts = instance.facts
        public = instance.wishes.public_url or ""
        if public.startswith("https:") and not settings.TRUSTED_PROXIES:
            self.say(NO_PROXY)
        self.say(f"\n  Cohelm is ready: {facts.get('pages_url') or public or instance.url}\n")
        for user in facts.get("users", ()):
            roles = ", ".join(user["roles"])
            self.say(f"    {user['username']:<12} {user['password']:<20} {roles}")
        for sentence in ways_in(facts.get("signup")):
            self.say(f"  {sentence}")
        self.say("\n  Ctrl-C stops it.\n")


def ways_in(signup: str | None) -> Iterator[str]:
    """Say how people sign in, where that is not by password alone, and who comes first."""
    if settings.PROVIDER:
        can = "can also" if settings.PASSWORDS else "must"
        yield f"People {can} sign in through {settings.PROVIDER.name}."
    if not settings.PASSWORDS:
        yield "Passwords are off." if settings.PROVIDER else f"WARNING: {NOBODY_CAN_SIGN_IN}"
    if signup:
        yield f"The first owner signs up here, once: {signup}"


def result_of(starting: asyncio.Task[None]) -> None:
    """Raise the one sentence for which it did not start; what is a fault of ours stays as it is."""
    try:
        starting.result()
    except BaseExceptionGroup as group:
        reasons, faults = group.split((CannotStart, CannotServe, Ended))
        if faults or not reasons:
            raise
        raise CannotStart(first_sentence(reasons)) from None
    except Ended as reason:
        raise CannotStart(str(reason)) from None


def first_sentence(reasons: BaseExceptionGroup[BaseException]) -> str:
    """Give the first reason of perhaps several."""
    first = reasons.exceptions[0]
    return first_sentence(first) if isinstance(first, BaseExceptionGroup) else str(first)


def understand(options: dict[str, Any]) -> Wishes:
    """Check what was asked for; raises CannotStart with a sentence."""
    if options["workers"] < 1:
        raise CannotStart("--workers must be 1 or more.")
    environ = dict(os.environ)
    if options["data_dir"]:
        environ["COHELM_DATA"] = str(options["data_dir"])
    if options["public_url"]:
        environ["COHELM_PUBLIC_URL"] = options["public_url"]
    found = read(environ)
    demo = not options["no_demo"]
    if demo and not (options["host"] in LOOPBACK and found.is_local):
        raise CannotStart(DEMO_STAYS_HERE)
    if demo and not settings.PASSWORDS:
        raise CannotStart(DEMO_HAS_PASSWORDS)
    return Wishes(
        here=make_folder(found.places.data),
        hosts=hosts_of(found, options["host"]),
        workers=1 if options["dev"] else options["workers"],
        demo=demo,
        agent=not options["no_agent"],
        public_url=found.public_url,
        ready_file=options["ready_file"],
        dev=options["dev"],
    )


def hosts_of(found: Environment, listening: str) -> tuple[str, ...]:
    """Give the names under which it may be asked; raises CannotStart where people have none."""
    if listening not in EVERYWHERE:
        return (*found.allowed_hosts, f"[{listening}]" if ":" in listening else listening)
    if set(found.allowed_hosts) <= {"localhost", "127.0.0.1", "[::1]"}:
        raise CannotStart(
            f"--host {listening} needs to know the address that people use: "
            "name it with --public-url http://ADDRESS:PORT, or the hosts in COHELM_ALLOWED_HOSTS."
        )
    return found.allowed_hosts


def make_folder(data: Path) -> Places:
    """Make the data folder first: where Postgres goes depends on who may walk there."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        here = places(data)
        here.logs.mkdir(exist_ok=True, mode=0o700)
        here.scratch.mkdir(exist_ok=True, mode=0o700)
        here.lock.touch()
    except OSError as error:
        raise CannotStart(f"The data folder {data} cannot be used: {error.strerror}.") from None
    return here


def take_folder(here: Places) -> IO[str]:
    """Hold the data folder, so that two never serve from the same one."""
    lock = here.lock.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(f"Cohelm runs from {here.data} already. Stop it first.") from None
    return lock


def listen(host: str, port: int) -> socket.socket:
    """Open the port; raises CannotStart when it is taken."""
    try:
        return workers.listen(host, port)
    except OSError as error:
        raise CannotStart(
            f"Port {port} of {host} cannot be used ({error.strerror}). Choose another with --port."
        ) from None
