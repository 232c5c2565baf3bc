"""Settings: one object, read from the environment (``WANGJIAN_…``) and ``wangjian.env``.

Every default runs on one machine with nothing installed by hand. A URL moves one part to scale.
"""

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


def _split(value: object) -> object:
    """Accept ``a,b`` for a tuple setting, as people write it in an environment file."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


TextTuple = Annotated[tuple[str, ...], NoDecode]
NumberTuple = Annotated[tuple[PositiveFloat, ...], NoDecode]


class Settings(BaseSettings):
    """All settings of the product.

    Attributes:
        data_dir: everything the product writes, unless a URL says otherwise.
        database_url: SQLAlchemy URL; empty means SQLite (WAL) in ``data_dir``.
        redis_url: empty means a private redis-server in ``data_dir``.
        elasticsearch_url: empty means the embedded engine in ``data_dir``.
        elasticsearch_index: alias name of the listing index.
        evidence_store_url: empty means files in ``data_dir/evidence``; ``s3://bucket/prefix`` else.
        evidence_copy_url: a second store, to which every sealed package is copied: a folder that is there, or
            ``s3://bucket/prefix`` (of the same S3 account); empty means none.
        scrub_days: within this many days every stored object is hashed again.
        retention_years: storage term of evidence from its seal on; at least five.
        s3_endpoint_url: only for S3 services other than the default one.
        s3_access_key, s3_secret_key: the account at the S3 service; never logged.
        tsa_urls: two or more RFC 3161 services, in the form ``name=url``.
        tsa_ca_dir: PEM roots, ``<name>.pem`` for each TSA; trust comes from here, never from a package. Beside it
            ``<name>.crl``, its revocation list; keep an old root's last list in it (PEM) until the next renewal.
        tsa_test_trust: names of TSAs that are simulators; reported as test trust, never court trust.
        witness_urls: witnesses of the log, in the form ``name=url`` (prefix of ``/add-checkpoint``).
        witness_keys_dir: pinned verifier keys, ``<name>.vkey`` for each witness.
        witness_test_trust: names of witnesses that are simulators; reported as test trust.
        witness_quorum: how many witnesses must cosign before anything is sealed; 0 seals without, and says so.
        keys_dir: signing keys and certificates of this installation; empty means ``data_dir/keys``.
        log_name: name of this installation's log in its checkpoints, used when its key is made; empty means one
            drawn from the key.
        seal_key_uri, report_key_uri: key of the signer, ``pkcs11:token=…;object=…`` or ``file:/path``; empty means
            the built-in authority's.
        seal_chain_file, report_chain_file: PEM of the signer's certificate and those above it, root last; empty
            means that the built-in authority certifies the key.
        pkcs11_module: library of the token. pkcs11_pin, pkcs11_pin_file: PIN of its user; never logged.
        trust_list: path of the trust list a verifier uses; empty means ``keys_dir/trust``.
        user_agent: honest name of the crawler, with a contact.
        egress_allow: ``host:port`` pairs or CIDR blocks that are let through although not global.
        egress_hosts: ``name=address`` pairs that are resolved here and not by DNS (test hosts).
        identity_resolver: ``address:port`` of the resolver that merchants' names are asked of first; empty means the
            system's. identity_dns_port: port of the zones' own servers. identity_probe_s: seconds for one look.
        identity_delegate: the name below which merchants' CNAME records point; a zone of this installation.
        identity_licence_hosts: hosts (with port, where they have one) of the 亮照 system that shops link to.
        extra_ca_file: PEM of additional roots for crawled sites (test hosts); recorded when used.
        chromium_path: empty means look for the system's Chromium, then Playwright's own.
        chromium_sandbox: off only where the process runs as root; recorded in each capture.
        capture_timeout_s: wall time of one capture.
        node_key_file: key of this capture node, given to the capture worker; its certificates lie beside it.
            Empty means the one in ``keys_dir``.
        beacon_max_age_s: captures within this many seconds share one beacon, so that timestamp quotas survive.
        ntp_servers: ``name`` or ``name:port`` of time servers; three must agree, else the clock counts as not checked.
        second_look: ``always``, ``orders`` (captures an officer ordered) or ``never``: also fetch without the browser.
        second_node_url, second_node_token_file, second_node_root_file: another capture node that looks too, the file
            of its token, and the PEM root its signature must lead to; second_node_timeout_s: what it may take.
        badge_days: longest term of a badge's token; the first proof that ends may make it shorter.
        badge_key_days: after this many days another key signs badges.
        badge_requests_per_minute: what one address may ask of the public badge pages and API; 0 means no limit.
        exchange_org: code of the organisation this installation works for (000000, 310000, 310115, 31011501).
        exchange_suites: signature suites for the exchange, preferred first: ``ed25519-sha256``, ``es256-sha256``,
            ``sm2-sm3`` (needs the extra ``sm``); with each peer the first one that it has too is agreed.
        exchange_batch: messages in one call at most. exchange_retry_after_s: seconds before each further try.
        exchange_max_tries: refusals after which a message is a dead letter.
        exchange_timeout_s: of one call. exchange_ca_file: PEM of roots of peers, beside the system's.
        exchange_report_up: what is reported to the superior with the decision itself: ``LEAD`` (confirmed leads),
            ``CASE`` (decided cases), with the metadata of their evidence; empty: nothing without a hand.
        exchange_cards_dir: folder of cards of peers (``*.json``) that an administrator put there; they are entered.
        exchange_stamp_every_s, exchange_stamp_backlog: the exchange log is timestamped this often; with more messages
            than seven tenths of the backlog without a timestamp an alarm is raised.
        renewal_days: packages are stamped anew this many days before what proves their time ends.
        linked_registration_url, linked_penalty_url, linked_complaint12315_url, linked_credit_url: the four linked
            systems; empty: not linked, or by files only.
        linked_registration_token, linked_penalty_token, linked_complaint12315_token, linked_credit_token: the account
            at each; never logged.
        linked_registration_folder, linked_penalty_folder, linked_complaint12315_folder, linked_credit_folder: where
            each drops files; empty: none.
        linked_registration_secret, linked_penalty_secret, linked_complaint12315_secret, linked_credit_secret: what each
            signs its webhook calls with; empty: it may not call.
        linked_pull_s: seconds between two pulls of a system. linked_timeout_s: of each wait of a call to it.
        retry_after_s: seconds before each further try of a capture or its sealing; when they are used up an
            order has failed for the page's faults, and goes on at the last pace for ours (services, disk, browser).
        visit_max_pages, visit_max_bytes, visit_max_seconds, visit_max_depth: budgets of one visit.
        page_max_bytes, page_timeout_s: budgets of one page.
        host_delay_s: least seconds between two requests to one host.
        host_concurrency: requests in flight to one host.
        web_host, web_port, replay_port: the interface and its separate replay origin.
        replay_url: address of the replay origin, on a host name of its own (cookies do not tell ports
            apart); ``https://*.replay.example`` gives each piece of evidence an origin of its own. Empty
            means the replay port: on loopback below ``<evidence>.localhost``, else on the interface's host.
        public_url: address printed in reports and links; empty means http://web_host:web_port.
        session_hours: life of a sign-in.
        log_json: one JSON line an event on standard error.
    """

    model_config = SettingsConfigDict(env_prefix="WANGJIAN_", env_file="wangjian.env", extra="forbid", frozen=True)

    data_dir: Path = ROOT / "var"
    database_url: str = ""
    redis_url: str = ""
    elasticsearch_url: str = ""
    elasticsearch_index: str = "wangjian-listings"
    evidence_store_url: str = ""
    evidence_copy_url: str = ""
    scrub_days: float = Field(default=30, gt=0)
    retention_years: int = Field(default=5, ge=5, le=100)
    s3_endpoint_url: str = ""
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")
    tsa_urls: TextTuple = ()
    tsa_ca_dir: str = ""
    tsa_test_trust: TextTuple = ()
    witness_urls: TextTuple = ()
    witness_keys_dir: str = ""
    witness_test_trust: TextTuple = ()
    witness_quorum: int = Field(default=1, ge=0, le=16)
    keys_dir: str = ""
    log_name: str = ""
    seal_key_uri: str = ""
    report_key_uri: str = ""
    seal_chain_file: str = ""
    report_chain_file: str = ""
    pkcs11_module: str = ""
    pkcs11_pin: SecretStr = SecretStr("")
    pkcs11_pin_file: str = ""
    trust_list: str = ""
    user_agent: str = "WangjianBot/0.1 (+https://wangjian.example/bot; contact: ops@wangjian.example)"
    egress_allow: TextTuple = ()
    egress_hosts: TextTuple = ()
    identity_resolver: str = ""
    identity_dns_port: int = Field(default=53, gt=0, lt=65536)
    identity_probe_s: float = Field(default=8.0, gt=0, le=60)
    identity_delegate: str = "challenge.wangjian.example"
    identity_licence_hosts: TextTuple = ("zzlz.gsxt.gov.cn",)
    extra_ca_file: str = ""
    chromium_path: str = ""
    chromium_sandbox: bool = True
    capture_timeout_s: float = Field(default=60.0, gt=0)
    node_key_file: str = ""
    beacon_max_age_s: float = Field(default=60.0, gt=0)
    ntp_servers: TextTuple = ()
    second_look: Literal["always", "orders", "never"] = "always"
    second_node_url: str = ""
    second_node_token_file: str = ""
    second_node_root_file: str = ""
    second_node_timeout_s: float = Field(default=20.0, gt=0)
    badge_days: int = Field(default=30, ge=1, le=366)
    badge_key_days: int = Field(default=90, ge=1, le=1_000)
    badge_requests_per_minute: int = Field(default=600, ge=0)
    exchange_org: str = Field(default="310000", pattern=r"^([0-9]{6}|[0-9]{8}|[A-Z][0-9A-Z-]{2,19})$")
    exchange_suites: TextTuple = ("ed25519-sha256", "es256-sha256")
    exchange_batch: int = Field(default=200, ge=1, le=1_000)
    exchange_retry_after_s: NumberTuple = (5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0)
    exchange_max_tries: int = Field(default=10, ge=1, le=100)
    exchange_timeout_s: float = Field(default=30.0, gt=0)
    exchange_ca_file: str = ""
    exchange_report_up: Annotated[tuple[Literal["LEAD", "CASE"], ...], NoDecode] = ()
    exchange_cards_dir: str = ""
    exchange_stamp_every_s: float = Field(default=60.0, gt=0)
    exchange_stamp_backlog: int = Field(default=100_000, ge=10)
    renewal_days: int = Field(default=90, ge=1, le=3650)
    linked_registration_url: str = ""
    linked_registration_token: SecretStr = SecretStr("")
    linked_registration_folder: str = ""
    linked_registration_secret: SecretStr = SecretStr("")
    linked_penalty_url: str = ""
    linked_penalty_token: SecretStr = SecretStr("")
    linked_penalty_folder: str = ""
    linked_penalty_secret: SecretStr = SecretStr("")
    linked_complaint12315_url: str = ""
    linked_complaint12315_token: SecretStr = SecretStr("")
    linked_complaint12315_folder: str = ""
    linked_complaint12315_secret: SecretStr = SecretStr("")
    linked_credit_url: str = ""
    linked_credit_token: SecretStr = SecretStr("")
    linked_credit_folder: str = ""
    linked_credit_secret: SecretStr = SecretStr("")
    linked_pull_s: float = Field(default=30.0, gt=0, le=300)
    linked_timeout_s: float = Field(default=10.0, gt=0)
    retry_after_s: NumberTuple = (10.0, 60.0, 300.0, 1_800.0, 3_600.0)
    visit_max_pages: int = Field(default=2_000, gt=0)
    visit_max_bytes: int = Field(default=500_000_000, gt=0)
    visit_max_seconds: float = Field(default=3_600.0, gt=0)
    visit_max_depth: int = Field(default=6, ge=0)
    page_max_bytes: int = Field(default=8_000_000, gt=0)
    page_timeout_s: float = Field(default=20.0, gt=0)
    host_delay_s: float = Field(default=1.0, ge=0)
    host_concurrency: int = Field(default=1, gt=0)
    web_host: str = "127.0.0.1"
    web_port: int = 8600
    replay_port: int = 8601
    replay_url: str = ""
    public_url: str = ""
    session_hours: float = Field(default=8.0, gt=0)
    log_json: bool = False

    _split_tuples = field_validator(
        "ntp_servers",
        "tsa_urls",
        "tsa_test_trust",
        "witness_urls",
        "witness_test_trust",
        "egress_allow",
        "egress_hosts",
        "identity_licence_hosts",
        "exchange_suites",
        "exchange_report_up",
        "exchange_retry_after_s",
        "retry_after_s",
        mode="before",
    )(_split)

    def sqlalchemy_url(self) -> str:
        """The database URL, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'wangjian.db'}"

    def keys_path(self) -> Path:
        """Folder of this installation's keys."""
        return Path(self.keys_dir) if self.keys_dir else self.data_dir / "keys"

    def trust_path(self) -> Path:
        """Folder of the trust list (roots of signers and TSAs, log and witness keys)."""
        return Path(self.trust_list) if self.trust_list else self.keys_path() / "trust"

    def log_path(self) -> Path:
        """Folder of the witnessed log's tiles; all in it is public."""
        return self.data_dir / "tlog"

    def badges_path(self) -> Path:
        """Folder of the public files about badges: status lists and the daily dump."""
        return self.data_dir / "badges"

    def pages_path(self) -> Path:
        """Folder of the crawl's WARC files."""
        return self.data_dir / "pages"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
