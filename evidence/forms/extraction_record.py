"""电子数据提取笔录, filled from the record; what only people know stays blank for them to write.

Spec: 人民检察院办理网络犯罪案件规定 第37条 (network address, path and steps, access method, times, tool and
method, attached information, traces and environment, integrity values, signatures);
市场监督管理行政执法电子数据取证暂行规定 (2024), 网络在线提取; 行政处罚法 (2021) 第42条.
"""

from evidence.dossier import Dossier, Officer, local_text, local_time
from evidence.forms.sheet import Grid, Sheet, Words

BLANK = ""
METHOD = (
    "浏览器收发的数据逐一写入 WARC；截图、打印、保存 DOM；以 SHA-256 与 SM3 校验；以电子签名、见证日志、可信时间戳封存 "
    "traffic written to WARC, screenshots, print, DOM; digests, signature, witnessed log, timestamps"
)
WHOLE = {"COMPLETE": "完整 COMPLETE", "PARTIAL": "不完整 PARTIAL"}
TLS = {
    "good": "目标站证书有效 valid",
    "bad": "目标站证书异常 not valid",
    "none": "未使用 TLS none",
    "unknown": "未检验 not checked",
}
SHOWN_MISSING = 12


def extraction_record(dossier: Dossier) -> Sheet:
    """The form of one capture."""
    authority = dossier.authority
    head = (
        ("案由 / 采集目的\nPurpose", dossier.purpose),
        ("案件编号\nCase number", authority.case_number or BLANK),
        ("授权文书\nAuthorisation", _authority(dossier)),
        ("提取单位\nUnit", authority.unit()),
        ("证据编号\nEvidence number", dossier.evidence_id),
    )
    return Sheet(
        "电子数据提取笔录",
        "Record of the extraction of electronic data (online)",
        f"证据 {dossier.evidence_id}",
        (
            Grid((3, 11), head, height=6),
            Words("一、时间与地点 Time and place", strong=True),
            Grid((3, 11), _times(dossier)),
            Words("二、提取人员 Officers", strong=True),
            Grid(
                (3, 4, 4, 4),
                _officers(authority.officers),
                ("姓名 Name", "执法证号 Certificate", "单位 Unit", "签名 Signature"),
                height=11,
            ),
            Words("三、网络地址与访问过程 Network address and access", strong=True),
            Grid((3, 11), _access(dossier)),
            Words("四、工具、方法与系统环境 Tools, method, environment", strong=True),
            Grid((3, 11), _means(dossier)),
            Words("五、提取结果与完整性校验 Result and integrity", strong=True),
            Grid((3, 11), _result(dossier)),
            Words("六、过程记录与说明 Course and remarks", strong=True),
            Grid((3, 11), _course(dossier), height=8),
            Words("七、签名 Signatures", strong=True),
            Grid((4, 6, 4), _signatures(), ("身份 Role", "签名 Signature", "日期 Date"), height=12),
            Words(
                "以上由网鉴依采集记录自动填写，空白处由当事人员手写；核对无误后签名。"
                "Filled by Wangjian from the record of the capture; blanks are for handwriting."
            ),
        ),
    )


def _authority(dossier: Dossier) -> str:
    authority = dossier.authority
    if not authority.case():
        return BLANK
    window = " — ".join(local_text(part)[:16] for part in (authority.valid_from, authority.valid_to) if part)
    parts = (authority.number, authority.basis, authority.issued_by, f"有效期 valid {window}" if window else "")
    return "\n".join(part for part in parts if part)


def _times(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    return (
        ("开始时间 Begun", local_time(dossier.started_at)),
        ("结束时间 Ended", local_time(dossier.ended_at)),
        ("时钟核对 Clock", dossier.clock),
        ("提取地点 Place", BLANK),
    )


def _officers(officers: tuple[Officer, ...]) -> tuple[tuple[str, ...], ...]:
    known = [(officer.name, officer.certificate_number, officer.unit, BLANK) for officer in officers]
    # Two officers at least: a line to write on for each that the record does not name.
    known += [(BLANK, BLANK, BLANK, BLANK)] * max(0, 2 - len(known))
    return tuple(known)


def _access(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(dossier.steps, start=1))
    return (
        ("网络地址 URL", dossier.url),
        ("实际网址 Final URL", dossier.final_url),
        ("页面标题 Title", dossier.title),
        (
            "访问方式 Access",
            f"通过互联网以浏览器打开 by browser over the internet；{dossier.account or '未登录账号 not signed in'}",
        ),
        ("访问路径与步骤 Steps", steps),
        ("远端地址 Remote", dossier.address),
    )


def _means(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    tools = "\n".join(f"{name} {version}".strip() for name, version in dossier.tools)
    environment = "\n".join(f"{name}：{value}" for name, value in dossier.environment)
    return (
        ("提取工具 Tools", tools),
        (
            "提取方法 Method",
            METHOD,
        ),
        ("系统环境 Environment", environment),
        ("附属信息与关联痕迹 Attached facts", "\n".join(f"{name}：{value}" for name, value in dossier.network)),
    )


def _result(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    loaded, failed, blocked = dossier.counts
    missing = [f"{url}（{reason}）" for url, reason in dossier.missing[:SHOWN_MISSING]]
    if len(dossier.missing) > SHOWN_MISSING:
        missing.append(f"其余 {len(dossier.missing) - SHOWN_MISSING} 项见 the rest in meta/completeness.json")
    archive = next((file for file in dossier.files if file.name.endswith(".wacz")), None)
    rows = [
        ("采集完整性 Completeness", WHOLE.get(dossier.completeness, dossier.completeness)),
        ("资源 Resources", f"已取得 loaded {loaded}，失败 failed {failed}，拦截 blocked {blocked}"),
        ("未取得 Missing", "\n".join(missing) or "无 none"),
        ("文件 Files", f"共 {len(dossier.files)} 个，逐一列于《电子数据清单》 listed in the evidence list"),
        ("来源证书 Origin", TLS.get(dossier.origin_tls, dossier.origin_tls)),
    ]
    if archive:
        rows.append(("主文件校验值\nMain file", f"{archive.name}\nSHA-256 {archive.sha256}\nSM3 {archive.sm3}"))
    return tuple(rows)


def _course(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    events = "\n".join(f"{event.at[:19]}Z  {event.action}  {event.actor}  {event.purpose}" for event in dossier.custody)
    second = (
        "；".join(dossier.differences)
        if dossier.differences
        else "未发现差异 no difference"
        if dossier.compared
        else ""
    )
    return (
        ("保管链 Custody", events),
        ("二次取证 Second look", second or "未进行 not taken"),
        ("全过程录音录像\nRecording", "□ 有，文件编号：＿＿＿＿＿＿＿＿　　□ 无，原因："),
        ("异常情况与说明\nRemarks", BLANK),
    )


def _signatures() -> tuple[tuple[str, str, str], ...]:
    date = "　　年　　月　　日"
    return (
        ("提取人 Officer（一）", BLANK, date),
        ("提取人 Officer（二）", BLANK, date),
        ("记录人 Recorder", BLANK, date),
        ("当事人或电子数据持有人（提供人）\nParty or holder", BLANK, date),
        ("见证人 Witness\n（无见证人的注明原因）", BLANK, date),
    )
