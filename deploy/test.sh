#!/bin/sh
# The whole suite with branch coverage. The closing line of pytest is printed last.
set -u
export PYTHONPATH="$PWD"
unset WANGJIAN_DATA_DIR
.venv/bin/coverage erase
.venv/bin/coverage run -m pytest -q "$@"
status=$?
.venv/bin/coverage combine -q >/dev/null 2>&1
.venv/bin/coverage report || { [ "$status" -ne 0 ] || status=1; }
exit "$status"
