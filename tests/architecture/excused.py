"""Modules without a test file of their own, each with the test that covers it and why that is better."""

from pathlib import Path

BROWSER = "needs a real Chromium; one browser for all of it keeps the suite quick"
HTTP = "seen from outside only: the test asks over HTTP and looks at status, body and records"
SCOPE = "a query is right when list, figure and detail agree for every mix of roles, so one test holds them all"
RUN = "runs processes; the whole job on a real installation shows it, also killed at random points"

GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # test that covers, reason, modules
    (
        "tests/unit/crawlers/reading/test_facts.py",
        "plain values without behaviour; their limits are where they are made",
        ("kernel/facts.py",),
    ),
    (
        "tests/unit/evidence/log/test_publisher.py",
        "parts of publishing: seen by what is published, refused, mended or reported when each goes wrong",
        ("evidence/log/projection.py", "evidence/log/turn.py"),
    ),
    (
        "tests/integration/test_verify_corpus.py",
        "each step is right when hundreds of tampered packages get the same answer from two verifiers",
        (
            "evidence/inspection.py",
            *(
                f"evidence/steps/{noun}.py"
                for noun in ("captured", "contents", "logged", "people", "renewed", "stamped", "told")
            ),
        ),
    ),
    (
        "tests/unit/evidence/test_seal.py",
        "the first half of sealing: seen by the package that comes out, or by what is refused",
        ("evidence/bag.py",),
    ),
    (
        "tests/contract/test_store_life.py",
        "one contract over SQLite and PostgreSQL, with files and with S3 stores",
        tuple(
            f"evidence/{name}.py"
            for name in (
                "copies",
                "restore",
                "scrub",
                "store_lock",
                "store_pair",
                "stored_object",
                "unknown_object",
            )
        ),
    ),
    (
        "tests/unit/pipeline/test_cli_store.py",
        "a job of one loop: seen by what the command that starts it says and records",
        ("pipeline/stage_scrub.py",),
    ),
    (
        "tests/unit/pipeline/test_nursery.py",
        "the child's side of a nursery: seen by what its children write, and by how they end",
        ("pipeline/newborn.py",),
    ),
    (
        "tests/contract/test_subjects.py",
        "one contract over SQLite and PostgreSQL: extracts in any order, contradictions, one live edge",
        tuple(f"identity_verify/{name}.py" for name in ("claims", "links", "naming", "subjects", "tasks")),
    ),
    (
        "tests/contract/test_shop_link.py",
        "one contract over SQLite and PostgreSQL: linked, asked, decided, never undone by a machine",
        tuple(f"identity_verify/{name}.py" for name in ("registered_names", "review", "shop_link", "shown_identity")),
    ),
    (
        "tests/unit/exchange/test_inbox.py",
        "parts of taking in: seen by what is stored, answered and refused when messages come in any order or changed",
        ("exchange/effect.py", "exchange/message_row.py", "exchange/opening.py"),
    ),
    (
        "tests/unit/exchange/test_relay.py",
        "the two ends of a line: what one installation seals, sends and is told, the other takes, answers or passes on",
        tuple(f"exchange/{noun}.py" for noun in ("acknowledgement", "forwarding", "gateway", "sealing")),
    ),
    (
        "tests/unit/exchange/test_suite.py",
        "the algorithms below one suite: the test signs, seals and compares with openssl and published examples",
        ("exchange/sm.py",),
    ),
    (
        "tests/unit/exchange/reconcile/test_run.py",
        "parts of a comparison: seen by what two whole installations find, sign, mend and write down",
        ("exchange/reconcile/desk.py", "exchange/reconcile/record.py"),
    ),
    (
        "tests/unit/exchange/reconcile/test_streams.py",
        "the way over the exchange: seen by two installations that compare, sign and mend with real keys and messages",
        ("exchange/reconcile/correspondence.py",),
    ),
    (
        "tests/unit/exchange/test_folder_line.py",
        "a duty of one call: seen by what goes through a shared folder",
        ("pipeline/folder_duty.py",),
    ),
    (
        "tests/unit/exchange/offline/test_opening.py",
        "the form of a package: right when every changed byte, name and size of a whole package is refused",
        ("exchange/offline/manifest.py",),
    ),
    (
        "tests/unit/exchange/offline/test_incoming.py",
        "keys and receipts: seen by packages that go from one installation to another and are answered",
        ("exchange/offline/hand.py", "exchange/offline/receipt.py"),
    ),
    (
        "tests/unit/exchange/test_front_box.py",
        "how files of others are opened: seen by links, pipes and giants in a shared folder",
        ("exchange/plain_file.py",),
    ),
    ("tests/contract/test_ledger.py", "one contract over SQLite and PostgreSQL", ("evidence/log/ledger.py",)),
    ("tests/contract/test_jobs.py", "one contract over SQLite and PostgreSQL, with a real Redis", ("kernel/jobs.py",)),
    (
        "tests/unit/kernel/test_schema.py",
        "tables without behaviour: the test compares them with the migrations",
        tuple(
            f"kernel/models/{noun}.py"
            for noun in (
                "audit",
                "badge",
                "evidence",
                "exchange",
                "frontier",
                "job",
                "linked",
                "listing",
                "log",
                "matter",
                "merchant",
                "officer",
                "offline_package",
                "outbox",
                "page",
                "quality",
                "reconciliation",
                "rule_hit",
                "saved_search",
                "shop",
                "store",
                "subject",
                "subscription",
                "user",
                "visit",
            )
        ),
    ),
    (
        "tests/unit/identity_verify/test_badges.py",
        "a verdict is seen by what a check says at each step of a badge's life",
        ("identity_verify/badge_check.py", "identity_verify/badge_holder.py"),
    ),
    (
        "tests/unit/api/test_badges.py",
        HTTP,
        (
            "api/badge_desk.py",
            "api/badge_door.py",
            "api/queries/badges.py",
            "api/routes/badges.py",
            "api/schemas/badge.py",
            "api/ui/views/badge_office.py",
            "api/ui/views/badges.py",
        ),
    ),
    (
        "tests/unit/pipeline/test_badge_duty.py",
        "files are right when what the duty writes is read back by those who check it",
        ("identity_verify/badge_files.py",),
    ),
    (
        "tests/integration/capture/test_archive.py",
        BROWSER,
        tuple(
            f"crawlers/capture/{name}.py"
            for name in (
                "bundle",
                "development",
                "look",
                "overheard",
                "record",
                "recorder",
                "records",
                "traffic",
                "visit",
            )
        ),
    ),
    ("tests/integration/capture/test_second_look.py", BROWSER, ("crawlers/capture/second_look.py",)),
    (
        "tests/unit/crawlers/capture/test_node.py",
        "the two ends of one line: what one node sends is what the other must refuse or believe",
        ("crawlers/capture/second_node.py",),
    ),
    (
        "tests/integration/test_crawl_shop.py",
        "the thread between reactor and database: only a real crawl shows its order of events",
        ("crawlers/spiders/clerk.py",),
    ),
    (
        "tests/integration/test_main_job.py",
        RUN,
        tuple(
            f"pipeline/{name}.py"
            for name in ("cli_run", "cli_worker", "publishing", "stage_capture", "stage_judge", "stage_watch", "worker")
        ),
    ),
    (
        "tests/unit/api/test_visibility.py",
        SCOPE,
        tuple(
            f"api/queries/{name}.py"
            for name in (
                "audit_trail",
                "evidence",
                "facts",
                "hits",
                "jobs",
                "listings",
                "overview",
                "saved_searches",
                "scope",
                "shops",
                "slices",
                "users",
            )
        ),
    ),
    (
        "tests/unit/api/test_json_api.py",
        HTTP,
        (
            "api/app.py",
            "api/context.py",
            "api/listing_export.py",
            "api/packages.py",
            "api/queries/listing_search.py",
            "api/rule_trial.py",
            *(
                f"api/routes/{name}.py"
                for name in ("administration", "evidence", "jobs", "listings", "session", "shops")
            ),
            *(
                f"api/schemas/{name}.py"
                for name in ("base", "evidence", "fact", "hit", "job", "listing", "overview", "shop", "user")
            ),
        ),
    ),
    (
        "tests/unit/api/test_retention.py",
        HTTP,
        ("api/queries/retention.py", "api/ui/views/retention.py"),
    ),
    (
        "tests/unit/exchange/quality/test_standing.py",
        "where stored rows come from: seen by what the night finds in them",
        ("exchange/quality/sources.py", "exchange/quality/stored.py"),
    ),
    (
        "tests/unit/exchange/quality/test_desk.py",
        "figures over findings: right when decisions and deadlines show in them",
        ("exchange/quality/scorecard.py",),
    ),
    (
        "tests/unit/api/test_quality.py",
        HTTP,
        ("api/quality_desk.py", "api/queries/quality.py", "api/ui/views/quality.py"),
    ),
    (
        "tests/unit/api/test_writing_back.py",
        HTTP,
        ("api/queries/linked.py", "api/routes/linked.py", "api/schemas/write_back.py", "api/ui/views/linked.py"),
    ),
    (
        "tests/unit/api/test_subjects.py",
        HTTP,
        ("api/queries/matches.py", "api/queries/subjects.py", "api/ui/subject_graph.py", "api/ui/views/subjects.py"),
    ),
    (
        "tests/unit/api/test_exchange_console.py",
        HTTP,
        ("api/queries/exchange.py", "api/ui/views/exchange.py"),
    ),
    (
        "tests/unit/api/test_transfers_page.py",
        HTTP,
        ("api/queries/transfers.py", "api/ui/views/transfers.py"),
    ),
    (
        "tests/unit/api/test_matters.py",
        HTTP,
        (
            "api/matter_desk.py",
            "api/queries/matters.py",
            "api/routes/matters.py",
            "api/matter_wanted.py",
            "api/schemas/matter.py",
            "api/ui/views/matters.py",
        ),
    ),
    ("tests/unit/api/test_cases.py", HTTP, ("api/queries/cases.py", "api/ui/views/cases.py")),
    (
        "tests/unit/api/test_exchange_desk.py",
        HTTP,
        (
            *(f"api/queries/{name}.py" for name in ("notices", "offline_packages", "reconciliations", "subscriptions")),
            "api/ui/views/reconciliation.py",
            "api/ui/views/subscriptions.py",
        ),
    ),
    (
        "tests/unit/api/test_merchant_portal.py",
        HTTP,
        (
            "api/application_decision.py",
            "api/merchant_access.py",
            "api/merchant_auth.py",
            "api/merchant_desk.py",
            "api/queries/applications.py",
            "api/ui/views/applications.py",
            "api/ui/views/merchant_portal.py",
        ),
    ),
    ("tests/unit/api/test_merchant_recovery.py", HTTP, ("api/ui/views/merchant_recovery.py",)),
    (
        "tests/unit/pipeline/test_licence_duty.py",
        "queries around the check: seen by the tasks that the duty opens and closes",
        ("identity_verify/licence_record.py",),
    ),
    ("tests/integration/test_log_readers.py", HTTP, ("api/routes/log.py",)),
    ("tests/unit/api/test_verifier.py", HTTP, ("api/routes/verifier.py",)),
    ("tests/unit/api/test_session.py", HTTP, ("api/session_cookie.py", "api/ui/views/session.py")),
    (
        "tests/unit/api/test_pages.py",
        HTTP,
        (
            "api/guard.py",
            *(
                f"api/ui/views/{name}.py"
                for name in (
                    "audit",
                    "evidence",
                    "hits",
                    "jobs",
                    "listings",
                    "overview",
                    "rules",
                    "search",
                    "shops",
                    "static_files",
                    "users",
                    "watches",
                )
            ),
        ),
    ),
)
# Unit tests that mirror no module, because what they hold lies across several.
ACROSS = {
    "tests/unit/api/test_vendor.py": "files of others that the interface ships",
    "tests/unit/supervision/rules/test_exemptions.py": "exemptions of all rule files",
    "tests/unit/supervision/rules/test_golden.py": "golden sentences over all rule files",
}


def covering() -> dict[Path, Path]:
    """Excused module to the test that covers it."""
    return {Path(module): Path(test) for test, _, modules in GROUPS for module in modules}
