"""Static files, cached for good under an address that holds their digest."""

from typing import Any

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from api.errors import NotFoundError
from api.ui.rendering import STATIC

HIDDEN = "vendor/replaywebpage"


class StaticFolder(StaticFiles):
    """Our style, script and htmx. The replay player is served by the replay origin alone."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, with a long life in the cache when it is asked for by digest."""
        if path.startswith(HIDDEN):
            raise NotFoundError("expected a file of the interface, got one of the replay origin")
        response: Any = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response  # type: ignore[no-any-return]
