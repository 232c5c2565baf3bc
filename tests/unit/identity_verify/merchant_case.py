"""One merchant with an account, on a network of paper, under a clock of the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity_verify import approval, badge_holding, recheck
from identity_verify.application import Wish, any_application, apply
from identity_verify.badge_keys import BadgeKeys
from identity_verify.control import Outcome
from identity_verify.icp_filing import import_table
from identity_verify.proving import see, settle
from identity_verify.registry_extract import RegistryExtract
from identity_verify.site_claims import Claim, add_site, challenge_of, held_claim
from identity_verify.subjects import take_extract
from kernel.db import Database
from kernel.models import Application, ApplicationEvent, Badge, MerchantAccount, SiteClaim
from pipeline.recheck_duty import Rechecks
from tests.servers.paper_net import PaperNet

DELEGATE = "challenge.wangjian.example"
HOST = "www.qinghe.example"
NUMBER = "沪ICP备2026000001号"
ACTOR = "merchant:qinghe"


@dataclass
class Case:
    """Records, keys, network, clock, and the numbers of what was made."""

    database: Database
    keys: BadgeKeys
    extract: RegistryExtract
    at: datetime
    net: PaperNet = field(default_factory=PaperNet)
    application_id: int = 0
    account_id: int = 0

    def __post_init__(self) -> None:
        with self.database.write() as session:
            take_extract(session, self.extract, at=self.at)
            self.account_id = self.add_account(session, "qinghe")

    def add_account(self, session: Session, name: str) -> int:
        """Another account."""
        account = MerchantAccount(name=name, created_at=self.at)
        session.add(account)
        session.flush()
        return account.id

    @property
    def wish(self) -> Wish:
        """What the firm would enter."""
        return Wish(self.extract.code, self.extract.name, self.extract.persons[0][1], "general", certified=True)

    def apply(self, **more: object) -> int:
        """Begin an application."""
        with self.database.write() as session:
            account = session.get_one(MerchantAccount, self.account_id)
            wish = replace(self.wish, **more)  # type: ignore[arg-type]
            self.application_id = apply(session, account, wish, at=self.at).id
        return self.application_id

    def add(self, address: str = f"https://{HOST}/", **more: object) -> int:
        """Claim a site."""
        claim = Claim(address, **more)  # type: ignore[arg-type]
        with self.locked() as (session, application):
            return add_site(session, application, claim, actor=ACTOR, at=self.at).id

    def submit(self) -> None:
        """Hand it in."""
        with self.locked() as (session, application):
            approval.submit(session, application, actor=ACTOR, at=self.at)

    @contextmanager
    def locked(self) -> Iterator[tuple[Session, Application]]:
        """A write session with the application in it."""
        with self.database.write() as session:
            yield session, any_application(session, self.application_id, lock=True)

    def check(self, claim_id: int, method: str = "dns") -> Outcome:
        """A merchant presses the button: look, write down, go on, issue."""
        with self.database.read() as session:
            challenge = challenge_of(held_claim(session, self.application_id, claim_id), DELEGATE)
        seen = see(method, challenge, self.net, at=self.at)
        with self.locked() as (session, application):
            claim = held_claim(session, self.application_id, claim_id)
            outcome = settle(session, application, claim, method, seen, delegate=DELEGATE, occasion="asked", at=self.at)
            recheck.weigh(session, self.keys, application, claim, outcome, at=self.at)
            if approval.advance(session, application, actor=ACTOR, at=self.at):
                badge_holding.ensure_badge(session, self.keys, application, actor=ACTOR, at=self.at)
        return outcome

    def place_record(self, claim_id: int, name: str = "") -> None:
        """The merchant writes the TXT record."""
        token = self.claim(claim_id).token
        host = name or self.claim(claim_id).host
        self.net.texts[f"_scjg-challenge.{host}"] = (f"token={token}",)

    def file_icp(self, code: str = "", domain: str = "qinghe.example") -> None:
        """The firm's filing is in the table, and its number on the home page."""
        table = f"number,holder_code,domains\n{NUMBER},{code or self.extract.code},{domain}\n"
        with self.database.write() as session:
            import_table(session, table.encode(), source_ref="test", actor="test", at=self.at)
        self.net.serve(f"https://{HOST}/", f"<footer>{NUMBER}-1</footer>")

    def issued(self) -> int:
        """All of it, to the badge; the claim's number."""
        self.file_icp()
        self.apply()
        claim_id = self.add()
        self.submit()
        self.place_record(claim_id)
        assert self.check(claim_id).ok
        assert self.state == "issued"
        return claim_id

    def change(self, **more: object) -> None:
        """The registry says something else."""
        self.extract = replace(self.extract, source_at=self.at, source_ref=f"reg-{self.at}", **more)  # type: ignore[arg-type]
        with self.database.write() as session:
            take_extract(session, self.extract, at=self.at)

    def turn(self) -> int:
        """One round of the standing duty."""
        return Rechecks(self.database, self.keys, self.net, DELEGATE).turn(self.at)

    def run_until(self, end: datetime) -> None:
        """Let the duty do its rounds, from one due look to the next."""
        while True:
            with self.database.read() as session:
                query = select(SiteClaim.next_probe_at).where(SiteClaim.next_probe_at.is_not(None))
                times = [item for item in session.execute(query).scalars() if item is not None]
            if not times or min(times) > end:
                self.at = end
                return
            self.at = max(self.at + timedelta(seconds=1), min(times))
            self.turn()

    def application(self) -> Application:
        """As it is now."""
        with self.database.read() as session:
            return any_application(session, self.application_id)

    def claim(self, claim_id: int) -> SiteClaim:
        """As it is now."""
        with self.database.read() as session:
            return session.get_one(SiteClaim, claim_id)

    def badge(self) -> Badge:
        """As it is now."""
        with self.database.read() as session:
            return session.get_one(Badge, self.application().badge_id)

    @property
    def state(self) -> str:
        """Of the application."""
        return self.application().state

    def events(self) -> list[str]:
        """What happened, in order."""
        with self.database.read() as session:
            query = select(ApplicationEvent.event).where(ApplicationEvent.application_id == self.application_id)
            return list(session.execute(query.order_by(ApplicationEvent.id)).scalars())
