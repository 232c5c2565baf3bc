"""The capture worker: ``python -m crawlers.capture [--parallel N]``.

A long-lived process that keeps one Chromium. Orders come as JSON objects, one a line, on standard
input; answers go, one a line, to standard output; the log goes to standard error. End of input or
``quit`` ends it after the orders given so far. Settings come from ``WANGJIAN_…`` as everywhere.

Orders::

    {"op":"capture","id":"ev-1","url":"https://shop.example/1","out":"/abs/folder","options":{...}}
    {"op":"recover","id":"ev-1","url":"https://shop.example/1","out":"/abs/folder","checkpoints":[...]}
    {"op":"render","id":"r-1","url":"https://shop.example/1","options":{...}}
    {"op":"quit"}

``id`` is up to 64 of ``A-Za-z0-9._-``; ``out`` is an absolute path that does not exist yet.
``options``, all with defaults: ``viewport`` {width, height} in CSS pixels, ``locale`` (zh-CN),
``timezone`` (Asia/Shanghai), ``timeout_s`` (0 = the settings' value), ``accept_bad_tls`` (false),
``second_look`` (false: also fetch without the browser, and ask the second node), ``purpose`` (text),
``order`` (text to text: officers, authorisation; quoted in capture.json).
``beacon`` of a capture: {note, tsa, response (base64), at} or {reason}: laid beside the tape before the page loads.
``checkpoints`` of a recovery: [{started_at, bytes, sha256}] that were committed while the page was captured.

Answers::

    {"id":"ev-1","event":"progress","stage":"loading"}           any number, capture only
    {"id":"ev-1","event":"checkpoint","started_at":…,"at":…,"bytes":n,"sha256":…}   the tape's first n bytes, on disk
    {"id":"ev-1","ok":true,"result":{...}}                       exactly one for each order, or
    {"id":"ev-1","ok":false,"error":{"code","message","hint","context"}}

Stages: opening loading settling picture scrolling picture-after document printing writing.

Result of ``capture``: ``id requested_url final_url title started_at ended_at completeness``
(COMPLETE or PARTIAL) ``stop_reason flags`` (login_wall, captcha, refused) ``loaded failed blocked``
(counts) ``beacon second_look node_signature`` ``main_document`` {url, status, remote_address,
remote_port, protocol, tls, cipher, tls_verdict {state:
valid|invalid|none|NOT_CHECKED, error}, certificates, dns, resolver, body_sha256}
``files`` [{path, bytes, sha256}] ``stages_ms reused``. The files are below ``out`` (``data/…``,
``meta/…``) and appear all at once. The same order given again, with its folder there, answers with
``reused: true`` and captures nothing.

Result of ``recover``: the same, with ``recovered`` and without ``stages_ms``; always PARTIAL, stop reason interrupted.

Result of ``render``: ``url status content_type remote_address html truncated stop_reason``.

Codes: ``capture.bad_order capture.bad_url capture.egress_refused capture.unreachable
capture.redirects capture.tls_invalid capture.tls_failed capture.timeout capture.download
capture.browser_missing capture.browser_crashed capture.disk capture.out_exists capture.roots
capture.failed capture.node_key capture.nothing_to_recover capture.tape_changed``. After ``browser_crashed`` the
browser is started anew for the next order. No error leaves ``out``. A kill, a crash of the browser and a timeout leave
``<out>.tape``, which the next try keeps as ``<out>.torn``, for ``recover``; a folder ``<out>.partial`` is half-written
and removed by the next try.
"""

import argparse
import asyncio
import os
import sys

from crawlers.capture.worker import serve
from kernel.config import settings


def main() -> None:
    """Run the worker until its input ends.

    Effects: standard output is kept for answers alone: what anything else prints goes to standard error.
    """
    parser = argparse.ArgumentParser(prog="python -m crawlers.capture", description="Capture worker")
    parser.add_argument("--parallel", type=int, default=1, help="orders carried out at the same time")
    arguments = parser.parse_args()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        asyncio.run(serve(settings(), sys.stdin.fileno(), answers, max(1, arguments.parallel)))


if __name__ == "__main__":
    main()
