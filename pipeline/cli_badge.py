"""Commands about badges: issue, suspend, revoke, keys, and a check that needs no network."""

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from identity_verify import badge_token, badges, status_list
from identity_verify.badge_check import BadgeVerdict
from identity_verify.badge_id import shown
from identity_verify.badge_issuer import Issuer, issuer_of
from identity_verify.badge_keys import keys_in, open_keys, public_keys
from identity_verify.badge_token import Claims
from identity_verify.errors import BadgeTokenError
from identity_verify.proven_site import covered, read_site
from identity_verify.signed_text import PublicKeys
from kernel.clock import CHINA, iso, now
from kernel.config import settings
from kernel.models import Badge, BadgeKey
from pipeline.badge_duty import VOUCHED
from pipeline.cli_officer import opened
from pipeline.errors import UsageError

ACTOR = "system:cli"
LISTED = 50
STATUS_WORDS = {status_list.INVALID: "revoked", status_list.SUSPENDED: "suspended"}
WORDS = {
    "valid": "有效 valid",
    "revoked": "已撤销 revoked",
    "suspended": "已暂停 suspended",
    "expired": "已过期 expired",
    "place": "不属于此网址 not shown where it belongs",
    "superseded": "已被新令牌取代 a newer token took its place",
    "key": "签发密钥已失效 its key does not count any more",
    "forged": "伪造 forged",
    "unknown": "没有这个标识 no such badge",
    "malformed": "编号有误 not a number of a badge",
}


def badge_issue(options: argparse.Namespace) -> int:
    """Issue or renew the badge of a subject for sites that the bureau vouches for."""
    at = now()
    end = at + timedelta(days=options.until)
    sites = [read_site(text, proven_at=at, expires_at=end, method=VOUCHED) for text in options.site]
    with opened() as database, database.write() as session:
        badge = badges.issue(session, open_keys(settings()), options.subject, sites, actor=ACTOR, at=at)
    print(f"{shown(badge.id)}  {badge.code}  {badge.name}")
    print(f"站点 sites {', '.join(badge.sites)}  至 to {badge.expires_at.astimezone(CHINA):%Y-%m-%d %H:%M}")
    print(f"核验页 page {issuer_of(settings()).page(badge.id)}")
    print(badge.token)
    return 0


def badge_state(options: argparse.Namespace) -> int:
    """Suspend, restore or revoke a badge."""
    number = badges.require_badge_id(options.id)
    with opened() as database, database.write() as session:
        badges.set_state(session, number, options.state, reason=options.reason, actor=ACTOR, at=now())
    print(f"{shown(number)} {options.state}")
    return 0


def badge_list(options: argparse.Namespace) -> int:
    """Print the newest badges."""
    del options
    with opened() as database, database.read() as session:
        for badge in session.execute(select(Badge).order_by(Badge.revision.desc()).limit(LISTED)).scalars():
            end = badge.expires_at.astimezone(CHINA)
            print(f"{shown(badge.id)}  {badge.state:<9}  至 to {end:%Y-%m-%d}  {badge.code}  {badge.name}")
            print(f"                {', '.join(badge.sites)}")
    return 0


def badge_keys_list(options: argparse.Namespace) -> int:
    """Print the keys of the issuer with their states."""
    del options
    with opened() as database, database.read() as session:
        for row in session.execute(select(BadgeKey).order_by(BadgeKey.created_at, BadgeKey.kid)).scalars():
            keep = f"  至 until {row.keep_until.astimezone(CHINA):%Y-%m-%d}" if row.keep_until else ""
            print(f"{row.kid}  {row.state:<11}  {iso(row.state_at)}{keep}")
    return 0


def badge_keys_rotate(options: argparse.Namespace) -> int:
    """The waiting key signs from now on; the old one goes on verifying."""
    del options
    with opened() as database, database.write() as session:
        kid = open_keys(settings()).rotate(session, actor=ACTOR, at=now())
    print(f"{kid} 开始签发 signs from now on")
    return 0


def badge_keys_compromise(options: argparse.Namespace) -> int:
    """Withdraw a key and sign its badges anew, in one transaction; the private half is erased by the keeper."""
    at, keys = now(), open_keys(settings())
    with opened() as database, database.write() as session:
        keys.mark_compromised(session, options.kid, actor=ACTOR, at=at)
        count = badges.resign(session, keys, options.kid, actor=ACTOR, at=at)
    print(f"{options.kid} 已失效，重签标识 {count} 个 withdrawn; badges signed anew: {count}")
    return 0


def badge_verify(options: argparse.Namespace) -> int:
    """Check a token with nothing but keys, and a status list where one is given; or a number, in the records."""
    given: str = options.token
    text = (sys.stdin.read() if given == "-" else given).strip()
    if "." not in text and "~" not in text:
        return _verify_number(text, options)
    keys, issuer = _trusted(options)
    claims, word, why = _judge(text, keys, issuer, options)
    said = {
        "word": word, "why": why, "ok": word == "valid", "status_checked": bool(options.status),
        "claims": _plain(claims) if claims else None,
    }  # fmt: skip
    if options.json:
        print(json.dumps(said, ensure_ascii=False))
    else:
        print(f"{WORDS[word]}{f' ({why})' if why else ''}")
        if claims:
            print(f"{claims.name}  {claims.code}\n站点 sites {', '.join(claims.sites)}")
            print(f"编号 number {shown(claims.badge_id)}  至 to {iso(claims.expires_at)}")
        if word == "valid" and not options.status:
            print("未核对是否撤销：请给出状态列表 revocation NOT CHECKED: give --status")
    return 0 if word == "valid" else 1


def _judge(text: str, keys: PublicKeys, issuer: Issuer, options: argparse.Namespace) -> tuple[Claims | None, str, str]:
    at = now()
    try:
        claims = badge_token.read(text, keys, issuer=issuer.origin, vct=issuer.vct, at=at)
    except BadgeTokenError as error:
        return None, "expired" if error.reason == "expired" else "forged", error.reason
    if options.status:
        try:
            listed = status_list.read(Path(options.status).read_text("utf-8"), keys, uri=claims.status_uri, at=at)
            status = listed.status(claims.status_idx)
        except BadgeTokenError as error:
            raise UsageError(
                f"expected the status list of this token, got: {error.message}", hint=error.hint
            ) from error
        if status != status_list.VALID:
            return claims, STATUS_WORDS.get(status, "suspended"), "status-list"
    if options.shown_on and not covered(claims.sites, options.shown_on):
        return claims, "place", "place"
    return claims, "valid", ""


def _trusted(options: argparse.Namespace) -> tuple[PublicKeys, Issuer]:
    issuer = Issuer(options.issuer.rstrip("/")) if options.issuer else issuer_of(settings())
    if not options.keys:
        with opened() as database, database.read() as session:
            return public_keys(session), issuer
    try:
        return keys_in(json.loads(options.keys.read_text("utf-8"))), issuer
    except ValueError as error:
        raise UsageError(f"expected a JSON key set in {options.keys}, got something else", hint="jwks.json") from error


def _verify_number(text: str, options: argparse.Namespace) -> int:
    with opened() as database, database.read() as session:
        verdict = badges.check(session, text, shown_on=options.shown_on, at=now())
    if options.json:
        steps = [{"name": step.name, "outcome": step.outcome, "why": step.why} for step in verdict.steps]
        print(json.dumps({"word": verdict.word, "ok": verdict.ok, "steps": steps}, ensure_ascii=False))
    else:
        _tell(verdict)
    return 0 if verdict.ok else 1


def _tell(verdict: BadgeVerdict) -> None:
    print(WORDS[verdict.word])
    for step in verdict.steps:
        print(f"  {step.outcome:<11} {step.name} {step.why}".rstrip())
    if verdict.badge:
        print(f"{verdict.badge.name}  {verdict.badge.code}\n站点 sites {', '.join(verdict.badge.sites)}")


def _plain(claims: Claims) -> dict[str, object]:
    return {
        "badge": claims.badge_id, "code": claims.code, "name": claims.name, "sites": list(claims.sites),
        "issued_at": iso(claims.issued_at), "expires_at": iso(claims.expires_at), "kid": claims.kid,
        "status": {"idx": claims.status_idx, "uri": claims.status_uri},
    }  # fmt: skip
