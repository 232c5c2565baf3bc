"""The rules, and a box to try a text against them."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from api.access import allow
from api.context import Ctx
from api.policy import Permission
from api.rule_trial import TRIAL_FIELDS, try_text
from api.ui.rendering import is_fragment, page
from supervision.rules.rule_catalogue import load_catalogue

router = APIRouter(include_in_schema=False)


@router.get("/rules", dependencies=[allow(Permission.RULE_TRY)])
def rules(request: Request) -> HTMLResponse:
    """All rules with law, exemptions and warnings."""
    catalogue = load_catalogue()
    return page(
        request, "rules.html", rules=[catalogue.rules[key] for key in sorted(catalogue.rules)], fields=TRIAL_FIELDS,
        tried="", field="description", category="", results=None,
    )  # fmt: skip


@router.post("/rules/try", dependencies=[allow(Permission.RULE_TRY)])
def trial(
    request: Request,
    context: Ctx,
    tried: Annotated[str, Form()] = "",
    field: Annotated[str, Form()] = "description",
    category: Annotated[str, Form(max_length=200)] = "",
) -> HTMLResponse:
    """What the rules say of a text."""
    results = try_text(tried, field=field, category=category, at=context.now())
    if is_fragment(request):
        return page(request, "fragments/trial.html", results=results)
    catalogue = load_catalogue()
    return page(
        request, "rules.html", rules=[catalogue.rules[key] for key in sorted(catalogue.rules)], fields=TRIAL_FIELDS,
        tried=tried, field=field, category=category, results=results,
    )  # fmt: skip
