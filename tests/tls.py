"""Certificates for servers that speak TLS, as some clients do whatever address they are given."""

import shutil
import ssl
import subprocess
from pathlib import Path

CANNOT = shutil.which("openssl") is None
NO_OPENSSL = "there is no openssl on this machine to make a certificate"


def certified(place: Path) -> tuple[tuple[str, ...], ssl.SSLContext]:
    """Return uvicorn's arguments for a server with a certificate of its own, and what trusts that."""
    key, certificate = place / "key", place / "certificate"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost")
    make = ["openssl", "req", "-x509", *kind, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(make, check=True, capture_output=True)
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    serve = ("-m", "uvicorn", "mocksite.asgi:application", "--port", "0")
    return (*serve, "--ssl-keyfile", str(key), "--ssl-certfile", str(certificate)), context
