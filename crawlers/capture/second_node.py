"""Ask another capture node for its own look at an address. What it sends is believed only under its signature.

The node's root certificate is a file of ours, never taken from what the node sends.
"""

import http.client
import io
import json
import ssl
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from crawlers.capture.node_signature import LIST, SIGNATURE
from crawlers.capture.order import CaptureOrder
from evidence import cms, manifest
from evidence.errors import EvidenceError
from evidence.names import is_safe
from kernel.clock import now
from kernel.config import Settings
from kernel.crypto import sha256_hex

MAX_BYTES = 200_000_000
MAX_FILES = 2_000
NEEDED = ("meta/capture.json", "data/dom.html", "data/capture.wacz")


@dataclass(frozen=True, slots=True)
class NodeCapture:
    """What another node saw.

    Attributes:
        files: name to content, all of them on its signed list. subject, certificate: of the node's
            certificate: its name, and SHA-256 in hex. error: why there is nothing to compare.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    subject: str = ""
    certificate: str = ""
    error: str = ""


def ask_node(settings: Settings, order: CaptureOrder) -> NodeCapture:
    """Let the second node capture the order's address. Blocks; never raises for what the node or network does.

    Effects: one POST to ``settings.second_node_url``.
    """
    try:
        token = Path(settings.second_node_token_file).read_text("utf-8").strip()
        roots = x509.load_pem_x509_certificates(Path(settings.second_node_root_file).read_bytes())
        return check(_fetch(settings, token, order), roots)
    except (OSError, ValueError, KeyError, http.client.HTTPException, tarfile.TarError, EvidenceError) as error:
        return NodeCapture(error=f"{type(error).__name__}: {error}"[:500])


def _fetch(settings: Settings, token: str, order: CaptureOrder) -> bytes:
    parts = urlsplit(settings.second_node_url)
    timeout = settings.second_node_timeout_s
    options = order.options.model_dump(mode="json", include={"viewport", "locale", "timezone", "accept_bad_tls"})
    body = json.dumps({"id": order.id, "url": order.url, "options": options}).encode()
    host = parts.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=timeout)
    )
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", f"{parts.path.rstrip('/')}/capture", body, headers)
        answer = connection.getresponse()
        data = answer.read(MAX_BYTES + 1)
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise ValueError(f"expected 200 from the second node, got {answer.status}: {data[:300]!r}")
    if len(data) > MAX_BYTES:
        raise ValueError(f"expected at most {MAX_BYTES} bytes from the second node, got more")
    return data


def check(data: bytes, roots: list[x509.Certificate]) -> NodeCapture:
    """Unpack a tar and hold it against the node's signed list.

    Raises:
        ValueError: a name, a kind of entry, or a file that is not as listed. EvidenceError: the signature.
    """
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for entry in archive:
            stream = archive.extractfile(entry) if entry.isreg() else None
            if stream is None or not is_safe(entry.name) or entry.name in files or len(files) >= MAX_FILES:
                raise ValueError(f"expected plain files, each once, got {entry.name[:100]!r}")
            files[entry.name] = stream.read()
    missing = [name for name in (LIST, SIGNATURE, *NEEDED) if name not in files]
    if missing:
        raise ValueError(f"expected a signed capture, {missing} is missing")
    parsed, _ = cms.verify(files[SIGNATURE], bytes.fromhex(sha256_hex(files[LIST])), roots, now())
    listed = manifest.parse(files[LIST])
    there = {name: sha256_hex(content) for name, content in files.items() if name not in {LIST, SIGNATURE}}
    if listed != there:
        wrong = sorted(name for name in listed.keys() | there.keys() if listed.get(name) != there.get(name))
        raise ValueError(f"expected the files of the node's list, these differ: {wrong[:5]}")
    signer = parsed.signer
    return NodeCapture(files, signer.subject.rfc4514_string(), sha256_hex(signer.public_bytes(Encoding.DER)))
