"""The report: what a judge reads on paper. Page 1 says who, what, when, where, how, whole or not.

It is derived from the sealed files and quotes the root digest, so that paper and package belong
together. Same facts, same bytes (before signing).

Spec: 人民检察院办理网络犯罪案件规定 第37条 (items of a record); 互联网法院规定 (2018) 第11条.
"""

from dataclasses import dataclass
from datetime import datetime

from evidence import pades
from evidence.dossier import Authority, Dossier, local_time
from evidence.paper import INNER, MARGIN, MM, SMALL, Paper, Style
from evidence.pdf_file import PAGE_WIDTH
from evidence.pictures import Screen

LABEL, THUMB = 23 * MM, 44 * MM
GAP = 3 * MM
ENGLISH = Style(7, 0.38)
VERDICTS = {
    "COMPLETE": ("采集完整", "COMPLETE: every resource that the page asked for was taken"),
    "PARTIAL": ("采集不完整", "PARTIAL: some resources are missing, see the list on a later page"),
}
KINDS = {
    "court": ("机构信任", "outside authority"),
    "bureau": ("本单位信任", "this unit's own authority"),
    "test": ("测试信任，不能对外证明", "TEST TRUST, proves nothing to outsiders"),
}
ORIGIN = {
    "good": ("目标站证书有效", "the site's certificate was in order"),
    "bad": ("目标站证书异常，不能佐证来源域名", "the site's certificate was NOT in order"),
    "none": ("目标站未使用加密连接，没有证书佐证来源域名", "no TLS: no certificate corroborates the domain"),
    "unknown": ("目标站证书未检验", "the site's certificate was not checked"),
}
CHECK = (
    (
        "从公布渠道取得信任名单，对照印刷的指纹（信任名单不在包内）",
        "get the published trust list, compare fingerprints",
    ),
    ("在解压后的文件夹内执行：sh verify.sh 信任名单目录", "run the published verify.sh, or wangjian verify"),
    ("sha256sum tagmanifest-sha256.txt 的结果应与上面的根哈希逐组一致", "equal values tie this paper to the package"),
)
LIMITS = (
    "TLS 不向第三方证明网站确曾发出这些内容；本报告与截图是派生件，以数据包内原件为准。 "
    "TLS proves to no third party that the site sent this; report and pictures are derived."
)


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where the package stands in the witnessed log.

    Attributes:
        origin: name of the log. index: of the entry. size: of the tree of the checkpoint.
        witnesses: names of those that cosigned.
    """

    origin: str
    index: int
    size: int
    witnesses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven at sealing.

    Attributes:
        root_sha256: of the tag manifest, hex. stamps: name, time and kind of each timestamp.
        not_before: proven time of the beacon, or none. log: none where there is no log.
        screens: pictures, in order.
    """

    root_sha256: str
    stamps: tuple[tuple[str, datetime, str], ...]
    not_before: datetime | None = None
    log: LogPlace | None = None
    screens: tuple[Screen, ...] = ()


def grouped(digest: str) -> str:
    """A digest in groups of four, for reading aloud and comparing."""
    return " ".join(digest[place : place + 4] for place in range(0, len(digest), 4))


def render(dossier: Dossier, proof: Proof) -> bytes:
    """The unsigned report, with empty fields for its signature and its archive timestamp.

    Raises:
        FontMissingError: no Chinese font on this machine.
    """
    page = Paper(
        f"Wangjian {dossier.evidence_id}",
        dossier.sealed_at,
        keywords=f"root-sha256:{proof.root_sha256}",
        fields=pades.FIELDS,
    )
    _first_page(page, dossier, proof)
    _facts(page, dossier, proof)
    for screen in proof.screens:
        _screen(page, screen)
    return page.finish(f"证据 {dossier.evidence_id}  根哈希 {grouped(proof.root_sha256)[:39]} …")


# --- page 1
def _first_page(page: Paper, dossier: Dossier, proof: Proof) -> None:
    page.text("网页固证报告", Style(20, bold=True), align="C", gap=0)
    page.text("Web evidence report", SMALL, align="C", gap=5)
    _banner(page, *VERDICTS.get(dossier.completeness, (dossier.completeness, "")), dark=True)
    if any(kind == "test" for _, _, kind in proof.stamps):
        _banner(
            page, "测试信任：时间戳来自测试机构，不能对外证明", "TEST TRUST: proves nothing to outsiders", dark=False
        )
    page.gap(4)
    top = page.y
    thumb = next((screen for screen in proof.screens if screen.thumb), None)
    if thumb:
        x = PAGE_WIDTH - MARGIN - THUMB
        page.picture(thumb.thumb, x, top, THUMB, THUMB * 4 / 3)
        page.box(x, top, THUMB, THUMB * 4 / 3)
        page.put("截图缩略 screenshot, reduced", x, top + THUMB * 4 / 3 + 2, ENGLISH)
    for label, english, lines in _answers(dossier, proof):
        narrow = thumb is not None and page.y < top + THUMB * 4 / 3 + 12
        _answer(page, (label, english), lines, INNER - LABEL - (THUMB + GAP if narrow else 0))
    _root(page, proof)
    page.text("如何核验 How to check", Style(10, bold=True), gap=1)
    for number, (words, english) in enumerate(CHECK, start=1):
        page.text(f"{number}. {words}", Style(8.5), gap=0)
        page.text(f"   {english}", ENGLISH, gap=1)
    page.text(LIMITS, Style(7.5), gap=0)


def _banner(page: Paper, words: str, english: str, *, dark: bool) -> None:
    """The verdict, big: nobody reads past it."""
    height = 30 if dark else 20
    page.box(MARGIN, page.y, INNER, height, fill=0.9 if dark else 0.96)
    page.put(words, MARGIN + 8, page.y + (6 if dark else 5), Style(17 if dark else 10.5, bold=True))
    used = len(words) * (17 if dark else 10.5)
    page.put(english, MARGIN + 20 + used, page.y + (12 if dark else 8), Style(7.5))
    page.gap(height + 3)


def _answer(page: Paper, label: tuple[str, str], lines: list[tuple[str, Style]], width: float) -> None:
    top = page.y
    page.put(label[0], MARGIN, top, Style(11, bold=True))
    page.put(label[1], MARGIN, top + 15, ENGLISH)
    for words, style in lines:
        if words:
            page.text(words, style, x=MARGIN + LABEL, width=width, gap=0.5)
    page.y = max(page.y, top + 25)
    page.rule(MARGIN, page.y + 1, MARGIN + LABEL + width, page.y + 1, 0.3)
    page.gap(5)


def _answers(dossier: Dossier, proof: Proof) -> list[tuple[str, str, list[tuple[str, Style]]]]:
    plain = Style(9.5)
    logged = "载入见证日志，" if proof.log else ""
    return [
        ("何人", "Who", _who(dossier)),
        (
            "何事",
            "What",
            [
                (_short(dossier.title, 80), Style(10.5, bold=True)),
                (_short(dossier.url), Style(8.5)),
                (
                    f"实际到达 arrived at {_short(final)}" if (final := dossier.final_url) != dossier.url else "",
                    Style(8),
                ),
                (f"目的 purpose：{_short(dossier.purpose)}" if dossier.purpose else "", Style(8.5)),
                (f"证据编号 evidence {dossier.evidence_id}", Style(8.5)),
            ],
        ),
        ("何时", "When", _when(dossier, proof)),
        (
            "何地",
            "Where",
            [
                (f"网站地址 remote address {dossier.address or '未记录 not recorded'}", plain),
                (" · ".join(value for label, value in dossier.network if label.startswith("协议")), Style(8.5)),
                (f"采集节点 node {_node(dossier)}", Style(8.5)),
                _pair(ORIGIN.get(dossier.origin_tls, (dossier.origin_tls, ""))),
            ],
        ),
        (
            "如何",
            "How",
            [
                (f"浏览器打开网页，收发的数据逐一存档，截图、打印；封存，{logged}加盖时间戳", plain),
                ("opened in a browser, traffic archived, pictures taken; sealed and timestamped", ENGLISH),
                ("；".join(f"{name} {version[:40]}".strip() for name, version in dossier.tools[:3]), Style(8)),
            ],
        ),
    ]


def _short(words: str, limit: int = 200) -> str:
    """What page 1 has room for; all of it stands on a later page."""
    return words if len(words) <= limit else f"{words[:limit]}…（全文见后页 in full on a later page）"


def _pair(words: tuple[str, str]) -> tuple[str, Style]:
    return (f"{words[0]}  {words[1]}", Style(8.5))


def _node(dossier: Dossier) -> str:
    told = dict(dossier.environment)
    return told.get("节点 Node") or told.get("采集机 Machine") or "未记录 not recorded"


def _who(dossier: Dossier) -> list[tuple[str, Style]]:
    authority = dossier.authority
    lines = [
        (f"{officer.name}（执法证号 {officer.certificate_number or '未记录'}） {officer.unit}", Style(9.5))
        for officer in authority.officers
    ]
    if not lines:
        lines = [("未记录执法人员 no officers recorded", Style(9.5))]
    lines.append((_ground(authority), Style(8.5)))
    if authority.case_number:
        lines.append((f"案件 case {authority.case_number}", Style(8.5)))
    if authority.captured_by or authority.sealed_by:
        by = f"采集账号 captured by {authority.captured_by}，封存账号 sealed by {authority.sealed_by}"
        lines.append((by, Style(8)))
    return lines


def _ground(authority: Authority) -> str:
    if not authority.case():
        return (
            f"日常任务，未记录授权文书 a task, no authorisation recorded；下达 ordered by {authority.issued_by or '—'}"
        )
    return f"授权 authorisation {_short('，'.join(part for part in (authority.number, authority.basis) if part))}"


def _when(dossier: Dossier, proof: Proof) -> list[tuple[str, Style]]:
    after = min((at for _, at, _ in proof.stamps), default=None)
    before = proof.not_before
    proven = "不早于 not before：" + (local_time(before) if before else "没有证明 not proven")
    lines = [
        (proven, Style(9.5, bold=before is not None)),
        ("不晚于 not after：" + (local_time(after) if after else "没有证明 not proven"), Style(9.5, bold=True)),
    ]
    if before and after:
        lines.append((f"区间 bracket {round((after - before).total_seconds())} 秒 seconds", Style(8.5)))
    lines.append((f"本机记录的采集 captured, by our clock：{local_time(dossier.started_at)}", Style(8)))
    lines.append((f"至 to {local_time(dossier.ended_at)}", Style(8)))
    return lines


def _root(page: Paper, proof: Proof) -> None:
    page.gap(2)
    digest = grouped(proof.root_sha256)
    page.box(MARGIN, page.y, INNER, 62)
    page.put("根哈希 Root, SHA-256 of tagmanifest-sha256.txt", MARGIN + 6, page.y + 5, Style(8, bold=True))
    page.put(digest[:39], MARGIN + 6, page.y + 18, Style(13, bold=True))
    page.put(digest[40:], MARGIN + 6, page.y + 34, Style(13, bold=True))
    place = proof.log
    told = (
        f"见证日志 log {place.origin} · 序号 index {place.index} · 大小 size {place.size} · "
        f"见证 witnesses {len(place.witnesses)}"
        if place
        else "未载入见证日志 not in a witnessed log"
    )
    page.put(told, MARGIN + 6, page.y + 51, Style(8))
    page.gap(68)


# --- later pages
def _facts(page: Paper, dossier: Dossier, proof: Proof) -> None:
    page.page_break()
    if dossier.missing or dossier.completeness != "COMPLETE":
        _heading(page, "未取得的资源 What is missing")
        loaded, failed, blocked = dossier.counts
        counts = f"已取得 loaded {loaded}，失败 failed {failed}，拦截 blocked {blocked}"
        page.text(f"{counts}；停止原因 stopped by {dossier.stop_reason or '—'}", Style(9))
        if dossier.missing:
            page.table((5, 2), dossier.missing, Style(7.5), header=("资源 Resource", "原因 Reason"))
            page.gap(8)
    _heading(page, "网页 Page")
    told = (
        ("标题 Title", dossier.title),
        ("网址 URL", dossier.url),
        ("实际网址 Final URL", dossier.final_url),
        ("访问步骤 Steps", "\n".join(dossier.steps)),
        ("目的 Purpose", dossier.purpose),
    )
    page.table((3, 9), told, Style(8))
    page.gap(8)
    _heading(page, "时间戳与日志 Timestamps and log")
    stamps = [(name, local_time(at), "  ".join(KINDS.get(kind, (kind, "")))) for name, at, kind in proof.stamps]
    page.table((2, 5, 5), stamps, Style(8), header=("机构 Service", "时间 Time", "信任 Trust"))
    if proof.log:
        page.gap(4)
        page.text("见证方 witnesses: " + ("、".join(proof.log.witnesses) or "无 none"), Style(8.5))
    page.gap(8)
    for title, rows in (
        ("网络事实 Network facts", dossier.network),
        ("系统环境 Environment", dossier.environment),
        ("工具 Tools", dossier.tools),
    ):
        if rows:
            _heading(page, title)
            page.table((3, 9), rows, Style(8))
            page.gap(8)
    _heading(page, "时钟核对 Clock")
    page.text(dossier.clock, Style(8.5), gap=6)
    _heading(page, "二次取证 Second look")
    page.text(_second(dossier), Style(8.5), gap=6)
    _heading(page, "保管链 Custody")
    events = [(event.at[:19] + "Z", event.action, event.actor, event.purpose) for event in dossier.custody]
    page.table((4, 3, 3, 6), events, Style(8), header=("时间 Time (UTC)", "事项 Action", "经手 Actor", "目的 Purpose"))
    page.gap(8)
    _heading(page, "文件清单 Files")
    files = [(file.name, f"{file.size:,}", f"{file.sha256[:32]}\n{file.sha256[32:]}") for file in dossier.files]
    page.table((6, 2, 5), files, Style(7), header=("名称 Name", "字节 Bytes", "SHA-256"))


def _heading(page: Paper, words: str) -> None:
    page.need(60)
    page.text(words, Style(12, bold=True), gap=3)


def _second(dossier: Dossier) -> str:
    if dossier.differences:
        return "\n".join(dossier.differences)
    if dossier.compared:
        return "两次所见没有差异 no difference between the two looks"
    return "未进行二次取证 no second look was taken"


def _screen(page: Paper, screen: Screen) -> None:
    if not screen.parts:
        page.page_break()
        page.text(f"截图 Screenshot {screen.name}：无法显示 cannot be shown", Style(9))
    for number, part in enumerate(screen.parts):
        page.page_break()
        note = " (续 continued)" if number else ""
        page.text(f"截图 Screenshot {screen.name}{note}", Style(9))
        page.picture(part, MARGIN, page.y, INNER, page.room() - 14)
    if screen.parts and not screen.whole:
        page.y = page.y + page.room() - 12
        page.put("其余部分见原件 the rest is in the original", MARGIN, page.y, Style(8))
