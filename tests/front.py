"""nginx in front of a Cohelm, by the very file in deploy/, with a certificate made for the test."""

from __future__ import annotations

import datetime
import functools
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cluster import free_port
from tests.house import House, new_house
from tests.polling import until
from workspace.places import PROJECT

EXAMPLE = PROJECT / "deploy" / "nginx" / "cohelm.conf"
MISSING = "There is no nginx, so nothing is tried behind it (Debian: `apt install nginx-light`)."

START_SECONDS = 60.0

AROUND = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/cohelm.conf;
}}
"""


def nginx() -> str | None:
    """Find nginx, which is where plain users do not look."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


class Front:
    """Be one nginx that leads https to a port of this machine."""

    def __init__(self, folder: Path, behind: int, changes: dict[str, str]) -> None:
        self.folder, self.changes = folder, changes
        self.certificate, self.secret = folder / "fullchain.pem", folder / "privkey.pem"
        self.port, self.plain_port = free_port(), free_port()
        self._behind = behind
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"wss://localhost:{self.port}"

    def start(self) -> None:
        """Write what nginx needs, start it and wait until it takes connections."""
        for file, pem in zip((self.certificate, self.secret), certificate(), strict=True):
            file.write_bytes(pem)
        (self.folder / "cohelm.conf").write_text(self._configuration())
        user = "user root;" if os.geteuid() == 0 else ""
        main = self.folder / "nginx.conf"
        main.write_text(AROUND.format(folder=self.folder, user=user))
        found = nginx()
        assert found, MISSING
        argv = [found, "-p", str(self.folder), "-c", str(main)]
        log = self.folder / "nginx.log"
        with log.open("ab") as said:
            self._process = subprocess.Popen(argv, stderr=said)
        until(self._takes, "nginx does not start", log, START_SECONDS)

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)

    def _takes(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.port)) == 0

    def _configuration(self) -> str:
        """Give the example with this machine's names in the places that it marks."""
        places = {
            "server 127.0.0.1:8000;": f"server 127.0.0.1:{self._behind};",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "https://cohelm.example.org$": f"{self.url}$",
            "server_name cohelm.example.org;": "server_name localhost;",
            "/etc/ssl/cohelm": str(self.folder),
        }
        filled = EXAMPLE.read_text()
        for old, new in (places | self.changes).items():
            assert old in filled, f"the example does not say {old}"
            filled = filled.replace(old, new)
        return filled


@functools.cache
def certificate() -> tuple[bytes, bytes]:
    """Make a certificate for this machine, and its key: one for all fronts of a run."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, form, serialization.NoEncryption())
    return made.public_bytes(pem), secret


@contextmanager
def fronted(place: Path, behind: int, changes: dict[str, str] | None = None) -> Iterator[Front]:
    """Put nginx in front of a port; `changes`: what stands in the example, and what instead."""
    place.mkdir(parents=True, exist_ok=True)
    front = Front(place, behind, changes or {})
    try:
        front.start()
        yield front
    finally:
        front.stop()


@contextmanager
def house_behind_nginx(place: Path) -> Iterator[tuple[House, Front]]:
    """Run a whole Cohelm whose people come through nginx, by https."""
    port = free_port()
    with fronted(place, port) as front, new_house("--public-url", front.url) as house:
        house.port, house.front = port, front.url
        house.environ["COHELM_TRUSTED_PROXIES"] = "127.0.0.1"
        yield house.start(), front
