"""Errors of a capture. Each code is part of the line protocol."""

from collections.abc import Mapping

from kernel.errors import WangjianError


class CaptureError(WangjianError):
    """A capture that could not be made; ``code`` is one of the codes of ``crawlers.capture.__main__``."""

    code = "capture.failed"

    def __init__(self, word: str, message: str, *, hint: str = "", context: Mapping[str, object] | None = None) -> None:
        super().__init__(message, hint=hint, context=context)
        self.code = f"capture.{word}"
