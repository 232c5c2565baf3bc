"""The record of authorisation in a package: on what ground, by whom captured, by whom sealed, which officers.

Spec: 行政处罚法 (2021) 第42条 (not fewer than two officers, with certificates); 第41条 (technical monitoring).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evidence.errors import MalformedError
from evidence.redaction import TIME
from kernel.crypto import canonical_json

KINDS = ("case", "task")
LEAST_OFFICERS = 2
TEXTS = ("basis", "captured_by", "case_number", "issued_by", "kind", "number", "sealed_by", "valid_from", "valid_to")
OFFICER_TEXTS = ("approved_at", "certificate_number", "name", "unit")


@dataclass(frozen=True, slots=True)
class Approval:
    """One officer who approved. approved_at: RFC 3339 text in UTC with microseconds."""

    name: str
    certificate_number: str
    unit: str
    approved_at: str


@dataclass(frozen=True, slots=True)
class Authorisation:
    """What ``meta/authority.json`` says.

    Attributes:
        kind: ``case`` or ``task``. case_number: empty where there is none. captured_by, sealed_by: accounts.
        valid_from, valid_to: RFC 3339 text in UTC with microseconds.
    """

    kind: str
    number: str
    basis: str
    issued_by: str
    valid_from: str
    valid_to: str
    captured_by: str
    sealed_by: str
    case_number: str = ""
    officers: tuple[Approval, ...] = ()

    def render(self) -> bytes:
        """The record in its one form."""
        return canonical_json(asdict(self)) + b"\n"


def parse(data: bytes) -> Authorisation:
    """Read the record.

    Raises:
        MalformedError: not in its one form.
    """
    try:
        value = json.loads(data)
        officers = value.pop("officers")
        found = Authorisation(
            **_texts(value, TEXTS), officers=tuple(Approval(**_texts(item, OFFICER_TEXTS)) for item in officers)
        )
        again = found.render()  # fails on half of a pair of signs, which JSON can hold and no text
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MalformedError(f"expected a record of authorisation, got {error}") from error
    if again != data:
        raise MalformedError("expected a record of authorisation in its one form, got another")
    return found


def _texts(value: Any, keys: tuple[str, ...]) -> dict[str, str]:
    if set(value) != set(keys) or not all(isinstance(value[key], str) for key in keys):
        raise ValueError(f"the keys {sorted(value)}")
    return {key: value[key] for key in keys}


def check(record: Authorisation) -> None:
    """The record keeps the rules.

    Raises:
        MalformedError: says which rule it breaks.
    """
    if record.kind not in KINDS or not all((record.number, record.basis, record.captured_by, record.sealed_by)):
        raise MalformedError(f"expected a {' or '.join(KINDS)} with number, basis and accounts, got {record.kind!r}")
    if record.captured_by == record.sealed_by:
        raise MalformedError(f"expected two accounts to capture and to seal, got {record.captured_by} for both")
    if not all(TIME.fullmatch(text) for text in (record.valid_from, record.valid_to)):
        raise MalformedError(f"expected times of validity, got {record.valid_from!r} and {record.valid_to!r}")
    if record.valid_from > record.valid_to:
        raise MalformedError(f"expected {record.valid_from} before {record.valid_to}")
    _check_officers(record)


def require_custody(record: Authorisation, records: Sequence[Mapping[str, object]], capture_sha256: str) -> None:
    """Custody knows the record's people: who captured, and that each officer approved that very capture.

    Args:
        records: the chain of custody, which folds. capture_sha256: of ``meta/capture.json``, hex.

    Raises:
        MalformedError: it does not; names who.
    """
    captured = [one for one in records if one["action"] == "captured"]
    seen = captured[-1]["object_sha256"] if captured else ""
    if captured and captured[-1]["actor"] != record.captured_by:
        raise MalformedError(f"expected a capture by {record.captured_by} in custody, got {captured[-1]['actor']!r}")
    if seen not in ("", capture_sha256):
        raise MalformedError(f"expected the capture {capture_sha256[:12]} in custody, got {str(seen)[:12]}")
    approved = [(one["at"], one["object_sha256"], one["detail"]) for one in records if one["action"] == "approved"]
    for one in record.officers:
        if (one.approved_at, seen, approval_detail(record, one)) not in approved:
            raise MalformedError(f"expected the approval of this capture by {one.name} in custody, got none")


def approval_detail(record: Authorisation, officer: Approval) -> dict[str, str]:
    """What the custody event of an approval says."""
    return {
        "authorisation": record.number,
        "case_number": record.case_number,
        "certificate_number": officer.certificate_number,
        "name": officer.name,
        "unit": officer.unit,
    }


def _check_officers(record: Authorisation) -> None:
    officers = record.officers
    if len(officers) < LEAST_OFFICERS and (officers or record.kind == "case"):
        raise MalformedError(f"expected {LEAST_OFFICERS} officers, got {len(officers)}")
    certificates = [one.certificate_number for one in officers]
    if len(set(certificates)) != len(certificates) or not all(one.name and one.certificate_number for one in officers):
        raise MalformedError("expected different officers with names and certificate numbers, got one twice")
    for one in officers:
        approved = one.approved_at
        if not TIME.fullmatch(approved) or not record.valid_from <= approved <= record.valid_to:
            raise MalformedError(f"expected an approval of {one.name} in the time of validity, got {approved!r}")
