"""Errors of the interface and how every error of the house becomes an HTTP answer.

Spec: RFC 9457 (problem details) for ``/api``; a page in the reader's language elsewhere.
"""

from dataclasses import dataclass

from kernel.errors import WangjianError

PROBLEM_TYPE = "application/problem+json"


class NotSignedInError(WangjianError):
    """The request carries no valid sign-in."""

    code = "api.not_signed_in"


class SignInFailedError(WangjianError):
    """Name, password or ticket is wrong, or the account is off or locked. It never says which."""

    code = "api.sign_in_failed"


class ForbiddenError(WangjianError):
    """The signed-in person's roles do not allow this."""

    code = "api.forbidden"


class CsrfError(WangjianError):
    """An unsafe request did not prove that it comes from our own pages."""

    code = "api.csrf"


class HostError(WangjianError):
    """The request names a host that is not this installation's."""

    code = "api.host"


class NotFoundError(WangjianError):
    """No such object, or none that this person may see: the two look alike on purpose."""

    code = "api.not_found"


class InputError(WangjianError):
    """A form or parameter was not understood; ``context['fields']`` maps field to reason."""

    code = "api.input"


class ConflictError(WangjianError):
    """The object is not in a state that allows this."""

    code = "api.conflict"


class TooLargeError(WangjianError):
    """The request body is larger than allowed."""

    code = "api.too_large"


class BusyError(WangjianError):
    """Too many at once; try again soon."""

    code = "api.busy"


class TooManyError(WangjianError):
    """One address asked for more than its share."""

    code = "api.too_many"


class UndeclaredRouteError(WangjianError):
    """A route does not say which permission it needs. The application does not start."""

    code = "api.undeclared_route"


STATUS_OF_CODE = {
    "api.not_signed_in": 401,
    "api.sign_in_failed": 401,
    "api.forbidden": 403,
    "api.csrf": 403,
    "api.host": 421,
    "api.not_found": 404,
    "api.input": 422,
    "api.conflict": 409,
    "api.too_large": 413,
    "api.busy": 503,
    "api.too_many": 429,
    "kernel.database_unavailable": 503,
    "kernel.queue_unavailable": 503,
    "kernel.identifier": 422,
    "crawl.address": 422,
    "pipeline.shop_list": 422,
    "exchange.offline": 422,
    "exchange.offline.manifest": 422,
    "exchange.offline.signature": 422,
    "exchange.offline.recipient": 422,
    "exchange.offline.replay": 409,
    "exchange.offline.order": 409,
    "exchange.offline.foreign_file": 422,
    "exchange.offline.volume": 422,
    "exchange.offline.content": 422,
    "exchange.offline.release": 409,
    "exchange.offline.receipt": 422,
    "exchange.plain_file": 422,
    "exchange.quality_data_set": 404,
    "exchange.quality_file": 422,
    "exchange.quality_decision": 409,
    "exchange.envelope": 422,
    "exchange.too_large": 413,
    "exchange.schema_unknown": 422,
    "exchange.schema": 422,
    "exchange.suite": 422,
    "exchange.downgrade": 403,
    "exchange.unsigned": 403,
    "exchange.signature": 403,
    "exchange.seal": 422,
    "exchange.plain_text": 422,
    "exchange.classification": 422,
    "exchange.recipient": 422,
    "exchange.scope": 403,
    "exchange.jurisdiction": 422,
    "exchange.peer": 403,
    "exchange.chain": 409,
    "exchange.window": 409,
    "exchange.expired": 403,
    "exchange.version_conflict": 409,
    "exchange.transfer": 409,
    "exchange.matter": 409,
    "exchange.key_change": 409,
    "exchange.redrive": 409,
    "exchange.receipt": 422,
    "exchange.subscribe": 422,
    "exchange.subscribe.scope": 422,
    "exchange.subscribe.delivery": 503,
    "exchange.reconcile": 422,
    "exchange.reconcile.moved": 409,
    "supervision.unknown_rule": 404,
    "supervision.case": 409,
    "identity_verify.extract": 422,
    "identity_verify.subject_unknown": 404,
    "identity_verify.claim": 422,
    "identity_verify.task_state": 409,
    "search.bad_request": 422,
    "search.bad_cursor": 422,
    "search.offset_too_deep": 422,
    "search.unavailable": 503,
    "search.writer_busy": 503,
    "search.index_stale": 503,
    "identity_verify.code": 422,
    "identity_verify.code_unknown": 404,
    "identity_verify.subject_ended": 409,
    "identity_verify.other_firm": 422,
    "identity_verify.site_address": 422,
    "identity_verify.application_unknown": 404,
    "identity_verify.step": 409,
    "identity_verify.not_ready": 409,
    "identity_verify.too_often": 429,
    "identity_verify.history_broken": 422,
    "identity_verify.recovery": 422,
    "identity_verify.filing_table": 422,
    "identity_verify.site": 422,
    "identity_verify.badge": 422,
    "identity_verify.badge_state": 409,
    "identity_verify.badge_unknown": 404,
    "identity_verify.badge_token": 422,
    "identity_verify.badge_key": 409,
    "exchange.linked_unavailable": 503,
    "exchange.linked_refused": 409,
    "exchange.linked_file": 422,
    "exchange.linked_webhook": 403,
    "exchange.linked_write_back": 422,
    "evidence.disk_full": 503,
    "evidence.store": 503,
    "evidence.hold": 422,
    "evidence.nothing_to_restore": 409,
    "evidence.store_locked": 409,
    "evidence.deletion": 409,
    "evidence.retained": 409,
    "evidence.officer": 422,
    "evidence.authorisation": 422,
}
STATUS_OF_FAMILY = {
    # Codes that grow at the end: `search.query_unclosed_quote` and its like.
    "search.query": 422,
    "evidence.officer_": 409,
    "evidence.authorisation_": 409,
    "evidence.approval_": 409,
    "evidence.retained_": 409,
}
TITLES = {
    401: ("请先登录", "Please sign in"),
    403: ("没有权限", "Not allowed"),
    404: ("没有找到", "Not found"),
    405: ("不支持的操作", "Method not allowed"),
    409: ("当前状态不允许", "Not possible in this state"),
    413: ("内容太大", "Too large"),
    421: ("主机名不对", "Wrong host name"),
    422: ("输入有误", "Input not understood"),
    429: ("操作太频繁", "Too often"),
    500: ("系统出错", "Something broke"),
    503: ("暂时不可用", "Not available just now"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as the outside sees it. ``fields`` maps an input's name to what is wrong with it."""

    status: int
    code: str
    message: str
    hint: str
    fields: dict[str, str]

    def titles(self) -> tuple[str, str]:
        """The short title in Chinese and English."""
        return TITLES.get(self.status, TITLES[500])

    def as_json(self, instance: str) -> dict[str, object]:
        """The RFC 9457 object. ``instance`` is the path of the request."""
        zh, en = self.titles()
        body: dict[str, object] = {
            "type": f"urn:wangjian:problem:{self.code}",
            "title": zh,
            "title_en": en,
            "status": self.status,
            "detail": self.message,
            "instance": instance,
            "code": self.code,
        }
        if self.hint:
            body["hint"] = self.hint
        if self.fields:
            body["fields"] = self.fields
        return body


def status_of(code: str) -> int:
    """HTTP status of an error code; one that nobody listed is a fault of ours, 500."""
    if code in STATUS_OF_CODE:
        return STATUS_OF_CODE[code]
    return next((status for family, status in STATUS_OF_FAMILY.items() if code.startswith(family)), 500)


def problem_of(error: WangjianError) -> Problem:
    """The outside view of an error. Context is left out, but for field reasons: it may hold internals."""
    fields = error.context.get("fields")
    return Problem(
        status=status_of(error.code),
        code=error.code,
        message=error.message,
        hint=error.hint,
        fields={str(key): str(value) for key, value in fields.items()} if isinstance(fields, dict) else {},
    )
