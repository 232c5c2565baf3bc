"""Base of every error the product raises on purpose.

A package derives its own errors in its ``errors.py``. The ``code`` is stable and is what
machines, tests and the HTTP layer look at; the message says what was expected and what came;
the ``hint`` says what a person can do next.
"""

from collections.abc import Mapping


class WangjianError(Exception):
    """An expected failure with a stable code.

    Args:
        message: what was expected and what came, one sentence.
        hint: the next step for the person who reads it.
        context: plain values for logs and JSON; never secrets.
    """

    code = "kernel.error"

    def __init__(self, message: str, *, hint: str = "", context: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = dict(context or {})

    def as_dict(self) -> dict[str, object]:
        """The error as JSON-ready values (code, message, hint, context)."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "context": self.context}


class ConfigError(WangjianError):
    """A setting is missing or cannot be used."""

    code = "kernel.config"


class ClockError(WangjianError):
    """A time without a zone, or a clock that cannot be trusted."""

    code = "kernel.clock"


class DatabaseUnavailableError(WangjianError):
    """The database is gone, locked or has the wrong schema."""

    code = "kernel.database_unavailable"


class QueueUnavailableError(WangjianError):
    """Redis or the job queue does not answer."""

    code = "kernel.queue_unavailable"


class IdentifierError(WangjianError):
    """An identifier does not have the form its standard asks for."""

    code = "kernel.identifier"


class AuditBrokenError(WangjianError):
    """The audit chain does not verify."""

    code = "kernel.audit_broken"
