"""Errors of the linked systems."""

from kernel.errors import WangjianError


class LinkedError(WangjianError):
    """Base of the errors of linked systems."""

    code = "exchange.linked"


class SourceUnavailableError(LinkedError):
    """A linked system did not answer, or answered that it cannot just now. It is asked again."""

    code = "exchange.linked_unavailable"


class SourceFormError(LinkedError):
    """A linked system answered with something that is not in the agreed form. Nothing of it was taken."""

    code = "exchange.linked_form"


class SourceRefusedError(LinkedError):
    """A linked system will not have what was asked or sent; the same again will not help."""

    code = "exchange.linked_refused"


class DropFileError(LinkedError):
    """A file that a system dropped is too large, dangerous or not readable. Nothing of it was taken."""

    code = "exchange.linked_file"


class WebhookError(LinkedError):
    """A webhook call that is not signed by the system it names, too old, or repeated."""

    code = "exchange.linked_webhook"


class WriteBackError(LinkedError):
    """What should be written back lacks what the linked system needs."""

    code = "exchange.linked_write_back"
