"""Control by what is on record: shop pages the crawler read, and ICP filings."""

from datetime import UTC, datetime, timedelta

import pytest

from identity_verify.control_record import Filings, Holder, ShopRead, ShopText, check_icp, check_shop, shown_numbers
from identity_verify.icp_filing import Filing
from tests.servers.paper_net import PaperNet
from tests.unit.identity_verify.challenges import LAST_DAY, TODAY, TOKEN, challenge_of

ISSUED = datetime(2026, 11, 24, 8, tzinfo=UTC)
READ = ISSUED + timedelta(hours=3)
CODE = "91310115XX0000019T"
NAME = "上海云栖(测试)茶业有限公司"
NUMBER = "沪ICP备2026000001号-1"
HOLDER = Holder(CODE, (NAME, "上海旧名(测试)有限公司"))
FILING = Filing("沪ICP备2026000001号", CODE, NAME, ("tea.example",))
OF_OTHERS = Filing("沪ICP备2026000009号", "92310104XX0000027L", "上海别家(测试)商行", ("tea.example",))


def _shop(*texts: tuple[str, str], watched: bool = True, read_at: datetime | None = READ) -> ShopRead:
    url = "https://mall.example/shop/7"
    return ShopRead(watched, read_at, tuple(ShopText(field, text, url, READ) for field, text in texts))


def _check(shop: ShopRead, days: int = 0) -> tuple[bool, str]:
    outcome = check_shop(challenge_of("path", "/shop/7"), shop, issued_at=ISSUED, on=TODAY + timedelta(days=days))
    return outcome.ok, outcome.cause


@pytest.mark.parametrize("field", ["notice", "contact", "description"])
def test_the_shops_own_words_prove_it(field: str) -> None:
    """Also where the page broke the token over lines or wrote it in capitals."""
    for text in (f"公告：验证 {TOKEN}", f"{TOKEN[:9]} {TOKEN[9:]}", TOKEN.upper()):
        assert _check(_shop((field, text))) == (True, "")


@pytest.mark.parametrize(
    ("shop", "cause"),
    [
        (_shop(watched=False), "shop-not-watched"),
        (_shop(read_at=None), "shop-not-read"),
        (_shop(read_at=ISSUED), "shop-not-read"),
        (_shop(), "token-not-shown"),
        (_shop(("notice", "欢迎光临")), "token-not-shown"),
        (_shop(("review", f"好评 {TOKEN}")), "token-by-others"),
    ],
)
def test_what_does_not_prove_a_shop(shop: ShopRead, cause: str) -> None:
    """Not watched, not read since, not there, or written by a buyer."""
    assert _check(shop) == (False, cause)


def test_an_old_token_proves_no_shop() -> None:
    """After its last day."""
    assert _check(_shop(("notice", TOKEN)), days=(LAST_DAY - TODAY).days + 1) == (False, "expired-token")


@pytest.mark.parametrize(
    ("numbers", "rows", "imported", "cause"),
    [
        ((NUMBER,), (FILING,), True, ""),
        (("沪ICP备2026000009号", NUMBER), (OF_OTHERS, FILING), True, ""),
        ((), (FILING,), True, "icp-not-shown"),
        ((NUMBER,), (), False, "icp-no-table"),
        ((NUMBER,), (), True, "icp-unknown"),
        (("沪ICP备2026000009号",), (OF_OTHERS,), True, "icp-other-firm"),
        ((NUMBER,), (Filing(FILING.number, CODE, NAME, ("leaf.example",)),), True, "icp-other-site"),
        ((NUMBER,), (Filing(FILING.number, CODE, NAME, ()),), True, "icp-other-site"),
        ((NUMBER,), (Filing(FILING.number, "", "上海旧名（测试）有限公司", ("tea.example",)),), True, ""),
    ],
)
def test_a_filing_counts_for_its_firm_and_its_domain(
    numbers: tuple[str, ...],
    rows: tuple[Filing, ...],
    imported: bool,  # noqa: FBT001 - of the table
    cause: str,
) -> None:
    """Another firm's number copied on the page is told as that."""
    outcome = check_icp(challenge_of(), numbers, Filings(rows, imported), HOLDER)
    assert (outcome.ok, outcome.cause) == (not cause, cause)


def test_numbers_come_from_the_home_page(net: PaperNet) -> None:
    """Or the reason why it cannot be read."""
    net.serve("https://www.tea.example/", f"<footer>{NUMBER}</footer><script>沪ICP备2026000077号</script>")
    assert shown_numbers(challenge_of(), net) == ((NUMBER,), None)
    for trouble, cause in (("timeout", "timeout"), ("", "not-found")):
        net.pages.clear()
        if trouble:
            net.fail("https://www.tea.example/", trouble)
        numbers, outcome = shown_numbers(challenge_of(), net)
        assert numbers == ()
        assert outcome is not None
        assert outcome.cause == cause
