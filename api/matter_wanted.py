"""The form of sending a lead or case to another authority."""

from typing import Literal

from pydantic import BaseModel, Field

Code = Field(default="", max_length=20)


class Wanted(BaseModel):
    """To whom a lead or case shall go; empty places are those our records say.

    Attributes:
        way: the superior, or whoever has it by the table. subject: of the table; empty: as our records say.
        is_set: the places are those of the form, also the empty ones.
    """

    way: Literal["superior", "competent"] = "superior"
    subject: str = Code
    actual: str = Code
    registered: str = Code
    domicile: str = Code
    publicised: str = Code
    platform: str = Code
    publisher: str = Code
    advertiser: str = Code
    first_at: str = Code
    address_is_dead: bool = False
    is_set: bool = False
    reason: str = Field(default="", max_length=1000)
