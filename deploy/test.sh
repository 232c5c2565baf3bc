#!/bin/sh
# The whole suite with branch coverage, on two workers (WORKERS=0: in one process). The closing line of pytest is
# printed last.
set -u
export PYTHONPATH="$PWD"
unset WANGJIAN_DATA_DIR
said=$(mktemp)
trap 'rm -f "$said" "$said.status"' EXIT
.venv/bin/coverage erase
{
    .venv/bin/coverage run -m pytest -q -n "${WORKERS:-2}" "$@" 2>&1
    echo $? >"$said.status"
} | tee "$said"
status=$(cat "$said.status")
.venv/bin/coverage combine -q >/dev/null 2>&1
.venv/bin/coverage report || { [ "$status" -ne 0 ] || status=1; }
tail -n 1 "$said"
exit "$status"
