"""Witnesses: outsiders who see every checkpoint, check that it continues the last one, and cosign it.

Nothing that comes over the wire is believed: a cosignature must hold under the key that is pinned here,
and a claim that our log has another history counts only with a checkpoint that our own key signed.

Spec: C2SP tlog-witness.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from evidence.log import note
from evidence.log.checkpoint import DECIMAL
from evidence.log.errors import (
    LogFormError,
    NoteSignatureError,
    WitnessDoubtError,
    WitnessError,
    WitnessRefusedError,
    WitnessSizeError,
    WitnessUnavailableError,
)
from evidence.log.note import Note, Signature
from evidence.vkey import VerifierKey
from kernel.config import Settings
from kernel.crypto import sha256_hex
from kernel.public_roots import public_roots

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
SIZE_TYPE = "text/x.tlog.size"
MAX_ANSWER_BYTES = 100_000
_HINT = "It is tried again by itself. If it stays: ask the witness's operator."


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness.

    Attributes:
        name: short name. url: prefix of its addresses. key: pinned; ``key.name`` stands in its lines.
        kind: ``court`` or ``test``.
    """

    name: str
    url: str
    key: VerifierKey
    kind: str
    client: httpx.Client = field(repr=False)

    def add_checkpoint(self, old: int, proof: Sequence[bytes], checkpoint: Note) -> Signature:
        """Ask for a cosignature.

        Args:
            old: size that the witness is thought to know. proof: consistency from there.
            checkpoint: signed by the log.

        Returns:
            a cosignature that holds under the pinned key.

        Raises:
            WitnessSizeError: it knows another size. WitnessDoubtError: it does not see our proof hold.
            WitnessUnavailableError, WitnessRefusedError: no answer, or no cosignature.

        Effects: one request to the witness.
        """
        lines = [f"old {old}", *(base64.b64encode(value).decode() for value in proof)]
        body = "".join(f"{line}\n" for line in lines).encode() + b"\n" + checkpoint.render()
        response = self._call("POST", "add-checkpoint", body)
        if response.status_code == httpx.codes.CONFLICT:
            raise WitnessSizeError(
                f"expected the witness {self.name} to know size {old}, got another", size=self._size(response)
            )
        if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            raise WitnessDoubtError(
                f"expected the witness {self.name} to see {old} leaves continued, got a refusal", hint=_HINT
            )
        if response.status_code != httpx.codes.OK:
            raise WitnessRefusedError(
                f"expected a cosignature of the witness {self.name}, got status {response.status_code}", hint=_HINT
            )
        return self._cosignature(response.content, checkpoint)

    def seen(self, origin: str) -> bytes | None:
        """The newest checkpoint of a log that the witness shows, unverified, or none.

        Raises:
            WitnessUnavailableError, WitnessRefusedError: no answer, or no checkpoint and no 404.

        Effects: one request to the witness.
        """
        response = self._call("GET", f"{sha256_hex(origin.encode())}/checkpoint")
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if response.status_code != httpx.codes.OK:
            raise WitnessRefusedError(
                f"expected a checkpoint of the witness {self.name}, got status {response.status_code}", hint=_HINT
            )
        return response.content

    def _call(self, method: str, path: str, body: bytes = b"") -> httpx.Response:
        try:
            address, plain = f"{self.url.rstrip('/')}/{path}", {"Accept-Encoding": "identity"}
            with self.client.stream(method, address, content=body, headers=plain) as response:
                content = b""
                for chunk in response.iter_raw():
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise WitnessRefusedError(f"expected a short answer of the witness {self.name}, got a long one")
                return httpx.Response(response.status_code, headers=response.headers, content=content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise WitnessUnavailableError(
                f"expected the witness {self.name} at {self.url} to answer, got {error}", hint=_HINT
            ) from error

    def _size(self, response: httpx.Response) -> int:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        text = response.content.decode("latin-1").removesuffix("\n")
        if kind != SIZE_TYPE or not DECIMAL.fullmatch(text):
            raise WitnessRefusedError(f"expected a size from the witness {self.name}, got {kind!r}: {text[:40]!r}")
        return int(text)

    def _cosignature(self, answer: bytes, checkpoint: Note) -> Signature:
        try:
            lines = answer.decode("utf-8").removesuffix("\n").split("\n")
            signatures = [note.parse_signature(line) for line in lines]
            wanted = [one for one in signatures if (one.name, one.key_id) == (self.key.name, self.key.key_id)]
            if len(wanted) == 1 and note.verify(Note(checkpoint.text, (wanted[0],)), self.key) is not None:
                return wanted[0]
        except (LogFormError, NoteSignatureError, UnicodeDecodeError) as error:
            raise WitnessRefusedError(
                f"expected a cosignature of the witness {self.name} that holds, got {error}", hint=_HINT
            ) from error
        raise WitnessRefusedError(
            f"expected one cosignature of {self.key.name} from the witness {self.name}, got {len(wanted)}",
            hint=f"Compare the key in {self.name}.vkey with the one that the witness publishes.",
        )


def pinned_key(settings: Settings, name: str) -> VerifierKey | None:
    """The key that the settings pin for a witness, or none when its file is not there yet.

    Raises:
        LogFormError: not the verifier key of a witness.
    """
    path = Path(settings.witness_keys_dir or ".") / f"{name}.vkey"
    if not settings.witness_keys_dir or not path.is_file():
        return None
    key = note.parse_vkey(path.read_text("utf-8", errors="replace").strip())
    if key.algorithm != note.WITNESS:
        raise LogFormError(f"expected a witness's key (type 4) in {path}, got type {key.algorithm}")
    return key


def pinned_keys(settings: Settings) -> list[tuple[str, str, VerifierKey]]:
    """Short name, kind (``court`` or ``test``) and key of each witness whose key is there.

    Raises:
        LogFormError: a file that holds no verifier key of a witness.
    """
    names = [pair.partition("=")[0] for pair in settings.witness_urls]
    keys = [(name, pinned_key(settings, name)) for name in names]
    return [(name, _kind(settings, name), key) for name, key in keys if key is not None]


def _kind(settings: Settings, name: str) -> str:
    return "test" if name in settings.witness_test_trust else "court"


def open_witnesses(settings: Settings, *, timeout_s: float = 10.0) -> tuple[Witness, ...]:
    """The witnesses of the settings, with their pinned keys. To be kept: connections are reused.

    Raises:
        WitnessError: a name, address or key that cannot be used; two that are the same; fewer than the quorum.
    """
    found: list[Witness] = []
    for pair in settings.witness_urls:
        name, _, url = pair.partition("=")
        if not NAME.fullmatch(name) or not url:
            raise WitnessError(f"expected name=url in WANGJIAN_WITNESS_URLS, got {pair!r}")
        key = pinned_key(settings, name)
        if key is None:
            raise WitnessError(
                f"expected the key of the witness {name} in {settings.witness_keys_dir or 'WANGJIAN_WITNESS_KEYS_DIR'}"
                f"/{name}.vkey, got none",
                hint="Get the verifier key from the witness's operator and compare its fingerprint by another way.",
            )
        # No proxy and no redirect: a cosignature comes from the named witness or not at all.
        client = httpx.Client(timeout=timeout_s, trust_env=False, follow_redirects=False, verify=public_roots())
        found.append(Witness(name, url, key, _kind(settings, name), client))
    if len({one.name for one in found}) != len(found) or len({one.key.public for one in found}) != len(found):
        raise WitnessError("expected separate witnesses, got the same name or key twice")
    if len(found) < settings.witness_quorum:
        raise WitnessError(
            f"expected at least {settings.witness_quorum} witnesses (WANGJIAN_WITNESS_QUORUM), got {len(found)}",
            hint="Set WANGJIAN_WITNESS_URLS=name=url; without any witness nothing shows outsiders that the log is one.",
        )
    return tuple(found)
