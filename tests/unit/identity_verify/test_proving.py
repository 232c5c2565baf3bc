"""One look, written down."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from identity_verify.control import SCOPES_OF
from identity_verify.errors import TooOftenError
from identity_verify.proving import may_look
from identity_verify.site_claims import held_claim
from kernel.crypto import sha256_hex
from kernel.models import ControlProof, FactVersion, Page, Shop, Visit
from tests.unit.identity_verify.merchant_case import HOST, Case


@pytest.fixture
def begun(case: Case) -> Case:
    """A draft."""
    case.apply()
    return case


def _proofs(case: Case, claim_id: int) -> list[tuple[str, bool, str]]:
    with case.database.read() as session:
        query = select(ControlProof).where(ControlProof.site_claim_id == claim_id).order_by(ControlProof.id)
        return [(row.method, row.ok, row.cause) for row in session.execute(query).scalars()]


def test_every_method_of_a_host_proves_it(begun: Case) -> None:
    """DNS, file, meta element, CNAME; each look is kept, with its cause where it failed."""
    claim_id = begun.add()
    row = begun.claim(claim_id)
    assert begun.check(claim_id, "dns").cause == "nxdomain"
    assert begun.claim(claim_id).state == "open"
    begun.place_record(claim_id)
    begun.net.serve(f"{row.origin}/.well-known/scjg-challenge/{row.token}", row.token, "text/plain")
    begun.net.serve(f"{row.origin}/", f'<head><meta name="scjg-challenge" content="{row.token}"></head>')
    begun.net.aliases[f"_scjg-challenge.{row.host}"] = (f"{row.token}.challenge.wangjian.example.",)
    for method in ("dns", "file", "meta", "cname"):
        assert begun.check(claim_id, method).ok, method
        assert begun.claim(claim_id).method == method
    assert _proofs(begun, claim_id) == [
        ("dns", False, "nxdomain"), ("dns", True, ""), ("file", True, ""), ("meta", True, ""), ("cname", True, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(("method", "scope"), [("file", "domain"), ("meta", "domain"), ("shop", "domain")])
def test_a_method_proves_only_its_scopes(begun: Case, method: str, scope: str) -> None:
    """Nothing is fetched for it."""
    assert scope not in SCOPES_OF[method]
    claim_id = begun.add(scope=scope)
    assert begun.check(claim_id, method).cause == "wrong-scope"
    assert begun.net.asked == []


def test_a_filing_is_proof_and_link(begun: Case) -> None:
    """Alone it is for an officer to confirm; beside another proof it spares the officer."""
    claim_id = begun.add()
    assert begun.check(claim_id, "icp").cause == "not-found"
    begun.file_icp()
    assert begun.check(claim_id, "icp").ok
    row = begun.claim(claim_id)
    assert (row.method, row.linked, row.doubts) == ("icp", ["icp"], [f"icp-only:{HOST}"])
    begun.place_record(claim_id)
    assert begun.check(claim_id).ok
    assert begun.claim(claim_id).doubts == []


@pytest.mark.parametrize(
    ("code", "domain", "cause"),
    [("92310104XX0000027L", "qinghe.example", "icp-other-firm"), ("", "elsewhere.example", "icp-other-site")],
)
def test_a_copied_filing_number_is_no_link(begun: Case, code: str, domain: str, cause: str) -> None:
    """Another firm's, or for another domain; the site then is not linked."""
    claim_id = begun.add()
    begun.file_icp(code=code, domain=domain)
    assert begun.check(claim_id, "icp").cause == cause
    begun.place_record(claim_id)
    assert begun.check(claim_id).ok
    assert begun.claim(claim_id).doubts == [f"not-linked:{HOST}"]


def test_a_page_that_cannot_be_read_takes_no_link_away(begun: Case) -> None:
    """One bad minute of the home page is not the loss of the filing."""
    claim_id = begun.add()
    begun.file_icp()
    begun.place_record(claim_id)
    begun.check(claim_id)
    begun.net.fail(f"https://{HOST}/", "timeout")
    begun.check(claim_id)
    assert begun.claim(claim_id).linked == ["icp"]
    begun.net.serve(f"https://{HOST}/", "<p>no number any more</p>")
    begun.check(claim_id)
    assert begun.claim(claim_id).linked == []


def test_the_registrys_list_of_sites_is_a_link(case: Case) -> None:
    """With and without www; not for the whole domain by one of its hosts."""
    case.change(websites=("http://qinghe.example/", "mall.example/shop/7"))
    case.apply()
    claim_id = case.add()
    case.place_record(claim_id)
    assert case.check(claim_id).ok
    assert case.claim(claim_id).linked == ["registry"]
    shop = case.add("https://mall.example/shop/7/", kind="shop")
    other = case.add("https://mall.example/shop/8/", kind="shop")
    assert case.claim(shop).linked == ["registry"]
    assert case.claim(other).linked == []


def _read_shop(case: Case, token: str, field: str = "notice") -> int:
    """The crawler reads a shop that shows the token."""
    with case.database.write() as session:
        shop = Shop(url="https://mall.example/shop/7/", host="mall.example", created_at=case.at)
        session.add(shop)
        session.flush()
        visit = Visit(shop_id=shop.id, job_id="j", state="done", started_at=case.at + timedelta(minutes=1), pages=1)
        session.add(visit)
        session.flush()
        page = Page(
            visit_id=visit.id, shop_id=shop.id, url=shop.url, final_url=shop.url, url_key="k", status=200,
            fetched_at=visit.started_at, body_sha256=sha256_hex(b""),
        )  # fmt: skip
        session.add(page)
        session.flush()
        session.add(
            FactVersion(
                shop_id=shop.id, field=field, value=f"验证 {token}", digest="d", raw=f"公告 验证 {token}",
                page_id=page.id, seen_at=visit.started_at,
            )
        )  # fmt: skip
        return shop.id


def test_a_shop_is_proven_by_what_the_crawler_read(begun: Case) -> None:
    """Not watched; watched and not read; then there."""
    claim_id = begun.add("https://mall.example/shop/7/", kind="shop")
    assert begun.check(claim_id, "shop").cause == "shop-not-watched"
    shop_id = _read_shop(begun, begun.claim(claim_id).token)
    with begun.locked() as (session, application):
        held_claim(session, application.id, claim_id).shop_id = shop_id
    outcome = begun.check(claim_id, "shop")
    assert outcome.ok
    assert outcome.detail["field"] == "notice"
    assert begun.net.asked == []


def test_a_buyers_words_prove_nothing(begun: Case) -> None:
    """A token in a review was written by anybody."""
    claim_id = begun.add("https://mall.example/shop/7/", kind="shop")
    shop_id = _read_shop(begun, begun.claim(claim_id).token, field="review")
    with begun.locked() as (session, application):
        held_claim(session, application.id, claim_id).shop_id = shop_id
    assert begun.check(claim_id, "shop").cause == "token-by-others"


def test_looks_keep_their_distance(begun: Case) -> None:
    """Five seconds between two; each one asks other people's servers."""
    claim_id = begun.add()
    with begun.database.read() as session:
        may_look(session, begun.claim(claim_id), at=begun.at)
    begun.check(claim_id)
    with begun.database.read() as session:
        with pytest.raises(TooOftenError):
            may_look(session, begun.claim(claim_id), at=begun.at + timedelta(seconds=4))
        may_look(session, begun.claim(claim_id), at=begun.at + timedelta(seconds=5))
