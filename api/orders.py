"""What a person sets going: captures and watches. Both end in a job for the workers."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.auth import SignedIn
from api.context import Context
from api.errors import InputError
from api.queries.listings import find_listing
from kernel import audit
from kernel.errors import WangjianError
from kernel.models import Evidence
from pipeline.orders import order_capture
from pipeline.schedule import plan_captures, plan_watch
from pipeline.shop_list import RowError, ShopRow, add_shops, check_row

MAX_PURPOSE = 500
MAX_URLS = 1_000


@dataclass(frozen=True, slots=True)
class Started:
    """A job that was handed over; ``queued`` is False when the queue was away and a worker must find it."""

    job_id: str
    queued: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order and the job that carries it out (empty when another job has it in hand)."""

    evidence: Evidence
    jobs: tuple[Started, ...]


def check_purpose(purpose: str) -> str:
    """The purpose without outer space.

    Raises:
        InputError: empty or longer than 500 characters.
    """
    purpose = purpose.strip()
    if not 1 <= len(purpose) <= MAX_PURPOSE:
        raise InputError(
            f"expected a purpose of 1 to {MAX_PURPOSE} characters, got {len(purpose)}",
            hint="请写明用途，它会写入保管链。",
            context={"fields": {"purpose": f"1-{MAX_PURPOSE}"}},
        )
    return purpose


def order_listing_capture(
    context: Context, who: SignedIn, listing_id: int, purpose: str, case_number: str = ""
) -> Ordered:
    """Order a sealed capture of a listing's page and hand it to the workers.

    Args:
        case_number: of the case it is taken for; then two officers approve its seal.

    Raises:
        InputError: no purpose. AuthorisationError: no case number of one form. NotFoundError: no such listing for
            this person.

    Effects: tables ``evidence``, ``custody_event``, ``audit``, ``job``; the queue.
    """
    purpose = check_purpose(purpose)
    with context.database.write() as session:
        listing, shop = find_listing(session, who.scope, listing_id)
        at = context.now()
        evidence = order_capture(
            session,
            url=listing.url,
            shop_id=shop.id,
            listing_id=listing.id,
            purpose=purpose,
            actor=who.scope.name,
            at=at,
            case=case_number,
        )
        planned = plan_captures(session, created_by=who.scope.name, at=at)
    return Ordered(evidence, tuple(Started(job_id, context.enqueue(job_id)) for job_id in planned))


def rows_of_urls(text: str) -> tuple[tuple[ShopRow, ...], tuple[RowError, ...]]:
    """Shops from addresses, one a line, and the lines that were not taken.

    Raises:
        InputError: none, or more than 1,000.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not 1 <= len(lines) <= MAX_URLS:
        raise InputError(
            f"expected 1 to {MAX_URLS} addresses, got {len(lines)}",
            hint="每行一个网址，或上传 CSV 文件。",
            context={"fields": {"urls": f"1-{MAX_URLS}"}},
        )
    rows: dict[str, ShopRow] = {}
    errors = []
    for number, url in lines:
        try:
            row = check_row(ShopRow(url=url, line=number))
        except WangjianError as error:
            errors.append(RowError(number, error.code, error.message, error.hint))
            continue
        rows.setdefault(row.url, row)
    return tuple(rows.values()), tuple(errors)


def start_watch(context: Context, who: SignedIn, rows: Sequence[ShopRow]) -> Started:
    """Put shops under watch and visit them now.

    Raises:
        InputError: no shop.

    Effects: tables ``shop``, ``job``, ``audit``; the queue.
    """
    if not rows:
        raise InputError("expected at least one shop, got none", hint="没有可用的店铺行，请改正后重试。")
    with context.database.write() as session:
        at = context.now()
        ids = add_shops(session, rows, actor=who.scope.name, at=at)
        job_id = plan_watch(session, shop_ids=ids, created_by=who.scope.name, at=at)
        audit.append(
            session, actor=who.scope.name, action="job.start", object_type="job", object_id=job_id,
            detail={"shops": len(ids)}, at=at,
        )  # fmt: skip
    return Started(job_id, context.enqueue(job_id))
