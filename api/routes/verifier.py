"""The browser's verifier and the published trust list, for anybody.

A package that is dropped on the page is read by the browser alone; nothing of it comes here.
"""

from fastapi import APIRouter, Response

from api.access import allow
from api.context import Context, Ctx
from api.errors import NotFoundError
from api.policy import Permission
from evidence import trust
from evidence.verifier import page

router = APIRouter(include_in_schema=False)


def _published(context: Context) -> dict[str, str]:
    """The files of the trust list by name; empty before the first seal."""
    folder = context.settings.trust_path()
    if not (folder / trust.LIST_NAME).is_file():
        return {}
    listed = trust.load(folder)
    roots = {anchor.file_name() for anchor in listed.anchors}
    names = {trust.LIST_NAME} | roots | {key.file_name() for key in listed.note_keys}
    return {name: (folder / name).read_text("utf-8") for name in sorted(names)}


@router.get("/verifier", dependencies=[allow(Permission.PUBLIC)])
def verifier(context: Ctx) -> Response:
    """The verifier as a page; the same file, saved, works without a network."""
    headers = {"Content-Security-Policy": f"{page.policy()}; frame-ancestors 'none'"}
    return Response(page.html(_published(context)), media_type="text/html; charset=utf-8", headers=headers)


@router.get("/trust/{name}", dependencies=[allow(Permission.PUBLIC)])
def trust_file(context: Ctx, name: str) -> Response:
    """A file of the trust list: ``trust.json`` or one of the PEM files that it names."""
    found = _published(context).get(name)
    if found is None:
        raise NotFoundError("expected a file of the published trust list, got another name")
    kind = "application/json" if name == trust.LIST_NAME else "application/x-pem-file"
    return Response(found, media_type=kind)
