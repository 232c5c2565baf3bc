"""Orders as they come in on standard input."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from crawlers.capture.errors import CaptureError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Viewport(_Strict):
    """Size of the window in CSS pixels."""

    width: int = Field(default=1280, ge=240, le=3840)
    height: int = Field(default=900, ge=240, le=2160)


class Options(_Strict):
    """How to capture.

    Attributes:
        locale, timezone: of the browser.
        timeout_s: wall time of the whole capture; 0 means ``Settings.capture_timeout_s``.
        accept_bad_tls: an officer ordered the capture although the certificate is bad.
        purpose: why, in words; quoted in ``meta/capture.json``.
        second_look: whether the address is also fetched without the browser, and by the second node if there is one.
        order: what the caller wants quoted beside it: officers, authorisation, case.
    """

    viewport: Viewport = Viewport()
    locale: str = Field(default="zh-CN", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    timezone: str = Field(default="Asia/Shanghai", pattern=r"^[A-Za-z0-9_+/-]{1,64}$")
    timeout_s: float = Field(default=0, ge=0, le=600)
    accept_bad_tls: bool = False
    second_look: bool = False
    purpose: str = Field(default="", max_length=4_000)
    order: dict[str, str] = Field(default_factory=dict)


class Beacon(_Strict):
    """What proves that the capture began later than a moment, or why there is nothing.

    Attributes:
        note: newest witnessed checkpoint, as text. tsa: short name of the service that stamped it.
        response: RFC 3161 response over the SHA-256 of ``note``, DER in base64. at: its time, RFC 3339.
        reason: why there is none; then the rest is empty.
    """

    note: str = Field(default="", max_length=100_000)
    tsa: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9-]{0,30})?$")
    response: Base64Bytes = Field(default=b"", max_length=200_000)
    at: str = Field(default="", max_length=40)
    reason: str = Field(default="", max_length=1_000)

    @model_validator(mode="after")
    def _is_whole_or_none(self) -> "Beacon":
        if len({bool(self.note), bool(self.tsa), bool(self.response), not self.reason}) != 1:
            raise ValueError("expected note, tsa and response, or a reason")
        return self


class Checkpoint(_Strict):
    """A snapshot that was committed while the capture ran: of which try, how many bytes, their SHA-256 (hex)."""

    started_at: str = Field(max_length=40)
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class _Addressed(_Strict):
    id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    url: str = Field(max_length=8_000)
    options: Options = Options()

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, url: str) -> str:
        parts = urlsplit(url)
        _ = parts.port  # raises on a port that is no number
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("expected an http or https address with a host")
        if parts.username is not None or parts.password is not None:
            raise ValueError("expected an address without user name and password")
        if any(sign in url for sign in "\r\n\t \x00\\"):
            raise ValueError("expected an address without blanks, control characters or backslashes")
        return url


class _Placed(_Addressed):
    out: Path

    @field_validator("out")
    @classmethod
    def _is_absolute(cls, out: Path) -> Path:
        if not out.is_absolute() or ".." in out.parts:
            raise ValueError("expected an absolute path without '..'")
        return out


class CaptureOrder(_Placed):
    """Fix a page as files below ``out``, which must be an absolute path.

    Attributes:
        beacon: what is laid beside the tape before the page is asked for.
    """

    op: Literal["capture"]
    beacon: Beacon = Beacon(reason="none was handed over")


class RecoverOrder(_Placed):
    """Make a PARTIAL capture of what an interrupted one left beside ``out``.

    Attributes:
        checkpoints: all that were committed for this evidence; the tape must agree with those of its try.
    """

    op: Literal["recover"]
    checkpoints: tuple[Checkpoint, ...] = ()


class RenderOrder(_Addressed):
    """Load a page and answer with its DOM; writes nothing."""

    op: Literal["render"]


class QuitOrder(_Strict):
    """End the worker when the orders before this one are done."""

    op: Literal["quit"]


Order = CaptureOrder | RecoverOrder | RenderOrder | QuitOrder
_ORDER: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="op")])


def parse_order(line: bytes) -> Order:
    """One line of standard input.

    Raises:
        CaptureError: ``bad_url`` where only the address is wrong, else ``bad_order``; the context
            carries ``id`` where one could be read.
    """
    try:
        return _ORDER.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        word = "bad_url" if first["loc"] and first["loc"][-1] == "url" else "bad_order"
        raise CaptureError(
            word,
            f"expected an order, got a wrong value at {place or 'the line'}: {first['msg']}",
            hint="See the line protocol in crawlers/capture/__main__.py.",
        ) from error
