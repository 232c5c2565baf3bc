"""Addresses that a browser may be sent to after a form."""

from urllib.parse import urlsplit


def local_path(wanted: str, otherwise: str = "/") -> str:
    """The wanted path when it stays within this interface, else another: no open redirects.

    Spec: OWASP ASVS 5.0 3.7.2.
    """
    try:
        parts = urlsplit(wanted)
    except ValueError:  # a bracket that opens an IPv6 address and does not close
        return otherwise
    stays = not parts.scheme and not parts.netloc and wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if stays and "\\" not in wanted and wanted.isprintable() else otherwise
