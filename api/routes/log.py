"""The witnessed log for anybody: its checkpoint and tiles, as files, so that its readers need not trust us.

Spec: C2SP tlog-tiles (APIs).
"""

from fastapi import APIRouter, Response

from api.access import allow
from api.context import Ctx
from api.errors import NotFoundError
from api.policy import Permission
from evidence.log.tiles import CHECKPOINT, public_file

# Its form is that of a standard of its own, so the description of the JSON API leaves it out.
router = APIRouter(prefix="/log", include_in_schema=False)


def _file(context: Ctx, name: str, kind: str, cache: str) -> Response:
    data = public_file(context.settings.log_path(), name)
    if data is None:
        raise NotFoundError("expected a checkpoint or tile of the log, got none under that name")
    return Response(data, media_type=kind, headers={"Cache-Control": cache})


@router.get("/checkpoint", dependencies=[allow(Permission.PUBLIC)])
def checkpoint(context: Ctx) -> Response:
    """The newest witnessed checkpoint: a signed note."""
    return _file(context, CHECKPOINT, "text/plain; charset=utf-8", "public, max-age=5")


@router.get("/tile/{name:path}", dependencies=[allow(Permission.PUBLIC)])
def tile(context: Ctx, name: str) -> Response:
    """A tile of hashes (``0/000``) or entries (``entries/000``), whole or partial (``0/000.p/7``). It never changes."""
    return _file(context, f"tile/{name}", "application/octet-stream", "public, max-age=31536000, immutable")
