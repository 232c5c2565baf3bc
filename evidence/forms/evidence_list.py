"""电子数据清单: number, name, kind, size, digest, source and remarks of every original.

Spec: 刑诉法解释 (2021) 第110条至第114条 (list of originals with integrity values);
市场监督管理行政执法电子数据取证暂行规定 (2024), 电子数据清单.
"""

from evidence.dossier import Dossier, local_time
from evidence.forms.sheet import Grid, Sheet, Words

HEADER = ("序号\nNo.", "名称 Name", "类型/格式 Type", "大小（字节）\nBytes", "SHA-256", "来源 Source", "备注 Remarks")
SHARES = (4, 20, 10, 8, 22, 14, 8)


def evidence_list(dossier: Dossier) -> Sheet:
    """The form of one capture."""
    authority = dossier.authority
    head = (
        ("证据编号 Evidence", dossier.evidence_id, "案件编号 Case", authority.case_number),
        ("提取单位 Unit", authority.unit(), "提取结束 Ended", local_time(dossier.ended_at)),
    )
    rows = tuple(
        (
            str(number),
            file.name,
            file.kind()[0],
            f"{file.size:,}",
            f"{file.sha256[:32]}\n{file.sha256[32:]}",
            file.source(),
            "",
        )
        for number, file in enumerate(dossier.files, start=1)
    )
    total = sum(file.size for file in dossier.files)
    date = "　　年　　月　　日"
    return Sheet(
        "电子数据清单",
        "List of electronic data",
        f"证据 {dossier.evidence_id}",
        (
            Grid((3, 6, 3, 6), head),
            Words(f"来源网络地址 Source: {dossier.url}"),
            Grid(SHARES, rows, HEADER, small=True),
            Words(
                f"共 {len(rows)} 个文件，{total:,} 字节。以上原件均在数据包 data/ 目录内；"
                "国密 SM3 校验值见 manifest-sm3.txt。"
                f" {len(rows)} files, {total:,} bytes, all below data/ in the package; SM3 digests in manifest-sm3.txt."
            ),
            Grid(
                (4, 6, 4),
                (
                    ("提取人 Officer（一）", "", date),
                    ("提取人 Officer（二）", "", date),
                    ("持有人（提供人） Holder", "", date),
                    ("见证人 Witness", "", date),
                ),
                ("身份 Role", "签名 Signature", "日期 Date"),
                height=11,
            ),
        ),
    )
