"""The cookie that carries a sign-in."""

from fastapi import Response

from api.access import cookie_name
from api.context import Context


def set_session_cookie(response: Response, context: Context, token: str, name: str = "") -> None:
    """Give the browser its sign-in: not readable by scripts, not sent from other sites' forms.

    Spec: OWASP ASVS 5.0 3.3 (cookie attributes, ``__Host-`` prefix).

    Args:
        name: of the cookie; the officers' when left out.
    """
    response.set_cookie(
        name or cookie_name(context),
        token,
        max_age=int(context.settings.session_hours * 3600),
        path="/",
        secure=context.https,
        httponly=True,
        samesite="lax",
    )
