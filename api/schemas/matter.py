"""Forms of telling others of a lead or case, and of what was told."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.matter_desk import Preview
from api.matter_wanted import Wanted
from api.queries.matters import MatterDetail, ToldView
from api.row_number import RowNumber
from api.schemas.base import In, Out
from kernel.models import CaseFile, ToldMatter

Code = Field(default="", max_length=20)


class TellIn(In):
    """As ``Wanted``; with ``preview`` nothing is sent, and the answer says what would be."""

    way: Literal["superior", "competent"] = "superior"
    subject: str = Code
    places: dict[str, str] = Field(default_factory=dict, max_length=7)
    first_at: str = Code
    address_is_dead: bool = False
    reason: str = Field(default="", max_length=1000)
    preview: bool = False

    def wanted(self) -> Wanted:
        """As the page's form has it."""
        known = {name: code[:20] for name, code in self.places.items() if name in Wanted.model_fields}
        given = self.model_dump(exclude={"places", "preview"})
        return Wanted.model_validate({**given, **known, "is_set": bool(self.places)})


class PreviewOut(Out):
    """To whom it goes by which rule, and which fields, sealed or left out."""

    to: str
    basis: str
    reachable: bool
    is_new: bool
    sealed: list[str]
    left_out: list[str]
    fields: dict[str, object]
    evidence: list[dict[str, object]]
    messages: list[str]

    @classmethod
    def of(cls, found: Preview, messages: tuple[str, ...] = ()) -> "PreviewOut":
        """From the desk's preview."""
        return cls(
            to=found.address.to if found.address else "",
            basis=found.address.basis if found.address else found.problem,
            reachable=found.is_reachable,
            is_new=found.is_new,
            sealed=[one.name for one in found.fields if one.is_sealed],
            left_out=[one.name for one in found.fields if one.is_left_out],
            fields=dict(found.content.payload),
            evidence=[dict(one.payload) for one in found.evidence],
            messages=list(messages),
        )


class MatterOut(Out):
    """One telling, out or in; ``content`` holds what came in plain."""

    id: int
    direction: str
    kind: str
    key: str
    object_id: str
    other: str
    unit: str
    version: int
    op: str
    state: str
    way: str
    basis: str
    reason: str
    message_id: str
    content: dict[str, object]
    sealed: list[str]
    shop_id: int | None
    subject_id: int | None
    at: datetime
    changed_at: datetime

    @classmethod
    def row(cls, row: ToldMatter) -> "MatterOut":
        """From the record."""
        return cls.model_validate(row)


class WaitOut(Out):
    """What a message that is not there yet waits for; as ``api.queries.waits.Wait``."""

    cause: str
    peer: str
    since: datetime
    tries: int
    code: str
    error: str
    next_at: datetime | None


class ToldOut(Out):
    """A telling of ours, and what became of its newest message."""

    matter: MatterOut
    progress: str
    outcome: str
    error_code: str
    rows: list[dict[str, object]]
    evidence: int
    wait: WaitOut | None

    @classmethod
    def of(cls, view: ToldView) -> "ToldOut":
        """From the read model."""
        message = view.message
        return cls(
            matter=MatterOut.row(view.row),
            progress=view.progress,
            outcome=message.outcome if message else "",
            error_code=view.error_code,
            rows=list(message.rows) if message else [],
            evidence=len(view.evidence),
            wait=WaitOut.model_validate(view.wait) if view.wait else None,
        )


class MattersOut(Out):
    """A slice of what was told."""

    total: int
    next_before: str | None
    facets: dict[str, dict[str, int]]
    matters: list[MatterOut]


class MatterDetailOut(Out):
    """What another organisation told us, with its evidence and the receipts we gave."""

    matter: MatterOut
    evidence: list[MatterOut]
    receipts: list[str]

    @classmethod
    def of(cls, detail: MatterDetail) -> "MatterDetailOut":
        """From the read model."""
        return cls(
            matter=MatterOut.row(detail.row),
            evidence=[MatterOut.row(one) for one in detail.evidence],
            receipts=[receipt.kind for receipt in detail.receipts],
        )


class CaseOut(Out):
    """One case."""

    id: int
    number: str
    title: str
    state: str
    cause: str
    laws: list[str]
    decision: str
    filed_on: date
    due_on: date | None
    subject_code: str
    subject_name: str
    region: str
    shop_id: int | None
    hit_id: int | None
    officers: list[str]
    at: datetime
    changed_at: datetime

    @classmethod
    def row(cls, row: CaseFile) -> "CaseOut":
        """From the record."""
        return cls.model_validate(row)


class CasesOut(Out):
    """A slice of the list of cases."""

    total: int
    next_before: str | None
    facets: dict[str, dict[str, int]]
    cases: list[CaseOut]


class CaseIn(In):
    """A case to be filed; at least two officers by account."""

    number: str = Field(max_length=60)
    title: str = Field(max_length=400)
    cause: str = Field(default="", max_length=400)
    hit_id: RowNumber | None = None
    region: str = Field(default="", pattern=r"^([0-9]{6})?$")
    officers: list[str] = Field(max_length=20)


class StepIn(In):
    """The next state of a case, with the reason; of a decision, what was decided."""

    state: str = Field(max_length=20)
    reason: str = Field(max_length=2000)
