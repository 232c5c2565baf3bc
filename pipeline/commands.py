"""The words of the ``wangjian`` command line; what each command does is in ``cli_*`` and loaded when it is given."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

# As ``evidence.keys.USES`` and ``evidence.authority.REASONS``, which a command line must not load for its help.
KEY_USES = ("seal", "report", "node")
REVOCATION_REASONS = ("key_compromise", "superseded", "cessation_of_operation")


BEFORE_NUMBER = ("badge", "keys", "compromise")
"""A command whose one argument is a number that may begin with a hyphen (base64url)."""


def plain_words(arguments: Sequence[str]) -> list[str]:
    """The words of a command line, with ``--`` before a number that would be taken for an option."""
    words = list(arguments)
    number = words[-1] if len(words) == len(BEFORE_NUMBER) + 1 and tuple(words[:-1]) == BEFORE_NUMBER else ""
    if number.startswith("-") and number not in {"-h", "--help", "--"}:
        words.insert(-1, "--")
    return words


def command_line() -> argparse.ArgumentParser:
    """The parser of the whole command line.

    ``action`` names the module of ``pipeline`` and its function, ``children`` a
    command that starts processes, ``refused`` is the exit status where an error is told.
    """
    parser = argparse.ArgumentParser(prog="wangjian", description="网鉴：网络交易监管 · supervision of online trade")
    parser.add_argument("--verbose", action="store_true", help="log lines on standard error 显示日志")
    parser.set_defaults(children=False, refused=1)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _that_watch(commands)
    _about_evidence(commands)
    _that_keep(commands)
    _about_keys(commands)
    _about_officers(commands)
    _about_badges(commands)
    _about_filings(commands)
    _about_the_exchange(commands)
    log = commands.add_parser("log", help="the witnessed log 见证日志").add_subparsers(dest="kind", required=True)
    log.add_parser("show", help="its state and keys 状态与公钥").set_defaults(action="cli_log.log_show")
    log.add_parser("audit", help="check all of it, witnesses too 完整核验").set_defaults(action="cli_log.log_audit")
    return parser


def action_of(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    """What does the command that was given; its module is loaded now, with all it needs and nothing else."""
    module, _, name = str(options.action).partition(".")
    action: Callable[[argparse.Namespace], int] = getattr(import_module(f"pipeline.{module}"), name)
    return action


def _about_the_exchange(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    exchange = commands.add_parser("exchange", help="messages with other authorities 与其他机关的交换")
    kinds = exchange.add_subparsers(dest="kind", required=True)
    card = kinds.add_parser("card", help="this installation's card for a peer 本机密钥卡")
    card.set_defaults(action="cli_exchange.exchange_card")
    add = kinds.add_parser("peer-add", help="enter a peer from its card 登记对方密钥卡")
    add.add_argument("card", type=Path)
    add.add_argument("--reason", default="", help="why a lower suite is taken 接受较弱套件的理由")
    add.add_argument("--scopes", type=Path, help="JSON: what it may send and get 对方的收发范围")
    add.set_defaults(action="cli_exchange.exchange_peer_add")
    listing = kinds.add_parser("peers", help="peers and their state 对方一览")
    listing.set_defaults(action="cli_exchange.exchange_peers")
    once = kinds.add_parser("turn", help="send what waits, once 立即收发一次")
    once.set_defaults(action="cli_exchange.exchange_turn")
    _exchange_keys(kinds)
    _packages_out(kinds)
    _packages_in(kinds)


def _exchange_keys(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = kinds.add_parser("keys", help="our own keys 本机密钥").add_subparsers(dest="part", required=True)
    listing = keys.add_parser("list", help="keys, and how far a change is 密钥与更换进度")
    listing.set_defaults(action="cli_exchange.exchange_keys_list")
    rotate = keys.add_parser("rotate", help="make the next keys and tell every peer 生成下一把密钥并告知各对方")
    rotate.add_argument("--suite", default="", help="signature suite; the preferred one if not given 签名套件")
    rotate.add_argument("--days", type=int, default=30, help="how long both hold 新旧并用天数")
    rotate.set_defaults(action="cli_exchange.exchange_keys_rotate")
    finish = keys.add_parser("finish", help="the next key signs from now on 启用下一把密钥")
    finish.add_argument("--suite", default="", help="signature suite 签名套件")
    finish.add_argument("--even-so", action="store_true", help="though peers do not know it yet 即使有对方未知悉")
    finish.set_defaults(action="cli_exchange.exchange_keys_finish")


def _packages_out(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    pack = kinds.add_parser("pack", help="what waits for a peer, and files, into a sealed package 制作离线包")
    pack.add_argument("peer", help="organisation code 对方机构代码")
    pack.add_argument("--purpose", required=True, help="why 事由")
    pack.add_argument("--file", type=Path, action="append", default=[], help="a file to go along 附带文件")
    pack.add_argument("--volume-mb", type=int, default=640, help="greatest size of a volume 每卷最大兆字节")
    pack.set_defaults(action="cli_offline.exchange_pack")
    release = kinds.add_parser("release", help="an officer lets a package out, with password 放行（两人）")
    release.add_argument("id")
    release.add_argument("--account", required=True, help="用户名 user name of the officer")
    release.set_defaults(action="cli_offline.exchange_release")
    withdraw = kinds.add_parser("withdraw", help="take the newest package back before its release 撤回")
    withdraw.add_argument("id")
    withdraw.set_defaults(action="cli_offline.exchange_withdraw")
    carry = kinds.add_parser("carry", help="write a released package to a medium 写到介质")
    carry.add_argument("id")
    carry.add_argument("--out", type=Path, required=True, help="folder on the medium 介质上的目录")
    carry.set_defaults(action="cli_offline.exchange_carry")


def _packages_in(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    come = kinds.add_parser("open", help="take a package from a medium; volumes may come later 导入离线包")
    come.add_argument("folder", type=Path)
    come.add_argument("--receipts", type=Path, help="folder for the return receipt 回执目录")
    come.set_defaults(action="cli_offline.exchange_open")
    receipt = kinds.add_parser("receipt", help="take the return receipt of a package 收回执")
    receipt.add_argument("file", type=Path)
    receipt.set_defaults(action="cli_offline.exchange_receipt")
    packages = kinds.add_parser("packages", help="packages both ways 离线包一览")
    packages.set_defaults(action="cli_offline.exchange_packages")


def _that_watch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser("run", help="watch shops and open the web interface 巡查并打开界面")
    run.add_argument("--shops", type=Path, help="CSV: url,name,platform,reason; the sample market when left out")
    run.add_argument("--no-web", action="store_true", help="end after the summary 完成后退出")
    run.add_argument("--workers", type=int, default=2, help="worker processes (default 2)")
    run.set_defaults(action="cli_run.run", children=True)

    watch = commands.add_parser("watch", help="watch the shops at these addresses 巡查指定网址")
    watch.add_argument("urls", nargs="+", metavar="URL")
    watch.add_argument("--platform", default="generic")
    watch.add_argument("--reason", default="")
    watch.add_argument("--web", action="store_true", help="open the web interface afterwards 完成后打开界面")
    watch.add_argument("--workers", type=int, default=2)
    watch.set_defaults(action="cli_run.watch", children=True)

    web = commands.add_parser("web", help="open the web interface with workers 打开界面")
    web.add_argument("--workers", type=int, default=2)
    web.set_defaults(action="cli_run.web", children=True)

    worker = commands.add_parser("worker", help="take jobs from the queue 执行任务")
    worker.add_argument("--count", type=int, default=1, help="processes (default 1)")
    worker.add_argument("--burst", action="store_true", help="end when nothing waits")
    worker.set_defaults(action="cli_worker.worker")

    keep = commands.add_parser("keep", help="do the standing duties 看护：索引、派单、到期巡查")
    keep.set_defaults(action="cli_run.keep")


def _about_evidence(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verify = commands.add_parser("verify", help="check an evidence package 校验证据包")
    verify.add_argument("file", type=Path)
    verify.add_argument("--trust", type=Path, help="trust list folder 信任名单目录 (default: this installation's)")
    verify.add_argument("--json", action="store_true", help="the report as JSON 输出 JSON")
    verify.set_defaults(action="cli_evidence.verify_file", refused=2)  # one is for a package that fails

    capture = commands.add_parser(
        "capture",
        help="capture and seal one page now, or recover what an interrupted one left 立即固证，或恢复中断的取证",
    )
    capture.add_argument("target", nargs="+", metavar="URL | recover ID")
    capture.add_argument("--purpose", required=True, help="why 取证事由")
    capture.add_argument("--case", default="", help="案号 case number; two officers then approve the seal")
    capture.set_defaults(action="cli_evidence.capture_page", children=True)

    kinds = commands.add_parser("evidence", help="evidence and its store 证据与证据库").add_subparsers(
        dest="kind", required=True
    )
    kinds.add_parser("list").set_defaults(action="cli_evidence.evidence_list")
    _export(kinds)
    _approve(kinds)
    _about_storage(kinds)


def _about_storage(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kinds.add_parser("scrub", help="hash every stored package now 复核证据库").set_defaults(
        action="cli_store.evidence_scrub"
    )
    back = kinds.add_parser("restore", help="put back damaged bytes from the copy 从副本恢复")
    back.add_argument("id")
    back.set_defaults(action="cli_store.evidence_restore")
    term = kinds.add_parser("retention", help="storage term, holds, copies, findings 保存期限与保全")
    term.add_argument("id")
    term.set_defaults(action="cli_store.evidence_retention")
    for name, what in (("hold", "forbid deletion 保全"), ("release", "release every hold 解除保全")):
        one = kinds.add_parser(name, help=f"an officer, with password: {what}")
        one.add_argument("id")
        one.add_argument("--account", required=True, help="用户名 user name of the officer")
        one.add_argument("--reason", required=True, help="理由 why")
        if name == "hold":
            one.add_argument("--case", default="", help="案号 case number")
        one.set_defaults(action=f"cli_store.evidence_{name}")
    delete = kinds.add_parser("delete", help="an officer asks, another agrees, with passwords 销毁（两人）")
    delete.add_argument("id")
    delete.add_argument("--account", required=True, help="用户名 user name of the officer")
    delete.add_argument("--reason", default="", help="理由，首次申请时必填 why; needed when asking")
    delete.add_argument("--basis", default="", help="依据，首次申请时必填 ground; needed when asking")
    delete.set_defaults(action="cli_store.evidence_delete")
    paper = kinds.add_parser("deletion-certificate", help="write a deletion certificate 导出销毁证明")
    paper.add_argument("id")
    paper.add_argument("--out", type=Path, required=True, help="a new folder 新目录")
    paper.set_defaults(action="cli_store.evidence_certificate")
    check = kinds.add_parser("deletion-verify", help="check a deletion certificate 校验销毁证明")
    check.add_argument("folder", type=Path)
    check.add_argument("--trust", type=Path, help="trust list folder 信任名单目录 (default: this installation's)")
    check.set_defaults(action="cli_store.deletion_verify")


def _that_keep(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    find = commands.add_parser("search", help="search listings, or look after the index 检索与索引")
    kinds = find.add_subparsers(dest="kind", required=True)
    query = kinds.add_parser("query", help="find listings 检索商品")
    query.add_argument("text", help='例 e.g. price:10..99 "最佳" AND platform:pinjishi')
    query.add_argument("--size", type=int, default=20)
    query.add_argument("--json", action="store_true")
    query.set_defaults(action="cli_keep.search_query")
    kinds.add_parser("rebuild", help="make the index anew 重建索引").set_defaults(action="cli_keep.search_rebuild")
    kinds.add_parser("drain", help="index what waits 处理待索引").set_defaults(action="cli_keep.search_drain")

    _about_quality(commands)
    rules = commands.add_parser("rules", help="the rule catalogue 规则").add_subparsers(dest="kind", required=True)
    rules.add_parser("list", help="rules in force today 现行规则").set_defaults(action="cli_keep.rules_list")
    text = rules.add_parser("try", help="judge a text 试判一段文字")
    text.add_argument("text")
    text.add_argument("--category", default="")
    text.set_defaults(action="cli_keep.rules_try")

    users = commands.add_parser("user", help="people who sign in 用户").add_subparsers(dest="kind", required=True)
    add = users.add_parser("add", help="add a user, asking for a password 新增用户")
    add.add_argument("name")
    add.add_argument("--role", action="append", choices=("supervisor", "investigator", "administrator"), required=True)
    add.set_defaults(action="cli_keep.user_add")
    ticket = users.add_parser("ticket", help="a one-time sign-in 一次性登录")
    ticket.add_argument("name")
    ticket.set_defaults(action="cli_keep.user_ticket")

    jobs = commands.add_parser("jobs", help="list or stop jobs 任务").add_subparsers(dest="kind", required=True)
    jobs.add_parser("list").set_defaults(action="cli_keep.jobs_list")
    cancel = jobs.add_parser("cancel")
    cancel.add_argument("id")
    cancel.set_defaults(action="cli_keep.jobs_cancel")

    check = commands.add_parser("audit", help="check the audit chain and all chains of custody 校验审计链与保管链")
    check.set_defaults(action="cli_keep.audit_check")
    commands.add_parser("doctor", help="check this installation 体检").set_defaults(action="cli_keep.doctor")


def _about_filings(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kinds = commands.add_parser("filings", help="ICP filings 网站备案").add_subparsers(dest="kind", required=True)
    taken = kinds.add_parser("import", help="import a table 导入备案表")
    taken.add_argument("file", help="CSV: number,holder_code,holder_name,domains")
    taken.set_defaults(action="cli_filings.filings_import")


def _about_quality(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kinds = commands.add_parser("quality", help="data quality 数据质量").add_subparsers(dest="kind", required=True)
    run = kinds.add_parser("run", help="check a table by the rules of a data set 按规则检查表格")
    run.add_argument("data_set", metavar="DATA_SET", help="数据集 as `quality rules` lists them")
    run.add_argument("file", type=Path, help="CSV or XLSX, names in the first line 首行为字段名")
    run.add_argument("--keep", action="store_true", help="keep findings and tell their owners 保存并通知责任单位")
    run.add_argument("--unit", default="", help="机构代码 code of the unit that handed it in")
    run.add_argument("--json", action="store_true", help="all findings as JSON 输出 JSON")
    run.set_defaults(action="cli_quality.quality_run")
    rules = kinds.add_parser("rules", help="the rules 规则")
    rules.add_argument("data_set", nargs="?", default="", metavar="DATA_SET")
    rules.set_defaults(action="cli_quality.quality_rules")


def _about_badges(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kinds = commands.add_parser("badge", help="badges of online traders 网上经营者电子标识").add_subparsers(
        dest="kind", required=True
    )
    issue = kinds.add_parser("issue", help="issue or renew 签发或续期")
    issue.add_argument("subject", type=int, help="主体编号 number of the subject")
    issue.add_argument("--site", action="append", required=True, help="shop.example, *.example, mall.example/shop/7")
    issue.add_argument("--until", type=int, default=180, metavar="DAYS", help="本单位确认的天数 days vouched for")
    issue.set_defaults(action="cli_badge.badge_issue")
    for name, state, what in (
        ("suspend", "suspended", "暂停"), ("restore", "active", "恢复"), ("revoke", "revoked", "撤销"),
    ):  # fmt: skip
        one = kinds.add_parser(name, help=f"{name} {what}")
        one.add_argument("id", help="标识编号 number of the badge")
        one.add_argument("--reason", required=True, help="理由 why")
        one.set_defaults(action="cli_badge.badge_state", state=state)
    kinds.add_parser("list", help="newest badges 最近的标识").set_defaults(action="cli_badge.badge_list")
    verify = kinds.add_parser("verify", help="check a token offline, or a number 核验")
    verify.add_argument("token", help="token, number, or - for standard input 令牌、编号")
    verify.add_argument("--keys", type=Path, help="key set of the issuer 公钥 (default: this installation's)")
    verify.add_argument("--status", type=Path, help="its status list 状态列表")
    verify.add_argument("--issuer", default="", help="origin of the issuer 签发机构网址 (default: this one)")
    verify.add_argument("--shown-on", default="", metavar="URL", help="address that shows it 展示它的网址")
    verify.add_argument("--json", action="store_true")
    verify.set_defaults(action="cli_badge.badge_verify")
    history = kinds.add_parser("history", help="its history with the log's proofs 标识历史及日志证明")
    history.add_argument("id", help="标识编号 number of the badge")
    history.add_argument("--out", type=Path, required=True, metavar="FILE", help="写入的新文件 new file")
    history.set_defaults(action="cli_badge_history.history_export")
    proven = kinds.add_parser("verify-history", help="check a history offline 核验标识历史")
    proven.add_argument("file", type=Path, help="标识历史文件 a file that `badge history` wrote")
    proven.add_argument("--trust", type=Path, help="信任目录 trust folder (default: this installation's)")
    proven.set_defaults(action="cli_badge_history.history_verify")
    keys = kinds.add_parser("keys", help="keys of the issuer 签发密钥").add_subparsers(dest="part", required=True)
    keys.add_parser("list", help="all keys 全部密钥").set_defaults(action="cli_badge.badge_keys_list")
    keys.add_parser("rotate", help="the next key signs 轮换").set_defaults(action="cli_badge.badge_keys_rotate")
    lost = keys.add_parser("compromise", help="withdraw a key at once 密钥泄露")
    lost.add_argument("kid")
    lost.set_defaults(action="cli_badge.badge_keys_compromise")


def _about_officers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    officers = commands.add_parser("officer", help="officers and their certificates 执法人员").add_subparsers(
        dest="kind", required=True
    )
    add = officers.add_parser("add", help="register an officer 登记执法人员")
    add.add_argument("name")
    add.add_argument("--certificate", required=True, help="执法证号 certificate number")
    add.add_argument("--unit", required=True, help="单位")
    add.add_argument("--account", required=True, help="用户名 user name of the sign-in")
    _add_validity(add)
    add.set_defaults(action="cli_officer.officer_add")
    officers.add_parser("list").set_defaults(action="cli_officer.officer_list")
    revoke = officers.add_parser("revoke", help="take a certificate back 注销执法证")
    revoke.add_argument("certificate")
    revoke.set_defaults(action="cli_officer.officer_revoke")

    grounds = commands.add_parser("authorise", help="grounds on which evidence is taken 取证依据").add_subparsers(
        dest="kind", required=True
    )
    new = grounds.add_parser("add", help="enter an authorisation 登记授权")
    new.add_argument("number", help="文号 number of the document")
    new.add_argument("--case", default="", help="案号 case number; a standing task when left out")
    new.add_argument("--basis", required=True, help="法律依据 article of law")
    new.add_argument("--issued-by", required=True, help="批准机关或负责人 who gave it")
    _add_validity(new)
    new.set_defaults(action="cli_officer.authorise_add")
    grounds.add_parser("list").set_defaults(action="cli_officer.authorise_list")
    withdraw = grounds.add_parser("revoke", help="take an authorisation back 撤销授权")
    withdraw.add_argument("number")
    withdraw.set_defaults(action="cli_officer.authorise_revoke")


def _export(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = kinds.add_parser("export", help="write sealed packages to a file or folder 导出证据包")
    export.add_argument("id", nargs="?", default="")
    export.add_argument("--case", default="", help="案号 all sealed evidence of a case, with an index")
    export.add_argument("--out", type=Path, required=True, help="new file, or a folder for a case 新文件；整案为目录")
    export.add_argument("--purpose", required=True, help="why 导出事由")
    export.add_argument("--as-stored", action="store_true", help="the stored bytes, nothing added 库中原样")
    export.add_argument("--withhold", action="append", default=[], metavar="PATTERN=REASON", help="leave out 不予公开")
    export.add_argument("--blur", action="append", default=[], metavar="FILE=x,y,w,h:REASON", help="模糊截图的一部分")
    export.add_argument("--officer", default="", help="user name of the officer who withholds 决定遮盖的执法人员用户名")
    export.set_defaults(action="cli_export.evidence_export")
    renew = kinds.add_parser("renew", help="stamp anew what is due, or the named ones 续期")
    renew.add_argument("id", nargs="*", default=[])
    renew.set_defaults(action="cli_renew.evidence_renew", children=True)
    prove = kinds.add_parser("prove", help="prove a file that a redacted package withholds 证明被遮盖的文件")
    prove.add_argument("--package", type=Path, required=True, help="redacted package 遮盖后的包")
    prove.add_argument("--name", required=True, help="name in the package 包内文件名")
    prove.add_argument("--file", type=Path, help="the withheld file 原文件")
    prove.add_argument("--salt", default="", help="its salt, hex 盐值")
    prove.add_argument("--id", default="", help="take file and salt from stored evidence 从库中取")
    prove.add_argument("--trust", type=Path, help="trust list folder 信任名单目录")
    prove.set_defaults(action="cli_export.evidence_prove")


def _approve(kinds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    approve = kinds.add_parser("approve", help="an officer approves the seal, with password 执法人员审批封存")
    approve.add_argument("id")
    approve.add_argument("--account", required=True, help="审批人用户名 user name of the officer")
    approve.set_defaults(action="cli_officer.evidence_approve")


def _add_validity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="valid_from", required=True, help="YYYY-MM-DD, from its beginning 起始日")
    parser.add_argument("--to", dest="valid_to", required=True, help="YYYY-MM-DD, to its end 截止日")


def _about_keys(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    kinds = commands.add_parser("keys", help="certificates of the signers 签名密钥与证书").add_subparsers(
        dest="kind", required=True
    )
    kinds.add_parser("list", help="all certificates 全部证书").set_defaults(action="cli_keys.keys_list")
    renew = kinds.add_parser("renew", help="a new certificate now 换发证书")
    renew.add_argument("use", choices=KEY_USES)
    renew.set_defaults(action="cli_keys.keys_renew")
    revoke = kinds.add_parser("revoke", help="take a certificate back 吊销证书")
    revoke.add_argument("use", choices=KEY_USES)
    revoke.add_argument("serial", help="序列号 serial number, hex, as keys list shows it")
    revoke.add_argument("--reason", choices=REVOCATION_REASONS, default=REVOCATION_REASONS[0])
    revoke.set_defaults(action="cli_keys.keys_revoke")
