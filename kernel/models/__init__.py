"""Every table, one noun a file. Importing this package registers all of them."""

from kernel.models.audit import AuditEntry
from kernel.models.badge import Badge, BadgeKey, BadgeSighting, BadgeToken
from kernel.models.evidence import CustodyEvent, Evidence
from kernel.models.exchange import (
    BatchStamp,
    BusinessVersion,
    Delivery,
    Hop,
    Message,
    Peer,
    Receipt,
    ReceiptSheet,
    Stream,
    Transfer,
)
from kernel.models.frontier import FrontierEntry
from kernel.models.job import Job
from kernel.models.linked import LinkedEvent, LinkedFault, LinkedPost, LinkedRecord, LinkedState
from kernel.models.listing import FactVersion, Listing
from kernel.models.log import LogCheckpoint, LogFault, LogLeaf
from kernel.models.matter import CaseFile, ToldMatter
from kernel.models.merchant import (
    Application,
    ApplicationEvent,
    ControlProof,
    IcpFiling,
    LicenceLink,
    MerchantAccount,
    MerchantSession,
    SiteClaim,
)
from kernel.models.officer import Approval, Authorisation, Officer
from kernel.models.offline_package import OfflinePackage, OfflineRelease
from kernel.models.outbox import OutboxEntry
from kernel.models.page import Page
from kernel.models.quality import QualityFinding, QualityOwner, QualityRun
from kernel.models.reconciliation import Difference, Reconciliation, ReconciliationStep
from kernel.models.rule_hit import RuleHit
from kernel.models.saved_search import SavedSearch
from kernel.models.shop import Shop
from kernel.models.store import Deletion, LegalHold, ScrubFinding, StoredObject
from kernel.models.subject import (
    ShopIdentity,
    Subject,
    SubjectClaim,
    SubjectLink,
    SubjectName,
    SubjectNameKey,
    SubjectTask,
)
from kernel.models.subscription import Change, ChangeCounter, Notice, Subscription
from kernel.models.user import User, UserSession
from kernel.models.visit import Visit

__all__ = [
    "Application",
    "ApplicationEvent",
    "Approval",
    "AuditEntry",
    "Authorisation",
    "Badge",
    "BadgeKey",
    "BadgeSighting",
    "BadgeToken",
    "BatchStamp",
    "BusinessVersion",
    "CaseFile",
    "Change",
    "ChangeCounter",
    "ControlProof",
    "CustodyEvent",
    "Deletion",
    "Delivery",
    "Difference",
    "Evidence",
    "FactVersion",
    "FrontierEntry",
    "Hop",
    "IcpFiling",
    "Job",
    "LegalHold",
    "LicenceLink",
    "LinkedEvent",
    "LinkedFault",
    "LinkedPost",
    "LinkedRecord",
    "LinkedState",
    "Listing",
    "LogCheckpoint",
    "LogFault",
    "LogLeaf",
    "MerchantAccount",
    "MerchantSession",
    "Message",
    "Notice",
    "Officer",
    "OfflinePackage",
    "OfflineRelease",
    "OutboxEntry",
    "Page",
    "Peer",
    "QualityFinding",
    "QualityOwner",
    "QualityRun",
    "Receipt",
    "ReceiptSheet",
    "Reconciliation",
    "ReconciliationStep",
    "RuleHit",
    "SavedSearch",
    "ScrubFinding",
    "Shop",
    "ShopIdentity",
    "SiteClaim",
    "StoredObject",
    "Stream",
    "Subject",
    "SubjectClaim",
    "SubjectLink",
    "SubjectName",
    "SubjectNameKey",
    "SubjectTask",
    "Subscription",
    "ToldMatter",
    "Transfer",
    "User",
    "UserSession",
    "Visit",
]
