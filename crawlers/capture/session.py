"""A capture and a rendering, step by step, each step with a bound."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from crawlers.capture import bundle, look
from crawlers.capture.browser import BrowserFacts, BrowserKeeper, crashed
from crawlers.capture.certificates import read_chains
from crawlers.capture.completeness import PageView, judge, walls
from crawlers.capture.environment import Environment, clock_sample
from crawlers.capture.errors import CaptureError
from crawlers.capture.exchange import Exchange, Veil
from crawlers.capture.folder import write_folder
from crawlers.capture.line import LineError
from crawlers.capture.order import CaptureOrder, RenderOrder
from crawlers.capture.visit import Visit
from crawlers.capture.wacz import ReplayPage
from crawlers.egress.policy import Policy
from crawlers.egress.record import Budget
from kernel.clock import CHINA, iso, monotonic, now
from kernel.config import Settings
from kernel.crypto import canonical_json, sha256_hex

Progress = Callable[[str], None]
T = TypeVar("T")

CAPTURE_BUDGET = Budget(max_bytes=200_000_000, max_connections=2_000)
STEP_S = 10.0
QUIET_S, QUIET_CAP_S = 0.1, 3.0
SCROLL_CAP_S = 12.0
BODIES_CAP_S = 5.0
POLICY_VERSION = "capture-1"


@dataclass(slots=True)
class Looks:
    """How the page looked, and how long each stage took (milliseconds)."""

    initial: look.Picture | None = None
    scrolled: look.Picture | None = None
    scrolling: look.Scrolling = field(default_factory=lambda: look.Scrolling(0, 0, "bottom"))
    html: str = ""
    title: str = ""
    pdf: bytes = b""
    stages: dict[str, int] = field(default_factory=dict)


class Studio:
    """Where captures are made: browser, settings and the state of the machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._policy = Policy.from_settings(settings)
        self.keeper = BrowserKeeper(settings)
        self._environment = Environment()

    async def capture(self, order: CaptureOrder, progress: Progress) -> dict[str, object]:
        """Make one capture.

        Returns:
            the result of the line protocol.

        Raises:
            CaptureError: nothing was written.

        Effects: ``order.out``; connections through the egress proxy.
        """
        if order.out.exists():
            return await asyncio.to_thread(_earlier, order)
        limit = order.options.timeout_s or self._settings.capture_timeout_s
        try:
            async with asyncio.timeout(limit):
                writing = await self._shoot(order, progress, limit)
        except TimeoutError as error:
            raise CaptureError(
                "timeout", f"expected the capture within {limit:.0f} s, it took longer", hint="Give it more time."
            ) from error
        except LineError as error:
            raise crashed(error) from error
        return await writing

    async def _shoot(self, order: CaptureOrder, progress: Progress, limit: float) -> "asyncio.Task[dict[str, object]]":
        """See all there is to see, then write it while the browser is being tidied up."""
        looks, started = Looks(), now()
        clock = [clock_sample("start", started)]
        timer = _Timer(looks.stages, progress)
        timer.start("opening")
        async with Visit(self.keeper, self._policy, order, CAPTURE_BUDGET) as visit:
            await self._see(visit, looks, timer, limit)
            chains = await read_chains(visit.line, visit.traffic.exchanges())
            await visit.complete(BODIES_CAP_S)
            ended = now()
            clock.append(clock_sample("end", ended))
            timer.start("writing")
            seen = bundle.Seen(
                tuple(visit.traffic.exchanges()),
                tuple(visit.proxy.records),
                tuple(chains),
                visit.proxy.addresses(),
                ReplayPage(visit.final_url, looks.title, started),
            )
            if self.keeper.facts is None:
                raise CaptureError("failed", "expected a running browser, got none")
            shot = _Shot(order, visit, looks, seen, (started, ended), clock, self.keeper.facts)
            return asyncio.create_task(asyncio.to_thread(self._write, shot))

    async def render(self, order: RenderOrder) -> dict[str, object]:
        """Load a page for the crawler; writes nothing.

        Returns:
            ``url``, ``status``, ``content_type``, ``remote_address``, ``html``, ``truncated``, ``stop_reason``.

        Raises:
            CaptureError: nothing could be loaded.
        """
        limit = order.options.timeout_s or self._settings.page_timeout_s
        budget = Budget(max_bytes=self._settings.page_max_bytes * 4)
        try:
            async with asyncio.timeout(limit + STEP_S):
                async with Visit(self.keeper, self._policy, order, budget) as visit:
                    await visit.load(limit)
                    if not await visit.traffic.quiet(QUIET_S, QUIET_CAP_S):
                        visit.stops.append("busy")
                    html = await self._step(visit, partial(look.document, visit.line))
                    main = _main(visit.main_chain())
        except TimeoutError as error:
            raise CaptureError("timeout", f"expected the page within {limit:.0f} s", hint="Try again later.") from error
        except LineError as error:
            raise crashed(error) from error
        kept = html.encode("utf-8", "replace")[: self._settings.page_max_bytes].decode("utf-8", "ignore")
        return {
            "url": visit.final_url,
            "status": main.status,
            "content_type": main.mime,
            "remote_address": visit.proxy.address_of(*bundle.endpoint(main.url)),
            "html": kept,
            "truncated": len(kept) < len(html),
            "stop_reason": ",".join(visit.stops),
        }

    async def _see(self, visit: Visit, looks: Looks, timer: "_Timer", limit: float) -> None:
        """Load, look, scroll, look again, keep the DOM, print."""
        width = visit.order.options.viewport.width
        timer.start("loading")
        await visit.load(limit * 0.4)
        timer.start("settling")
        if not await visit.traffic.quiet(QUIET_S, min(QUIET_CAP_S, limit * 0.1)):
            visit.stops.append("busy")
        timer.start("picture")
        looks.initial = await self._step(visit, partial(look.picture, visit.line, width))
        timer.start("scrolling")
        scrolling = partial(look.scroll, visit.line, visit.traffic, min(SCROLL_CAP_S, limit * 0.2))
        looks.scrolling = await self._step(visit, scrolling, min(SCROLL_CAP_S, limit * 0.2) + min(STEP_S, limit / 5))
        if looks.scrolling.stop != "bottom":
            visit.stops.append(f"scroll_{looks.scrolling.stop}")
        timer.start("picture-after")
        looks.scrolled = await self._step(visit, partial(look.picture, visit.line, width))
        if looks.scrolled.clipped or looks.initial.clipped:
            visit.stops.append("picture_clipped")
        timer.start("document")
        looks.html = await self._step(visit, partial(look.document, visit.line))
        looks.title = await self._step(visit, partial(look.title, visit.line))
        timer.start("printing")
        looks.pdf = await self._step(visit, partial(look.pdf, visit.line))
        timer.stop()
        if visit.proxy.spent.is_set():
            visit.stops.append("byte_budget")
        if visit.traffic.stopped:
            visit.stops.append(visit.traffic.stopped)

    async def _step(self, visit: Visit, action: Callable[[], Awaitable[T]], cap_s: float = 0) -> T:
        """One step; where scripts keep the page from answering they are ended and it is tried again."""
        limit = visit.order.options.timeout_s or self._settings.capture_timeout_s
        cap_s = cap_s or min(STEP_S, limit / 5)
        try:
            return await asyncio.wait_for(action(), cap_s)
        except TimeoutError:
            await visit.stop_scripts()
            return await asyncio.wait_for(action(), cap_s)

    def _write(self, shot: "_Shot") -> dict[str, object]:
        began = monotonic()
        veil = Veil(secrets.token_bytes(32))
        software = self._environment.software()
        wacz, writer = bundle.archive(shot.seen, veil, software, self.keeper.user_agent())
        main = _main(shot.visit.main_chain())
        view = PageView(shot.order.url, shot.visit.final_url, main.status, shot.looks.html)
        completeness = judge(shot.seen.exchanges, shot.seen.records, walls(view), shot.visit.stops)
        clean = self._environment.reading(
            shot.facts, shot.visit.proxy.socks_url, shot.clock, accept_bad_tls=shot.order.options.accept_bad_tls
        )
        chains = bundle.chain_table(shot.seen)
        record = _record(shot, main, chains, completeness)
        record["software"] = {"name": software, "commit": self._environment.commit}
        record["warc_chain"] = {
            "form": "sha256(previous || sha256(gzip member)), from 32 zero bytes",
            "records": writer.count,
            "head": writer.chain.hex(),
        }
        record["user_agent"] = self.keeper.user_agent()
        files = {
            "data/capture.wacz": wacz,
            "data/screens/000-initial.png": shot.looks.initial.png if shot.looks.initial else b"",
            "data/screens/010-after-scroll.png": shot.looks.scrolled.png if shot.looks.scrolled else b"",
            "data/page.pdf": shot.looks.pdf,
            "data/dom.html": shot.looks.html.encode("utf-8", "replace"),
            **bundle.certificate_files(shot.seen),
            "data/net/chains.json": canonical_json(chains),
            "data/net/dns.jsonl": bundle.json_lines(bundle.dns_lines(shot.seen)),
            "data/net/requests.jsonl": bundle.json_lines(bundle.request_lines(shot.seen, veil)),
            "data/env/clean.json": canonical_json(clean),
            "meta/completeness.json": canonical_json(completeness),
            "meta/capture.json": canonical_json(record),
        }
        write_folder(shot.order.out, files)
        shot.looks.stages["writing"] = round((monotonic() - began) * 1000)
        listed = [{"path": path, "bytes": len(data), "sha256": sha256_hex(data)} for path, data in files.items()]
        return {**_summary(record, completeness), "files": listed, "stages_ms": shot.looks.stages, "reused": False}


@dataclass(frozen=True, slots=True)
class _Shot:
    """Everything that goes into the files of one capture."""

    order: CaptureOrder
    visit: Visit
    looks: Looks
    seen: bundle.Seen
    span: tuple[datetime, datetime]
    clock: list[dict[str, object]]
    facts: BrowserFacts


class _Timer:
    """Writes down how long each stage took and tells when one begins."""

    def __init__(self, stages: dict[str, int], progress: Progress) -> None:
        self._stages, self._progress = stages, progress
        self._name, self._began = "", monotonic()

    def start(self, name: str) -> None:
        self.stop()
        self._name, self._began = name, monotonic()
        self._progress(name)

    def stop(self) -> None:
        if self._name:
            self._stages[self._name] = round((monotonic() - self._began) * 1000)


def _main(chain: list[Exchange]) -> Exchange:
    answered = [item for item in chain if item.answered]
    if not answered:
        raise CaptureError("unreachable", "expected an answer for the page itself, got none", hint="Try again later.")
    return answered[-1]


def _record(
    shot: _Shot, main: Exchange, chains: list[dict[str, object]], completeness: dict[str, object]
) -> dict[str, object]:
    """The content of ``meta/capture.json``."""
    visit, options = shot.visit, shot.order.options
    host, port = bundle.endpoint(main.url)
    started, ended = shot.span
    connection = next((item for item in shot.seen.records if item.host == host and item.port == port), None)
    return {
        "version": POLICY_VERSION,
        "id": shot.order.id,
        "purpose": options.purpose,
        "order": options.order,
        "requested_url": shot.order.url,
        "final_url": visit.final_url,
        "title": shot.looks.title,
        "redirect_chain": bundle.redirect_chain(visit.main_chain()),
        "started_at": iso(started),
        "ended_at": iso(ended),
        "started_local": started.astimezone(CHINA).isoformat(),
        "ended_local": ended.astimezone(CHINA).isoformat(),
        "clock": shot.clock,
        "options": {
            "viewport": options.viewport.model_dump(),
            "locale": options.locale,
            "timezone": options.timezone,
            "accept_bad_tls": options.accept_bad_tls,
            "timeout_ms": round(options.timeout_s * 1000),
        },
        "account": "",
        "browser": {"version": shot.facts.version, "sha256": shot.facts.sha256, "sandbox": shot.facts.sandbox},
        "main_document": {
            "url": main.url,
            "status": main.status,
            "remote_address": shot.seen.address(main.url),
            "remote_port": port,
            "protocol": main.protocol,
            "tls": main.tls_protocol,
            "cipher": main.cipher,
            "tls_verdict": _tls_verdict(shot, main),
            "certificates": _fingerprints(chains, main.url),
            "dns": [{"address": item.address, "ttl": item.ttl} for item in connection.answers] if connection else [],
            "resolver": connection.resolver if connection else "",
            "body_sha256": sha256_hex(main.body) if main.body is not None else "",
        },
        "behaviours": {
            "scroll_steps": shot.looks.scrolling.steps,
            "scroll_stop": shot.looks.scrolling.stop,
            "page_height_px": shot.looks.scrolling.height_px,
            "events": visit.notes,
        },
        "completeness": completeness["verdict"],
        "stop_reason": completeness["stop_reason"],
        "flags": completeness["flags"],
        "originals": ["data/capture.wacz", "data/net/requests.jsonl", "data/net/dns.jsonl", "data/net/tls"],
        "derived": {
            "data/screens/000-initial.png": "page as shown after loading",
            "data/screens/010-after-scroll.png": "page as shown after scrolling to its end and back",
            "data/page.pdf": "page printed by the browser",
            "data/dom.html": "document after scripts, serialised by the browser",
        },
    }


def _tls_verdict(shot: _Shot, main: Exchange) -> dict[str, str]:
    """Chromium's judgement of the main document's certificate."""
    if not main.url.startswith("https:"):
        return {"state": "none", "error": ""}
    certificate = shot.visit.security.get("certificateSecurityState") or {}
    error = str(certificate.get("certificateNetworkError") or "")
    if error:
        return {"state": "invalid", "error": error}
    if not shot.order.options.accept_bad_tls or shot.visit.security.get("securityState") == "secure":
        return {"state": "valid", "error": ""}
    return {"state": "NOT_CHECKED", "error": ""}


def _fingerprints(chains: list[dict[str, object]], url: str) -> list[str]:
    for chain in chains:
        certificates = chain["certificates"]
        if url.startswith(f"{chain['origin']}/") and isinstance(certificates, list):
            return [str(item["sha256"]) for item in certificates]
    return []


def _summary(record: dict[str, object], completeness: dict[str, object]) -> dict[str, object]:
    main = record["main_document"]
    names = (
        "id",
        "requested_url",
        "final_url",
        "title",
        "started_at",
        "ended_at",
        "completeness",
        "stop_reason",
        "flags",
    )
    brief = {name: record[name] for name in names}
    failed, blocked = completeness["failed"], completeness["blocked"]
    counts = {
        "loaded": completeness["loaded"],
        "failed": len(failed) if isinstance(failed, list) else 0,
        "blocked": len(blocked) if isinstance(blocked, list) else 0,
    }
    return {**brief, **counts, "main_document": main}


def _earlier(order: CaptureOrder) -> dict[str, object]:
    """The result of a capture that was made before: an order given twice is carried out once.

    Raises:
        CaptureError: ``out_exists`` where the folder holds something else.
    """
    try:
        record = json.loads((order.out / "meta/capture.json").read_bytes())
        completeness = json.loads((order.out / "meta/completeness.json").read_bytes())
        same = record["id"] == order.id and record["requested_url"] == order.url
    except (OSError, ValueError, KeyError):
        same = False
    if not same:
        raise CaptureError("out_exists", f"expected no folder {order.out}, got one", hint="Choose another folder.")
    listed = [_listed(order.out, path) for path in sorted(order.out.rglob("*")) if path.is_file()]
    return {**_summary(record, completeness), "files": listed, "stages_ms": {}, "reused": True}


def _listed(out: Path, path: Path) -> dict[str, object]:
    data = path.read_bytes()
    return {"path": path.relative_to(out).as_posix(), "bytes": len(data), "sha256": sha256_hex(data)}
