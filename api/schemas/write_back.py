"""The form of writing back to a linked system."""

from pydantic import BaseModel, Field

from api.row_number import RowNumber


class WriteBack(BaseModel):
    """What an officer writes; which fields are needed is said by the system's ``message`` module.

    Attributes:
        record_key: the complaint a note is for. text: a note or a hint. The others are the summary of a decision.
    """

    system: str = Field(max_length=20)
    shop_id: RowNumber
    hit_id: RowNumber | None = None
    record_key: str = Field(default="", max_length=100)
    text: str = Field(default="", max_length=4000)
    number: str = Field(default="", max_length=100)
    party_name: str = Field(default="", max_length=200)
    act: str = Field(default="", max_length=300)
    content: str = Field(default="", max_length=2000)
    authority: str = Field(default="", max_length=200)
    decided_on: str = Field(default="", max_length=10)
    note: str = Field(default="", max_length=1000)
