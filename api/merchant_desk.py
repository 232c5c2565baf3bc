"""What a merchant does on the portal, each in its own transaction; the network is asked outside of any.

A look goes out at once, in the request: who has just written a record wants to know now.
"""

from dataclasses import dataclass

from api.context import Context
from api.errors import BusyError
from api.merchant_auth import MerchantSignedIn
from identity_verify import approval, badge_holding, recheck
from identity_verify.application import Wish, apply, own_application
from identity_verify.badge_keys import open_keys
from identity_verify.control import Fetcher, Outcome
from identity_verify.errors import NotReadyError
from identity_verify.proving import may_look, see, settle
from identity_verify.site_claims import (
    Claim,
    add_site,
    challenge_of,
    drop_site,
    held_claim,
    held_claims,
    renew_token,
)
from kernel.models import MerchantAccount
from pipeline.merchant_shops import watch_claimed
from pipeline.probe import Probe


@dataclass(frozen=True, slots=True)
class Desk:
    """One merchant at the portal."""

    context: Context
    merchant: MerchantSignedIn

    def apply(self, wish: Wish) -> int:
        """Begin an application or change its draft; a draft that has sites is handed in again. Returns its number.

        Raises:
            CodeError, CodeUnknownError, SubjectEndedError, OtherFirmError, NotReadyError: as
                ``identity_verify.application.apply``.

        Effects: tables of applications.
        """
        at = self.context.now()
        with self.context.database.write() as session:
            account = session.get_one(MerchantAccount, self.merchant.account_id)
            row = apply(session, account, wish, at=at)
            if row.state == "draft" and held_claims(session, row.id):
                approval.submit(session, row, actor=self.merchant.actor, at=at)
                badge_holding.ensure_badge(
                    session, open_keys(self.context.settings), row, actor=self.merchant.actor, at=at
                )
            return row.id

    def add_site(self, application_id: int, claim: Claim) -> int:
        """Claim a site; the first one hands the application in. Returns the claim's number.

        Effects: tables of applications; a shop on a platform is put under watch.
        """
        at = self.context.now()
        with self.context.database.write() as session:
            row = own_application(session, self.merchant.account_id, application_id, lock=True)
            site = add_site(session, row, claim, actor=self.merchant.actor, at=at)
            if row.state == "draft" and row.approval != "refused":
                approval.submit(session, row, actor=self.merchant.actor, at=at)
            watch_claimed(session, site, at=at)
            return site.id

    def drop_site(self, application_id: int, claim_id: int) -> None:
        """Take a site out; the badge no longer names it.

        Effects: tables of applications and badges.
        """
        at = self.context.now()
        with self.context.database.write() as session:
            row = own_application(session, self.merchant.account_id, application_id, lock=True)
            claim = held_claim(session, row.id, claim_id, lock=True)
            drop_site(session, row, claim, actor=self.merchant.actor, at=at)
            session.flush()
            recheck.follow(session, open_keys(self.context.settings), row, at=at)

    def renew_token(self, application_id: int, claim_id: int) -> None:
        """A new token for a site. Effects: tables of applications."""
        at = self.context.now()
        with self.context.database.write() as session:
            row = own_application(session, self.merchant.account_id, application_id, lock=True)
            claim = held_claim(session, row.id, claim_id, lock=True)
            renew_token(session, row, claim, actor=self.merchant.actor, at=at)

    def check(self, application_id: int, claim_id: int, method: str, fetcher: Fetcher | None = None) -> Outcome:
        """Look now; when it is the proof that was missing, the badge comes with it.

        Raises:
            TooOftenError: a look came just before. NotReadyError: no such method. BusyError: too many at once.

        Effects: connections to the merchant's site; tables of applications and badges.
        """
        at, delegate = self.context.now(), self.context.settings.identity_delegate
        if method not in {"dns", "file", "meta", "cname", "shop", "icp"}:
            raise NotReadyError("expected a method of proof, got another word", hint="请从页面上选择证明方法。")
        with self.context.database.read() as session:
            row = own_application(session, self.merchant.account_id, application_id)
            claim = held_claim(session, row.id, claim_id)
            may_look(session, claim, at=at)
            challenge = challenge_of(claim, delegate)
        if not self.context.looks.acquire(blocking=False):
            raise BusyError("expected a free place to look, got none", hint="同时检查的人太多，请几秒后再试。")
        try:
            seen = see(method, challenge, fetcher or Probe(self.context.settings), at=at)
        finally:
            self.context.looks.release()
        keys = open_keys(self.context.settings)
        with self.context.database.write() as session:
            row = own_application(session, self.merchant.account_id, application_id, lock=True)
            claim = held_claim(session, row.id, claim_id, lock=True)
            watch_claimed(session, claim, at=at)
            outcome = settle(session, row, claim, method, seen, delegate=delegate, occasion="asked", at=at)
            recheck.weigh(session, keys, row, claim, outcome, at=at)
            if approval.advance(session, row, actor=self.merchant.actor, at=at):
                badge_holding.ensure_badge(session, keys, row, actor=self.merchant.actor, at=at)
        return outcome

    def withdraw(self, application_id: int) -> None:
        """End one's own application; its badge is revoked.

        Effects: tables of applications and badges.
        """
        at = self.context.now()
        with self.context.database.write() as session:
            row = own_application(session, self.merchant.account_id, application_id, lock=True)
            keys = open_keys(self.context.settings)
            badge_holding.revoke(session, keys, row, actor=self.merchant.actor, reason="withdrawn", at=at)
