"""Control by what is on record: a token the crawler read in a platform shop, or the ICP filing shown on the page.

A token proves only where nobody but the shop can write: its notice, its introduction, its contact line, its listings;
never a buyer's review. An ICP number ties a firm to a domain, but says nothing of who asks: it is confirmed by an
officer when it is the only proof.

Spec: 互联网信息服务管理办法 art 12 (the filing number is shown on the home page).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from identity_verify.control import Challenge, Fetcher, Outcome, found, missed
from identity_verify.control_web import PAGE_BYTES, page_text
from identity_verify.icp_filing import Filing, base_number, numbers_in

SHOP_FIELDS = frozenset({"notice", "contact", "seller_shown", "declaration", "title", "description"})
"""Fields that only the shop can fill."""


@dataclass(frozen=True, slots=True)
class ShopText:
    """One standing fact of a shop: its field, text, page, and when the page was last read."""

    field: str
    text: str
    url: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class ShopRead:
    """What the crawler knows of a shop. ``last_read_at`` is the last whole visit; texts are those with the token."""

    watched: bool
    last_read_at: datetime | None
    texts: tuple[ShopText, ...]


def check_shop(challenge: Challenge, shop: ShopRead, *, issued_at: datetime, on: date) -> Outcome:
    """Look for the token in what the crawler read of a shop.

    Args:
        issued_at: when the token was made: what was read before cannot show it.
    """
    if not shop.watched:
        return missed("shop", "shop-not-watched")
    detail = {"last_read_at": shop.last_read_at.isoformat() if shop.last_read_at else ""}
    mine = [text for text in shop.texts if challenge.token in _squeezed(text.text)]
    own = [text for text in mine if text.field in SHOP_FIELDS]
    if own:
        if challenge.expired(on):
            return missed("shop", "expired-token", **detail)
        return found("shop", **detail, field=own[0].field, url=own[0].url)
    if mine:
        return missed("shop", "token-by-others", **detail, field=mine[0].field, url=mine[0].url)
    if shop.last_read_at is None or shop.last_read_at <= issued_at:
        return missed("shop", "shop-not-read", **detail)
    return missed("shop", "token-not-shown", **detail)


def _squeezed(text: str) -> str:
    """Lower case without white space: shops wrap long words."""
    return re.sub(r"[\s\u200b\ufeff]+", "", text).lower()


@dataclass(frozen=True, slots=True)
class Holder:
    """The firm that ought to have filed: its code and its names, former ones too."""

    code: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filings:
    """Rows of the imported table that matter here; ``imported`` is False while there is no table at all."""

    rows: tuple[Filing, ...]
    imported: bool

    def of(self, number: str) -> Filing | None:
        """The filing of a number, with or without the site's own ``-1``."""
        return next((row for row in self.rows if row.number == base_number(number)), None)


def shown_numbers(challenge: Challenge, fetcher: Fetcher) -> tuple[Sequence[str], Outcome | None]:
    """ICP numbers on the home page, or why it could not be read."""
    answer = fetcher.fetch(f"{challenge.origin}/", max_bytes=PAGE_BYTES)
    if answer.error or answer.status != 200:
        cause = answer.error or ("not-found" if answer.status in {404, 410} else "http-status")
        return (), missed("icp", cause, url=answer.url, status=answer.status, error=answer.detail[:300])
    return numbers_in(page_text(answer.body)), None


def check_icp(challenge: Challenge, numbers: Iterable[str], filings: Filings, holder: Holder) -> Outcome:
    """Hold the numbers of a page against the table: is the filing this firm's, and for this domain?"""
    shown = list(dict.fromkeys(numbers))
    if not shown:
        return missed("icp", "icp-not-shown")
    if not filings.imported:
        return missed("icp", "icp-no-table", numbers=shown)
    known = [filing for number in shown if (filing := filings.of(number)) is not None]
    if not known:
        return missed("icp", "icp-unknown", numbers=shown)
    theirs = [filing for filing in known if filing.is_of(holder.code, holder.names)]
    if not theirs:
        return missed("icp", "icp-other-firm", numbers=shown, filed_by=known[0].holder_name or known[0].holder_code)
    here = [filing for filing in theirs if challenge.domain in filing.domains]
    if not here:
        return missed("icp", "icp-other-site", numbers=shown, filed_for=list(theirs[0].domains))
    return found("icp", number=here[0].number, filed_by=here[0].holder_name or here[0].holder_code)
