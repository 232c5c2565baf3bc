"""Records of a small fictional market, for tests of the interface: written through the models alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from kernel import audit
from kernel.crypto import random_token, sha256_hex
from kernel.models import (
    CustodyEvent,
    Evidence,
    FactVersion,
    Job,
    Listing,
    OutboxEntry,
    Page,
    RuleHit,
    Shop,
    User,
    UserSession,
    Visit,
)

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOSTILE_TITLE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
FORMULA_TITLE = '=HYPERLINK("https://evil.example/","点我")'
ROLES = ("supervisor", "investigator", "administrator")
LAW = [{"act": "广告法", "article": "第九条第(三)项", "text": "不得使用国家级、最高级、最佳等用语", "confidence": "V"}]
KINDS_OF_TEA = ("西湖龙井", "碧螺春", "安溪铁观音", "云南普洱", "正山小种", "白毫银针", "茉莉花茶", "六安瓜片")


@dataclass(frozen=True, slots=True)
class Seeded:
    """Numbers of what was written."""

    shops: tuple[int, ...]
    listings: tuple[int, ...]
    hits: tuple[int, ...]
    rule_evidence: str
    own_order: str
    foreign_order: str
    done_job: str
    running_job: str
    users: dict[str, int]


def add_user(session: Session, name: str, roles: list[str], *, at: datetime = AT, password_hash: str = "") -> User:
    """One officer."""
    user = User(name=name, display_name=f"测试{name}", roles=roles, created_at=at, password_hash=password_hash)
    session.add(user)
    session.flush()
    return user


def add_sign_in(session: Session, user_id: int, *, at: datetime, kind: str = "session") -> tuple[str, str]:
    """A sign-in or ticket; returns its secret and its CSRF token."""
    token, csrf = random_token(), random_token()
    row = UserSession(
        token_sha256=sha256_hex(token.encode()),
        user_id=user_id,
        kind=kind,
        csrf_token=csrf,
        created_at=at,
        expires_at=at + timedelta(hours=8),
    )
    session.add(row)
    session.flush()
    return token, csrf


def add_shop(session: Session, number: int) -> Shop:
    """One shop with a licence fact."""
    shop = Shop(
        url=f"https://shop{number}.example.test/",
        host=f"shop{number}.example.test",
        name=f"云栖茶叶专营店{number}号",
        platform="generic",
        reason="专项检查",
        region="330106",
        seller_name=f"虚构茶业（{number}）有限公司",
        seller_code="91330106XXXXXXXX0X",
        created_at=AT,
        last_visited_at=AT,
        next_visit_at=AT + timedelta(days=1),
    )
    session.add(shop)
    session.flush()
    return shop


def add_page(session: Session, visit: Visit, url: str) -> Page:
    """One fetched page."""
    page = Page(
        visit_id=visit.id,
        shop_id=visit.shop_id,
        url=url,
        final_url=url,
        url_key=sha256_hex(url.encode())[:32],
        status=200,
        mime="text/html",
        kind="detail",
        fetched_at=AT,
        body_sha256=sha256_hex(url.encode()),
        body_size=20_000,
    )
    session.add(page)
    session.flush()
    return page


def add_listing(session: Session, page: Page, title: str, fen: int) -> Listing:
    """One listing with a title, a description and three prices in a row."""
    listing = Listing(
        shop_id=page.shop_id,
        url=page.url,
        url_key=page.url_key,
        title=title,
        description=f"{title}，全网第一，产地直供，七天无理由退货。",
        category="食品/茶叶",
        brand="云栖",
        price_fen=fen,
        struck_fen=fen * 2,
        stock=100,
        sales=fen % 977,
        first_seen_at=AT - timedelta(days=20),
        last_seen_at=AT,
        updated_at=AT - timedelta(days=1),
        last_page_id=page.id,
    )
    session.add(listing)
    session.flush()
    session.add(OutboxEntry(object_id=listing.id, created_at=AT))
    texts = {"title": title, "description": listing.description, "category": listing.category}
    for field, value in texts.items():
        _fact(session, listing, page, field, value=value, raw=value)
    steps = [(20, 12, fen + 2_000), (12, 4, fen + 500), (4, None, fen)]
    for began, ended, amount in steps:
        price = {"kind": "shown", "fen": amount, "fen_max": None, "currency": "CNY", "unit": None, "sku": None}
        fact = _fact(session, listing, page, "price", value=price, raw=f"¥{amount / 100:.2f}")
        fact.slot, fact.seen_at = "shown", AT - timedelta(days=began)
        fact.superseded_at = AT - timedelta(days=ended) if ended else None
    struck = {"kind": "struck", "fen": fen * 2, "fen_max": None, "currency": "CNY", "unit": None, "sku": None}
    _fact(session, listing, page, "price", value=struck, raw=f"¥{fen / 50:.2f}").slot = "struck"
    return listing


def _fact(session: Session, listing: Listing, page: Page, field: str, *, value: object, raw: str) -> FactVersion:
    fact = FactVersion(
        shop_id=listing.shop_id,
        listing_id=listing.id,
        field=field,
        value=value,
        digest=sha256_hex(raw.encode())[:32],
        raw=raw,
        locator=f"css:.{field}",
        method="heuristic",
        page_id=page.id,
        seen_at=AT - timedelta(days=20),
    )
    session.add(fact)
    session.flush()
    return fact


def add_hit(session: Session, listing: Listing, page: Page, number: int, evidence_id: str | None = None) -> RuleHit:
    """One hit on the listing's description."""
    start = listing.description.index("全网第一")
    hit = RuleHit(
        key=sha256_hex(f"hit {number}".encode()),
        rule_id="AD01",
        rule_version="1.0.0",
        severity=("high", "medium", "low")[number % 3],
        shop_id=listing.shop_id,
        listing_id=listing.id,
        page_id=page.id,
        field="description",
        locator="css:.description",
        quote="全网第一",
        quote_start=start,
        quote_end=start + 4,
        law=LAW,
        explanation={
            "zh": "用语“全网第一”指向商品本身。",
            "en": "“全网第一” is said of the goods.",
            "term": "全网第一",
        },
        wants_evidence=True,
        evidence_id=evidence_id,
        found_at=AT,
        last_seen_at=AT,
    )
    session.add(hit)
    session.flush()
    return hit


def add_evidence(session: Session, number: str, listing: Listing, *, reason: str, by: str, state: str) -> Evidence:
    """One order, with its first custody event."""
    row = Evidence(
        id=f"ev-{number}",
        key=sha256_hex(number.encode()),
        url=listing.url,
        shop_id=listing.shop_id,
        listing_id=listing.id,
        reason=reason,
        purpose="核查绝对化用语",
        ordered_by=by,
        ordered_at=AT,
        state=state,
        summary={"title": listing.title},
    )
    session.add(row)
    session.flush()
    body = {"evidence_id": row.id, "seq": 1, "at": AT, "actor": by, "action": "ordered", "purpose": row.purpose}
    session.add(CustodyEvent(**body, role="", prev_hash="0" * 64, hash=sha256_hex(number.encode())))
    return row


def seed(session: Session, *, listings_a_shop: int = 8) -> Seeded:
    """Three users, two shops, their listings, hits, evidence and jobs."""
    users = {role: add_user(session, role, [role]).id for role in ROLES}
    audit.append(session, actor="system:test", action="user.add", at=AT, detail={"names": list(ROLES)})
    job = Job(
        id="job-000000000001aa", kind="watch", title="巡查 watch × 2", state="done", created_by="supervisor",
        created_at=AT, started_at=AT, finished_at=AT, progress={"pages": 12}, result={"shops": 2, "hits": 4},
    )  # fmt: skip
    running = Job(
        id="job-000000000002bb", kind="watch", title="巡查 watch × 1", state="running", created_by="supervisor",
        created_at=AT, started_at=AT, heartbeat_at=AT, progress={"done": 3, "total": 12, "crawl": {"pages": 3}},
    )  # fmt: skip
    session.add_all([job, running])
    shops: list[Shop] = []
    listings: list[Listing] = []
    hits: list[RuleHit] = []
    for number in (1, 2):
        shop = add_shop(session, number)
        visit = Visit(
            shop_id=shop.id, job_id=job.id, state="done", started_at=AT, finished_at=AT, pages=12, bytes=345_678,
            budget={"pages": 2_000}, robots={"url": f"{shop.url}robots.txt", "status": 200}, stop_reason="finished",
        )  # fmt: skip
        session.add(visit)
        session.flush()
        for place in range(listings_a_shop):
            title = f"{KINDS_OF_TEA[place % 8]} 明前特级 {place + 1} 号 250克"
            if number == 1 and place < 2:
                title = (HOSTILE_TITLE, FORMULA_TITLE)[place]
            page = add_page(session, visit, f"{shop.url}item/{place}.html")
            listing = add_listing(session, page, title, 4_990 + place * 1_700)
            listings.append(listing)
            if place < 3:
                hits.append(add_hit(session, listing, page, len(hits)))
        shops.append(shop)
    by_rule = add_evidence(session, "000000000001aa", listings[0], reason="rule", by="system:rules", state="ordered")
    own = add_evidence(session, "000000000002bb", listings[1], reason="order", by="supervisor", state="failed")
    foreign = add_evidence(session, "000000000003cc", listings[2], reason="order", by="investigator", state="ordered")
    hits[0].evidence_id, hits[2].evidence_id = by_rule.id, foreign.id
    session.flush()
    return Seeded(
        shops=tuple(shop.id for shop in shops),
        listings=tuple(listing.id for listing in listings),
        hits=tuple(hit.id for hit in hits),
        rule_evidence=by_rule.id,
        own_order=own.id,
        foreign_order=foreign.id,
        done_job=job.id,
        running_job=running.id,
        users=users,
    )
