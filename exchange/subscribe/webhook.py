"""Deliveries by webhook: one signed POST to the subscriber's own host, no redirect, no proxy, a short answer."""

from collections.abc import Callable, Mapping

import httpx

from exchange.subscribe.errors import DeliveryError
from kernel.public_roots import public_roots

SIGNATURE_HEADER = "X-Wangjian-Signature"
MAX_ANSWER_BYTES = 10_000


class Webhook:
    """Posts deliveries.

    Args:
        sign: signature over a body: ``suite``, ``kid``, ``value`` (base64). ca_file: PEM of roots beside the system's,
            or empty. timeout_s: of one call.
    """

    def __init__(
        self, sign: Callable[[bytes], Mapping[str, str]], *, ca_file: str = "", timeout_s: float = 10.0
    ) -> None:
        verify = httpx.create_ssl_context(verify=ca_file) if ca_file else public_roots()
        self._sign = sign
        self._client = httpx.Client(timeout=timeout_s, trust_env=False, follow_redirects=False, verify=verify)

    def close(self) -> None:
        """End its connections."""
        self._client.close()

    def post(self, target: str, body: bytes) -> None:
        """One POST.

        Raises:
            DeliveryError: no answer, or another one than 2xx; the subscriber did not take it.
        """
        signature = self._sign(body)
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: "; ".join(f"{name}={signature[name]}" for name in ("suite", "kid", "value")),
        }
        try:
            with self._client.stream("POST", target, content=body, headers=headers) as answer:
                read = 0
                for chunk in answer.iter_bytes():
                    read += len(chunk)
                    if read > MAX_ANSWER_BYTES:
                        break
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(f"expected an answer of the subscriber, got {type(error).__name__}") from error
        if not answer.is_success:
            raise DeliveryError(f"expected 2xx of the subscriber, got {answer.status_code}")


def read_signature(header: str) -> dict[str, str]:
    """The signature as a subscriber reads it from the header; parts that are not understood are left out."""
    parts = (part.partition("=") for part in header.split("; "))
    return {name: value for name, _, value in parts if name in {"suite", "kid", "value"}}
