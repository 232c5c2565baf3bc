"""A second look at the address while the browser looks: a plain fetch, and another node's capture where one is set.

Differences are reported, failures of the second look too; neither fails the capture. Both looks have a time of their
own, and what has not come by then is told as not come.

Spec: 在线诉讼规则 (2021) 第18条 (corroboration); 互联网法院规定 (2018) 第11条(4).
"""

import asyncio
import json

from crawlers.capture.difference import View, compare, decode, texts_of, title_of
from crawlers.capture.exchange import Veil
from crawlers.capture.order import CaptureOrder
from crawlers.capture.plain_fetch import Fetch, Way, fetch
from crawlers.capture.second_node import NodeCapture, ask_node
from crawlers.egress.policy import Policy
from kernel.config import Settings
from kernel.crypto import canonical_json, sha256_hex

FETCH_S = 5.0
GRACE_S = 1.0
"""How long a plain fetch may still take when everything else is done."""


class SecondLook:
    """Looks once more at one order's address.

    Args:
        settings: name the second node. policy: of the way out. order: says whether to look. agent: our name.
    """

    def __init__(self, settings: Settings, policy: Policy, order: CaptureOrder, agent: str) -> None:
        self._settings = settings
        self._order = order
        headers = (
            ("User-Agent", agent),
            ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
            ("Accept-Language", order.options.locale),
            ("Accept-Encoding", "identity"),
        )
        self._way = Way(policy, headers, settings.extra_ca_file, order.options.accept_bad_tls, FETCH_S)
        self._fetching: asyncio.Task[Fetch] | None = None
        self._asking: asyncio.Task[NodeCapture] | None = None

    def start(self) -> None:
        """Begin, where the order wants it."""
        if not self._order.options.second_look:
            return
        self._fetching = asyncio.create_task(asyncio.to_thread(fetch, self._order.url, self._way))
        if self._settings.second_node_url:
            self._asking = asyncio.create_task(asyncio.to_thread(ask_node, self._settings, self._order))

    async def gather(self) -> None:
        """Wait for what is under way, each for its own time."""
        if self._fetching is not None:
            await asyncio.wait([self._fetching], timeout=GRACE_S)
        if self._asking is not None:
            await asyncio.wait([self._asking], timeout=self._settings.second_node_timeout_s)

    def files(self, first: View, veil: Veil) -> tuple[dict[str, bytes], dict[str, object]]:
        """The files below ``data/second/`` and a short account for the record.

        Args:
            first: the browser's look.
        """
        if self._fetching is None:
            return {}, {"state": "not_asked"}
        files: dict[str, bytes] = {}
        table: dict[str, object] = {"first": "the browser's capture"}
        brief: dict[str, object] = {"state": "looked"}
        for name, told in (("fetch", self._fetched(first, veil, files)), ("node", self._answered(first, files))):
            table[name] = told
            brief[name] = {key: told[key] for key in ("state", "reason") if key in told}
            if isinstance(different := told.get("different"), list):
                brief[name] = {"state": told["state"], "different": [item["what"] for item in different]}
        files["data/second/diff.json"] = canonical_json(table)
        return files, brief

    def _fetched(self, first: View, veil: Veil, files: dict[str, bytes]) -> dict[str, object]:
        found = _result(self._fetching)
        if isinstance(found, str):
            return {"state": "failed", "reason": found}
        if not isinstance(found, Fetch):
            return {"state": "not_asked"}
        files["data/second/fetch.json"] = canonical_json(found.as_dict(veil))
        for hop in found.hops:
            if hop.leaf:
                files[f"data/second/tls/{sha256_hex(hop.leaf)}.der"] = hop.leaf
        if found.error or found.last is None:
            return {"state": "failed", "reason": found.error or "no answer"}
        files["data/second/fetch-body.bin"] = found.body
        last = found.last
        kind = next((value for name, value in last.head if name.lower() == "content-type"), "")
        text = decode(found.body, kind)
        view = View(
            last.status,
            last.url,
            title_of(text),
            texts_of(text),
            sha256_hex(found.body),
            sha256_hex(last.leaf) if last.leaf else "",
            last.address,
        )
        return {"state": "compared", **compare(first, view)}

    def _answered(self, first: View, files: dict[str, bytes]) -> dict[str, object]:
        if self._asking is None:
            return {"state": "not_asked", "reason": "no second node is set"}
        found = _result(self._asking)
        if not isinstance(found, NodeCapture):
            return {"state": "failed", "reason": str(found)}
        if found.error:
            return {"state": "failed", "reason": found.error}
        files.update({f"data/second/node/{name}": data for name, data in found.files.items()})
        told = {"state": "compared", "node": found.subject, "node_certificate_sha256": found.certificate}
        return {**told, **compare(first, _view(found.files))}


def _result(task: "asyncio.Task[Fetch] | asyncio.Task[NodeCapture] | None") -> object:
    """What a look brought; a sentence where it brought nothing."""
    if task is None:
        return None
    if not task.done():
        return "it did not come to its end in time"
    if task.cancelled():
        return "it was stopped"
    error = task.exception()
    return f"{type(error).__name__}: {error}"[:500] if error else task.result()


def _view(files: dict[str, bytes]) -> View:
    """The look of another node's capture."""
    record = json.loads(files["meta/capture.json"])
    main = record["main_document"]
    return View(
        int(main["status"]),
        str(record["final_url"]),
        str(record["title"]),
        texts_of(files["data/dom.html"].decode("utf-8", "replace")),
        str(main["body_sha256"]),
        next(iter(main["certificates"]), ""),
        str(main["remote_address"]),
    )
