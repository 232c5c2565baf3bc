"""The dossier: every fact that the readable parts of a package tell, gathered once.

Report, 笔录, 清单 and case graph all speak from it, so that they cannot contradict one another. What
the record does not say stays empty here and is shown as not recorded, never guessed.

Spec: 人民检察院办理网络犯罪案件规定 第37条; 行政处罚法 (2021) 第42条 (two officers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kernel.clock import CHINA, as_utc, iso, parse_iso
from kernel.errors import ClockError

Row = tuple[str, str]
KINDS = {
    ".wacz": ("WACZ 网页档案", "application/wacz"),
    ".png": ("PNG 图像", "image/png"),
    ".pdf": ("PDF 文档", "application/pdf"),
    ".html": ("HTML 文档", "text/html"),
    ".jsonl": ("JSON Lines 记录", "application/jsonl"),
    ".json": ("JSON 记录", "application/json"),
    ".der": ("X.509 证书", "application/pkix-cert"),
    ".webm": ("WebM 视频", "video/webm"),
    ".txt": ("文本", "text/plain"),
}
SOURCES = {
    "data/capture.wacz": "浏览器收发的全部数据 traffic of the browser",
    "data/page.pdf": "浏览器打印 printed by the browser",
    "data/dom.html": "脚本执行后的文档 document after scripts",
    "data/screens/": "浏览器截图 screenshot by the browser",
    "data/net/": "同一连接的网络事实 facts of the same connection",
    "data/env/": "采集机环境记录 state of the capturing machine",
    "data/second/": "二次取证 second look",
}


@dataclass(frozen=True, slots=True)
class Officer:
    """One officer: name, 执法证号, unit, and when he approved (RFC 3339 text or empty)."""

    name: str
    certificate_number: str
    unit: str
    approved_at: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """On what ground, and by whom. Texts as in ``meta/authority.json``, empty where not given."""

    kind: str = ""
    number: str = ""
    basis: str = ""
    issued_by: str = ""
    valid_from: str = ""
    valid_to: str = ""
    case_number: str = ""
    captured_by: str = ""
    sealed_by: str = ""
    officers: tuple[Officer, ...] = ()

    def unit(self) -> str:
        """The unit that acts: that of the officers, else the one that authorised a case; a task names none."""
        return next((officer.unit for officer in self.officers if officer.unit), self.issued_by if self.case() else "")

    def case(self) -> bool:
        """Whether officers were authorised; a task only has the account that ordered it."""
        return self.kind == "case"


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One original: size in bytes, digests hex."""

    name: str
    size: int
    sha256: str
    sm3: str = ""

    def kind(self) -> tuple[str, str]:
        """Its kind in words, and its media type."""
        return next((value for end, value in KINDS.items() if self.name.endswith(end)), ("文件", ""))

    def source(self) -> str:
        """Where it comes from, in words."""
        return next((words for start, words in SOURCES.items() if self.name.startswith(start)), "采集程序 capture")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the chain of custody, as text."""

    at: str
    actor: str
    action: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """All facts.

    Attributes:
        started_at, ended_at, sealed_at: aware UTC. completeness: ``COMPLETE`` or ``PARTIAL``.
        counts: loaded, failed, blocked resources. missing: URL and reason of what was not taken.
        steps: how the page was reached, in order. network, environment, tools: label and value.
        differences: of the second looks, and looks that failed, in words.
        compared: whether a second look was compared with the first.
    """

    evidence_id: str
    url: str
    final_url: str
    title: str
    purpose: str
    started_at: datetime
    ended_at: datetime
    sealed_at: datetime
    completeness: str
    stop_reason: str
    counts: tuple[int, int, int]
    missing: tuple[Row, ...]
    authority: Authority
    steps: tuple[str, ...]
    address: str
    account: str
    origin_tls: str
    network: tuple[Row, ...]
    environment: tuple[Row, ...]
    tools: tuple[Row, ...]
    clock: str
    files: tuple[SealedFile, ...]
    custody: tuple[Event, ...]
    differences: tuple[str, ...] = ()
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """The parsed records of a capture folder; an empty one where there is none.

    Attributes:
        capture, completeness, authority: of ``meta/``. environment: ``data/env/clean.json``.
        second: ``data/second/diff.json``. custody: records, oldest first.
    """

    capture: Mapping[str, object]
    completeness: Mapping[str, object] = field(default_factory=dict)
    authority: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, object] = field(default_factory=dict)
    second: Mapping[str, object] = field(default_factory=dict)
    custody: Sequence[Mapping[str, object]] = ()


def text(value: object) -> str:
    """A value as text: nothing for none, yes and no in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {text(item)}" for name, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "; ".join(text(item) for item in value)
    return str(value)


def part(record: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object within a record; an empty one where there is none."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def listed(record: Mapping[str, object], name: str) -> list[object]:
    """A list within a record; an empty one where there is none."""
    value = record.get(name)
    return list(value) if isinstance(value, list | tuple) else []


def local_time(at: datetime) -> str:
    """A time as people here read it, with UTC beside it."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}（北京时间）  {iso(at)[:19]}Z"


def local_text(at: str) -> str:
    """The same of a time in RFC 3339; as it is where it is none."""
    try:
        return local_time(as_utc(parse_iso(at)))
    except ClockError:
        return at


def read_authority(record: Mapping[str, object]) -> Authority:
    """The authorisation of ``meta/authority.json``."""
    names = ("kind", "number", "basis", "issued_by", "valid_from", "valid_to", "case_number", "captured_by")
    officers = tuple(
        Officer(*(text(item.get(name)) for name in ("name", "certificate_number", "unit", "approved_at")))
        for item in listed(record, "officers")
        if isinstance(item, Mapping)
    )
    told = {name: text(record.get(name)) for name in (*names, "sealed_by")}
    return Authority(**told, officers=officers)


def _steps(capture: Mapping[str, object]) -> tuple[str, ...]:
    asked = text(capture.get("requested_url"))
    steps = [f"在全新的浏览器环境中直接打开网络地址 opened in a fresh browser profile: {asked}"]
    chain = [item for item in listed(capture, "redirect_chain") if isinstance(item, Mapping)]
    steps += [
        f"跳转 redirected ({text(item.get('status'))}): {text(item.get('url'))}"
        for item in chain[:-1]
        if item.get("url")
    ]
    final = text(capture.get("final_url"))
    if final and final != text(capture.get("requested_url")):
        steps.append(f"实际到达 arrived at: {final}")
    behaviours = part(capture, "behaviours")
    if behaviours:
        steps.append(
            "载入后截图，滚动至页尾 screenshot, then scrolled to the end: "
            f"{text(behaviours.get('scroll_steps'))} 步 steps, "
            f"停止原因 stopped by {text(behaviours.get('scroll_stop'))}"
        )
        steps.append("滚动后再次截图，打印 PDF，保存 DOM second screenshot, printed to PDF, DOM saved")
    return tuple(steps)


def _network(capture: Mapping[str, object]) -> tuple[Row, ...]:
    main = part(capture, "main_document")
    verdict = part(main, "tls_verdict")
    answers = [item for item in listed(main, "dns") if isinstance(item, Mapping)]
    rows = (
        ("HTTP 状态 Status", text(main.get("status"))),
        ("远端地址 Remote address", _address(main)),
        ("协议 Protocol", " ".join(text(main.get(name)) for name in ("protocol", "tls", "cipher")).strip()),
        ("证书判定 Certificate", " ".join(text(verdict.get(name)) for name in ("state", "error")).strip()),
        ("证书链指纹 Chain, SHA-256", "\n".join(map(text, listed(main, "certificates")))),
        (
            "DNS 应答 Answers",
            "; ".join(answer_line(text(item.get("address")), text(item.get("ttl"))) for item in answers),
        ),
        ("解析器 Resolver", text(main.get("resolver"))),
        ("响应正文 Body, SHA-256", text(main.get("body_sha256"))),
    )
    return tuple((label, value) for label, value in rows if value)


def answer_line(address: str, ttl: str) -> str:
    """A DNS answer; one out of the settings or the hosts file has no time to live. ``ttl``: seconds, or empty."""
    return f"{address} (TTL {ttl} s)" if ttl else address


def _address(main: Mapping[str, object]) -> str:
    address, port = text(main.get("remote_address")), text(main.get("remote_port"))
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}" if address else ""


def _environment(capture: Mapping[str, object], environment: Mapping[str, object]) -> tuple[Row, ...]:
    machine, profile, proxy = (part(environment, name) for name in ("machine", "profile", "proxy"))
    options = part(capture, "options")
    rows = (
        ("操作系统 System", text(machine.get("system"))),
        ("采集机 Machine", text(machine.get("host"))),
        ("节点 Node", text(capture.get("node"))),
        ("浏览器配置 Profile", text(profile)),
        ("代理 Proxy", text(proxy.get("note"))),
        ("hosts 文件 Hosts file", text(part(environment, "hosts_file").get("entries_that_matter"))),
        ("程序校验值 Code, SHA-256", text(part(environment, "code").get("sha256"))),
        ("视口 Viewport", text(options.get("viewport"))),
        ("语言与时区 Locale", " ".join(text(options.get(name)) for name in ("locale", "timezone")).strip()),
        ("登录账号 Account", text(capture.get("account")) or "未登录 not signed in"),
    )
    return tuple((label, value) for label, value in rows if value)


def _tools(capture: Mapping[str, object], environment: Mapping[str, object]) -> tuple[Row, ...]:
    code, browser = part(environment, "code"), part(capture, "browser")
    packages = part(code, "packages")
    rows = [("网鉴 Wangjian", text(code.get("commit"))[:12] or text(capture.get("version")))]
    version, digest = text(browser.get("version")), text(browser.get("sha256"))
    if version:
        rows.append(("浏览器 Browser", f"{version}{f'  SHA-256 {digest}' if digest else ''}"))
    rows += [(name, text(value)) for name, value in sorted(packages.items())]
    return tuple(rows)


def _clock(environment: Mapping[str, object]) -> str:
    clock = part(environment, "clock")
    ntp, kernel = part(clock, "ntp"), part(clock, "kernel")
    if ntp.get("state") != "CHECKED":
        reason = text(ntp.get("reason"))
        return "未与时间服务器比对 not compared with time servers" + (f"（{reason}）" if reason else "")
    offset = ntp.get("offset_us")
    told = f"{offset / 1000:.1f}" if isinstance(offset, int) else "?"
    lines = [f"与时间服务器相差 {told} 毫秒 offset from time servers {told} ms（{text(ntp.get('reason'))}）"]
    lines += [f"操作系统时钟 kernel clock：{text(kernel)}"] if kernel else []
    return "\n".join(lines)


LOOKS = {"fetch": "直接请求 plain fetch", "node": "第二节点 second node"}
THINGS = {
    "status": "HTTP 状态 status",
    "final_url": "实际网址 final URL",
    "title": "标题 title",
    "prices": "价格 prices",
    "text": "可见文字 visible text",
    "body_sha256": "正文校验值 body digest",
    "certificate_sha256": "证书 certificate",
    "remote_address": "远端地址 remote address",
}
SHOWN = 160


def _second(second: Mapping[str, object]) -> tuple[bool, tuple[str, ...]]:
    """Whether anything was compared, and what a reader must know of it."""
    compared, lines = False, []
    for name, label in LOOKS.items():
        look = part(second, name)
        if look.get("state") == "failed":
            lines.append(f"{label}：未能完成 failed（{text(look.get('reason'))}）")
        if look.get("state") != "compared":
            continue
        compared = True
        lines += [f"{label}：{_difference(item)}" for item in listed(look, "different") if isinstance(item, Mapping)]
    return compared, tuple(lines)


def _difference(item: Mapping[str, object]) -> str:
    what = THINGS.get(text(item.get("what")), text(item.get("what")))
    if "first" not in item:
        return f"{what} 不同 differs"
    first, second = (_brief(text(item.get(name))) for name in ("first", "second"))
    return f"{what} 不同 differs：{first or '（空）'} ／ {second or '（空）'}"


def _brief(words: str) -> str:
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}…"


def _missing(completeness: Mapping[str, object]) -> tuple[Row, ...]:
    found: list[Row] = []
    for kind in ("failed", "blocked"):
        for item in listed(completeness, kind):
            told = item if isinstance(item, Mapping) else {"url": item}
            reason = text(told.get("reason") or told.get("error") or told.get("failure"))
            found.append((text(told.get("url")), f"{kind} {reason}".strip()))
    return tuple(found)


def gather(sources: Sources, files: Sequence[SealedFile], sealed_at: datetime, origin_tls: str) -> Dossier:
    """The dossier of one capture.

    Args:
        sources: its parsed records, checked by ``evidence.capture``. files: of ``data/``, in name order.
        sealed_at: aware UTC. origin_tls: ``good``, ``bad``, ``none`` or ``unknown``.

    Raises:
        ClockError: the capture's times are none.
    """
    capture, whole = sources.capture, sources.completeness
    loaded = whole.get("loaded")
    compared, differences = _second(sources.second)
    events = tuple(
        Event(*(text(record.get(name)) for name in ("at", "actor", "action", "purpose"))) for record in sources.custody
    )
    return Dossier(
        evidence_id=text(capture.get("id")),
        url=text(capture.get("requested_url")),
        final_url=text(capture.get("final_url")),
        title=text(capture.get("title")),
        purpose=text(capture.get("purpose")) or next((event.purpose for event in events if event.purpose), ""),
        started_at=as_utc(parse_iso(text(capture.get("started_at")))),
        ended_at=as_utc(parse_iso(text(capture.get("ended_at")))),
        sealed_at=as_utc(sealed_at),
        completeness=text(whole.get("verdict")),
        stop_reason=text(whole.get("stop_reason")),
        counts=(loaded if isinstance(loaded, int) else 0, len(listed(whole, "failed")), len(listed(whole, "blocked"))),
        missing=_missing(whole),
        authority=read_authority(sources.authority),
        steps=_steps(capture),
        address=_address(part(capture, "main_document")),
        account=text(capture.get("account")),
        origin_tls=origin_tls,
        network=_network(capture),
        environment=_environment(capture, sources.environment),
        tools=_tools(capture, sources.environment),
        clock=_clock(sources.environment),
        files=tuple(files),
        custody=events,
        differences=differences,
        compared=compared,
    )
