"""The HTTP side of a linked system: asked with bounds, retried with jitter, never followed elsewhere."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import httpx

from exchange.connectors import answer
from exchange.connectors.answer import Cursor, KeyPage, Page
from exchange.connectors.errors import SourceFormError, SourceRefusedError, SourceUnavailableError
from exchange.connectors.row import Keep, Quarantined, SourceRow
from kernel.clock import iso
from kernel.public_roots import public_roots

MAX_ANSWER_BYTES = 16 << 20
PAGE_ROWS = 500
SMALLEST_PAGE = 20
TRIES = 4
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})
Found = TypeVar("Found")
_HINT = "关联系统在线吗 Is the system up? It is asked again by itself; see 关联系统 /linked."


@dataclass(frozen=True, slots=True)
class Source:
    """One system's address and account.

    Attributes:
        url: prefix of ``/records``, ``/keys`` and ``/posts``. token: bearer token, never logged.
        sleep: waits for seconds. chance: gives a number in [0, 1) for the jitter.
    """

    system: str
    url: str
    token: str = field(repr=False)
    client: httpx.Client = field(repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    chance: Callable[[], float] = field(default=random.random, repr=False)

    def page(self, cursor: Cursor, published: tuple[str, ...], keep: Keep) -> Page:
        """Changes after the cursor, one page.

        A page that is not whole is asked for again, each time a smaller one: where rows are lost on the way, a long
        page would never come through.

        Raises:
            SourceUnavailableError, SourceFormError, SourceRefusedError: as the classes say.

        Effects: up to ``TRIES`` requests to the system.
        """
        limits = iter([min(PAGE_ROWS, max(SMALLEST_PAGE, PAGE_ROWS >> 2 * turn)) for turn in range(TRIES)])

        def ask() -> Page:
            params = {"since": iso(cursor.since), "after": cursor.after, "limit": str(next(limits))}
            return answer.page(self._json("GET", "records", params=params), published, keep)

        found = self._try(ask)
        if found.next is not None and (found.next.since, found.next.after) <= (cursor.since, cursor.after):
            raise SourceFormError(f"expected {self.system} to read on after {cursor}, got {found.next}", hint=_HINT)
        return found

    def one(self, key: str, published: tuple[str, ...], keep: Keep) -> SourceRow | Quarantined | None:
        """One record by its key, or none when the system has it not.

        Raises: as ``page``.

        Effects: up to ``TRIES`` requests to the system.
        """
        path = f"records/{quote(key, safe='')}"
        found = self._try(lambda: answer.page(self._json("GET", path), published, keep))
        rows: tuple[SourceRow | Quarantined, ...] = (*found.rows, *found.quarantined)
        return rows[0] if rows else None

    def key_digest(self) -> tuple[int, str]:
        """How many records the system has, and the SHA-256 of its key set, hex. Raises and effects: as ``page``."""
        found = self._try(lambda: self._json("GET", "keys", params={"digest": "1"}))
        count, digest = found.get("count"), found.get("sha256")
        if isinstance(count, bool) or not isinstance(count, int) or not isinstance(digest, str):
            raise SourceFormError(f"expected count and digest of {self.system}'s keys, got {str(found)[:80]}")
        return count, digest

    def keys(self) -> dict[str, int]:
        """All keys with their versions. Raises and effects: as ``page``, for each part."""
        found: dict[str, int] = {}
        while True:
            part = self._key_page(next(reversed(found), ""))
            found |= part.keys
            if not part.more:
                return found
            if not part.keys:
                raise SourceFormError(f"expected more keys of {self.system}, got an empty part", hint=_HINT)

    def _key_page(self, after: str) -> KeyPage:
        return self._try(lambda: answer.key_page(self._json("GET", "keys", params={"after": after, "limit": "5000"})))

    def post(self, post_id: str, kind: str, payload: Mapping[str, object]) -> dict[str, object]:
        """Hand over something written back; whatever is lost is asked again under the same id.

        Args:
            post_id: the idempotency key.

        Returns:
            the receipt: ``receipt`` (the system's number), ``state`` (``stored`` or ``duplicate``), ``at``.

        Raises:
            SourceUnavailableError: not known whether it arrived. SourceRefusedError: it will not have it.
            SourceFormError: what came back is no receipt.

        Effects: up to ``TRIES`` requests to the system, which stores it once.
        """
        return self._try(lambda: self._post(post_id, kind, payload))

    def _post(self, post_id: str, kind: str, payload: Mapping[str, object]) -> dict[str, object]:
        headers = {"Idempotency-Key": post_id}
        found = self._json("POST", "posts", headers=headers, json={"id": post_id, "kind": kind, "payload": payload})
        if not isinstance(found.get("receipt"), str) or found.get("state") not in {"stored", "duplicate"}:
            raise SourceFormError(f"expected a receipt of {self.system}, got {str(found)[:80]}", hint=_HINT)
        answer.moment(found.get("at"), "at")
        return {name: str(found[name])[:100] for name in ("receipt", "state", "at")}

    def _try(self, ask: Callable[[], Found]) -> Found:
        """Ask up to ``TRIES`` times, each wait twice as long and by chance up to half shorter or longer."""
        for turn in range(TRIES - 1):
            try:
                return ask()
            except (SourceUnavailableError, SourceFormError):
                self.sleep(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**turn * (0.5 + self.chance())))
        return ask()

    def _json(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
    ) -> dict[str, object]:
        """One call, read to a JSON object within bounds."""
        sent = {"Authorization": f"Bearer {self.token}", "Accept-Encoding": "identity", **(headers or {})}
        body = b""
        try:
            address = f"{self.url.rstrip('/')}/{path}"
            with self.client.stream(method, address, params=params, headers=sent, json=json) as response:
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        raise SourceFormError(f"expected at most {MAX_ANSWER_BYTES} bytes of {self.system}, got more")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceUnavailableError(
                f"expected {self.system} at {self.url} to answer, got {type(error).__name__}: {error}", hint=_HINT
            ) from error
        self._judge(response.status_code, body)
        return answer.parse(body)

    def _judge(self, status: int, body: bytes) -> None:
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        text = f"expected {self.system} to answer 200, got {status}: {body[:120]!r}"
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in AGAIN:
            raise SourceUnavailableError(text, hint=_HINT)
        raise SourceRefusedError(text, hint="账号、地址或内容不被接受 Check address, account and what was sent.")


def open_client(timeout_s: float) -> httpx.Client:
    """A client that goes where it is told and nowhere else. ``timeout_s``: for each wait of a call."""
    return httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False, verify=public_roots())
