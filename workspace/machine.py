"""What this machine already has: certificates and Node. Standard library only, changes nothing."""

import os
import re
import shutil
import ssl
import subprocess
from pathlib import Path

# The frontend's tools need it; below this the wheel's own Node is used.
OLDEST_NODE = (22, 12)
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def certificates() -> str | None:
    """Find the system's certificate bundle, which may hold a company's own authority."""
    named = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return next((b for b in (named, *BUNDLES) if b and os.access(b, os.R_OK)), None)


def system_node() -> Path | None:
    """Find a Node that is recent enough and has npm beside it."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = tuple(int(n) for n in re.findall(r"\d+", said.stdout)[:2])
    return Path(node) if version >= OLDEST_NODE else None
