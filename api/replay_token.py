"""Short-lived signed tokens: one archived page, for a few minutes, on the replay origin.

Spec: RFC 2104 (HMAC) with SHA-256.
"""

import base64
import hashlib
import hmac
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.errors import NotFoundError
from kernel.config import Settings

LIFE = timedelta(minutes=30)
KEY_BYTES = 32


def replay_key(settings: Settings) -> bytes:
    """The key both web processes share, made at its first use and readable by its owner only.

    Effects: file ``keys/replay.key``.
    """
    path = settings.keys_path() / "replay.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(os.urandom(KEY_BYTES))
        _link_once(fresh, path)
    return path.read_bytes()


def _link_once(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass  # the other process was first: its key counts
    finally:
        fresh.unlink(missing_ok=True)


def make_token(key: bytes, evidence_id: str, at: datetime) -> str:
    """A token for the archive of one piece of evidence."""
    until = int((at + LIFE).timestamp())
    body = f"{evidence_id}.{until}"
    return f"{body}.{_sign(key, body)}"


def read_token(key: bytes, token: str, at: datetime) -> str:
    """The evidence id of a good token.

    Raises:
        NotFoundError: forged, cut or too old.
    """
    body, _, signature = token.rpartition(".")
    evidence_id, _, until = body.rpartition(".")
    good = hmac.compare_digest(signature.encode(), _sign(key, body).encode())
    if not good or not until.isdigit() or datetime.fromtimestamp(int(until), UTC) <= at:
        raise NotFoundError("expected a replay token that is ours and fresh", hint="请回到证据页重新打开回放。")
    return evidence_id


def _sign(key: bytes, body: str) -> str:
    return base64.urlsafe_b64encode(hmac.new(key, body.encode(), hashlib.sha256).digest()).decode().rstrip("=")
