"""What a signed-in person does at the exchange: releases of packages, subscriptions, notices."""

from api.approvals import require_own_password
from api.auth import SignedIn
from api.context import Context
from api.queries.notices import find_notice
from api.queries.offline_packages import find_package
from api.queries.subscriptions import find_subscription
from exchange import notice
from exchange.offline import outgoing
from exchange.subscribe import contract
from exchange.subscribe.contract import Wish
from kernel import audit
from kernel.models import Notice, OfflinePackage, Subscription


def release_package(context: Context, who: SignedIn, package: str, password: str) -> OfflinePackage:
    """The signed-in officer agrees that a package leaves, with the password entered anew.

    Raises:
        InputError: another password. NotFoundError. Errors of ``exchange.offline.outgoing.release``.

    Effects: tables ``offline_release``, ``offline_package``, ``audit``, ``user``.
    """
    require_own_password(context, who, password)
    with context.database.write() as session:
        find_package(session, who.scope, package)
        return outgoing.release(session, package, account=who.scope.name, at=context.now())


def withdraw_package(context: Context, who: SignedIn, package: str) -> None:
    """Take back a package that was not released.

    Raises:
        NotFoundError. Errors of ``exchange.offline.outgoing.withdraw``.

    Effects: files; tables ``offline_package``, ``offline_release``, ``audit``.
    """
    with context.database.write() as session:
        find_package(session, who.scope, package)
        outgoing.withdraw(session, package, actor=who.scope.name, at=context.now())


def ask_subscription(context: Context, who: SignedIn, wish: Wish) -> int:
    """Enter a subscription that a department asks for; its number.

    Raises:
        Errors of ``exchange.subscribe.contract.ask``.

    Effects: tables ``subscription``, ``audit``.
    """
    with context.database.write() as session:
        return contract.ask(session, wish, actor=who.scope.name, at=context.now()).id


def decide_subscription(context: Context, who: SignedIn, subscription_id: int, verb: str, reason: str) -> Subscription:
    """Approve, refuse, pause, resume or end a subscription.

    Raises:
        NotFoundError. Errors of ``exchange.subscribe.contract.move``.

    Effects: tables ``subscription``, ``notice``, ``audit``.
    """
    with context.database.write() as session:
        find_subscription(session, who.scope, subscription_id)
        return contract.move(session, subscription_id, verb, actor=who.scope.name, reason=reason, at=context.now())


def open_notice(context: Context, who: SignedIn, notice_id: int) -> Notice:
    """A notice, noted as read by whoever opens it first.

    Raises:
        NotFoundError.

    Effects: table ``notice``.
    """
    with context.database.write() as session:
        row = find_notice(session, who.scope, notice_id)
        notice.read(session, row.id, by=who.scope.name, at=context.now())
        session.flush()
        session.expunge(row)
        return row


def end_notice(context: Context, who: SignedIn, notice_id: int) -> None:
    """The matter is settled.

    Raises:
        NotFoundError.

    Effects: tables ``notice``, ``audit``.
    """
    with context.database.write() as session:
        row = find_notice(session, who.scope, notice_id)
        if notice.done(session, [row.key], at=context.now()):
            audit.append(
                session, actor=who.scope.name, action="notice.done", object_type="notice", object_id=row.id,
                detail={"key": row.key}, at=context.now(),
            )  # fmt: skip
