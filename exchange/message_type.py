"""The types of messages, and what holds for each whatever its payload."""

from dataclasses import dataclass

from exchange.errors import ClassificationError, EnvelopeError, SchemaUnknownError

OPS = ("UPSERT", "VOID", "QUERY")
CLASSIFICATIONS = ("public", "internal", "sensitive")


@dataclass(frozen=True, slots=True)
class MessageType:
    """One type.

    Attributes:
        name: as in the envelope. zh, en: for people. stream: the line it is sent on unless the draft names another.
        least: least classification its content deserves. years: how long a receiver keeps it.
    """

    name: str
    zh: str
    en: str
    stream: str
    least: str = "internal"
    years: int = 5


_ALL = (
    MessageType("IDENTITY_REPORT", "经营者身份信息报送", "identity report", "identity", "sensitive", 3),
    MessageType("LEAD", "违法线索", "lead", "lead"),
    MessageType("EVIDENCE_META", "证据元数据", "evidence metadata", "evidence"),
    MessageType("CASE", "案件", "case", "case"),
    MessageType("PENALTY", "行政处罚", "penalty", "penalty", "public"),
    MessageType("COMPLAINT", "投诉举报", "complaint", "complaint", "sensitive", 3),
    MessageType("RECALL", "召回", "recall", "recall", "public"),
    MessageType("SUBJECT", "市场主体", "market subject", "subject", "public"),
    MessageType("TRANSFER", "移送", "transfer", "transfer"),
    MessageType("ASSIST", "协查", "request for assistance", "assist"),
    MessageType("RECEIPT", "回执", "receipt", "receipt", "public"),
    MessageType("KEYS", "密钥更换", "change of keys", "keys", "public"),
    MessageType("RECON", "对账", "reconciliation", "recon", "public"),
)
TYPES = {found.name: found for found in _ALL}


def message_type(name: str) -> MessageType:
    """The type of that name.

    Raises:
        SchemaUnknownError: there is none.
    """
    found = TYPES.get(name)
    if found is None:
        raise SchemaUnknownError(f"expected one of {', '.join(TYPES)}, got {name!r}")
    return found


def check_op(op: str) -> None:
    """Raises: EnvelopeError when it is none of the operations."""
    if op not in OPS:
        raise EnvelopeError(f"expected one of {', '.join(OPS)}, got {op!r}")


def check_classification(name: str, classification: str) -> None:
    """Refuse what may not travel, and what is marked lower than its type asks.

    Spec: 保守国家秘密法 (state secrets never travel on this line).

    Raises:
        ClassificationError: secret, unknown, or too low.
    """
    if classification not in CLASSIFICATIONS:
        raise ClassificationError(
            f"expected one of {', '.join(CLASSIFICATIONS)}, got {classification!r}",
            hint="涉密信息不得经本系统传输 State secrets must not be sent here.",
        )
    least = message_type(name).least
    if CLASSIFICATIONS.index(classification) < CLASSIFICATIONS.index(least):
        raise ClassificationError(f"expected {name} to be at least {least}, got {classification}")
