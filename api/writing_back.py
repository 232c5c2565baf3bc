"""Writing back to the linked systems from pages: a lead becomes a note, a decision a publicity entry."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from api.auth import SignedIn
from api.context import Context
from api.errors import InputError
from api.queries import linked
from api.queries.hits import HitRow, read_hit
from api.queries.shops import find_shop
from exchange.connectors import fault, post, state
from exchange.connectors.panel import Basis, FourSystems, basis_of_shop, panel
from exchange.connectors.roster import SYSTEMS, connectors
from kernel import audit
from kernel.models import LinkedRecord, Shop

SHOWN_TEXT = 600


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form of writing back starts with.

    Attributes:
        complaints: of the shop, for the choice of one. text: a first wording, from the lead.
    """

    system: str
    shop: Shop
    basis: Basis
    hit: HitRow | None
    complaints: tuple[LinkedRecord, ...]
    text: str


def draft(session: Session, context: Context, who: SignedIn, system: str, *, shop_id: int, hit_id: int | None) -> Draft:
    """The beginning of a form.

    Raises:
        NotFoundError: no such shop or lead for this person. InputError: no such system.
    """
    require_system(system)
    hit = read_hit(session, who.scope, hit_id) if hit_id is not None else None
    shop = hit.shop if hit is not None else find_shop(session, who.scope, shop_id)
    four: FourSystems = panel(session, shop_id=shop.id, at=context.now())
    complaints = next(view.rows for view in four.systems if view.system == "complaint12315")
    return Draft(
        system=system,
        shop=shop,
        basis=basis_of_shop(session, shop),
        hit=hit,
        complaints=tuple(row.record for row in complaints),
        text=_wording(hit) if hit is not None else "",
    )


def _wording(hit: HitRow) -> str:
    """Rule, quoted words and address of a lead; an officer rewrites it."""
    why = str(hit.hit.explanation.get("zh", ""))
    return f"监测线索 {hit.hit.rule_id}：{why}\n原文：{hit.hit.quote}\n网址：{hit.page.final_url}"[:SHOWN_TEXT]


def require_system(system: str) -> None:
    """Refuse the name of a system that is none.

    Raises:
        InputError: it is none.
    """
    if system not in SYSTEMS:
        raise InputError(f"expected one of {', '.join(SYSTEMS)}, got {system[:40]!r}", hint="从页面重新打开。")


def send(
    context: Context, who: SignedIn, system: str, given: Mapping[str, str], *, shop_id: int, hit_id: int | None
) -> str:
    """Write down what an officer sends; it is delivered within seconds.

    Args:
        given: the fields of the form, in the words of the system's ``message`` module.

    Returns:
        its id.

    Raises:
        NotFoundError, InputError: as ``draft``. WriteBackError: something lacks.

    Effects: tables ``linked_post``, ``audit``.
    """
    require_system(system)
    connector = connectors(context.settings)[system]
    with context.database.write() as session:
        hit = read_hit(session, who.scope, hit_id) if hit_id is not None else None
        shop = hit.shop if hit is not None else find_shop(session, who.scope, shop_id)
        basis = basis_of_shop(session, shop)
        what: dict[str, object] = {
            **given,
            "cause": f"hit:{hit.hit.id}" if hit is not None else _cause(system, shop, given),
            "subject_code": basis.code if basis.subject_id is not None else "",
            "shop_id": shop.id,
            "shop_url": shop.url,
            "shop_name": shop.name,
            "platform": shop.platform,
        }
        if hit is not None:
            what |= {"rule": hit.hit.rule_id, "url": hit.page.final_url, "evidence_id": hit.evidence_id or ""}
        return connector.write_back(session, what, actor=who.scope.name, at=context.now())


def _cause(system: str, shop: Shop, given: Mapping[str, str]) -> str:
    """A decision is told once by its number, a shop once by its address, a remark once by its words."""
    if system == "penalty":
        return f"decision:{given.get('number', '').strip()}"
    if system == "registration":
        return f"shop:{shop.id}"
    return f"shop:{shop.id}:{given.get('text', '').strip()[:60]}"


def pull_now(context: Context, who: SignedIn, system: str) -> None:
    """Let the next turn ask a system at once.

    Raises:
        InputError: no such system.

    Effects: tables ``linked_state``, ``audit``.
    """
    require_system(system)
    with context.database.write() as session:
        state.ask_now(state.of_system(session, system))
        audit.append(
            session, actor=who.scope.name, action="linked.pull-now", at=context.now(), object_type="linked_state",
            object_id=system,
        )  # fmt: skip


def judge_fault(context: Context, who: SignedIn, fault_id: int, decision: str, reason: str) -> None:
    """An officer asks for a row once more, or dismisses it with a reason.

    Raises:
        NotFoundError: no such row for this person. InputError: no such decision, no reason, or no key to ask by.

    Effects: tables ``linked_fault``, ``audit``.
    """
    with context.database.write() as session:
        found = linked.find_fault(session, who.scope, fault_id)
        if decision == "again":
            if not fault.try_again(session, found, actor=who.scope.name, at=context.now()):
                raise InputError(
                    "expected a waiting row with a key, got another", hint="该行没有可用的主键，只能忽略。"
                )
        elif decision == "dismiss" and reason.strip():
            fault.dismiss(session, found, actor=who.scope.name, reason=reason.strip(), at=context.now())
        else:
            raise InputError("expected again, or dismiss with a reason", hint="请写明理由。")


def send_again(context: Context, who: SignedIn, post_id: str) -> None:
    """An officer sends again what was refused or given up, under its id.

    Raises:
        NotFoundError: no such message for this person.

    Effects: tables ``linked_post``, ``audit``.
    """
    with context.database.write() as session:
        post.send_again(session, linked.find_post(session, who.scope, post_id), actor=who.scope.name, at=context.now())
