"""Errors of search."""

from collections.abc import Sequence

from kernel.errors import WangjianError


class SearchError(WangjianError):
    """Any failure of search."""

    code = "search.error"


class QueryError(SearchError):
    """A query that cannot be understood.

    Args:
        reason: end of the code, for instance ``unclosed_quote`` (code ``search.query_unclosed_quote``).
        position: where in the query, in code points from 0.
        expected: what should have stood there.
        found: what stood there instead.
        hint: what the person can write instead, zh-CN then English.
    """

    code = "search.query"

    def __init__(self, reason: str, position: int, expected: str, found: str, *, hint: str) -> None:
        message = f"expected {expected} at character {position + 1}, got {found}"
        context = {"position": position, "expected": expected, "found": found}
        super().__init__(message, hint=hint, context=context)
        self.code = f"search.query_{reason}"
        self.position = position
        self.expected = expected


class RequestError(SearchError):
    """A search request with a part that does not exist (facet, sort, size)."""

    code = "search.bad_request"


class CursorError(SearchError):
    """A cursor that was not made by us for this order."""

    code = "search.bad_cursor"


class OffsetTooDeepError(SearchError):
    """An offset beyond what both engines can jump to; a cursor goes further."""

    code = "search.offset_too_deep"


class SearchUnavailableError(SearchError):
    """The engine does not answer; nothing that waits in the outbox is lost."""

    code = "search.unavailable"


class WriterBusyError(SearchError):
    """Another process is writing the embedded index and did not finish in time."""

    code = "search.writer_busy"


class IndexStaleError(SearchError):
    """The index was made with another dictionary, another schema or another Unicode version."""

    code = "search.index_stale"


class GenerationError(SearchError):
    """A rebuild that is no longer the one in progress."""

    code = "search.generation"


class DocumentsRejectedError(SearchError):
    """The engine took some documents and refused others.

    Args:
        rejected: (listing id, reason) of each refused document.
    """

    code = "search.documents_rejected"

    def __init__(self, rejected: Sequence[tuple[int, str]]) -> None:
        self.rejected = tuple(rejected)
        first = f"{self.rejected[0][0]}: {self.rejected[0][1]}" if self.rejected else "none"
        super().__init__(
            f"expected every document to be taken, got {len(self.rejected)} refused (first: {first})",
            hint="The others are indexed; the refused ones stay in the outbox. Read the reasons, mend the facts.",
            context={"ids": [listing_id for listing_id, _ in self.rejected]},
        )
