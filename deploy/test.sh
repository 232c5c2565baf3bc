#!/bin/sh
# The whole suite with branch coverage. WORKERS: how many processes share it, three unless told otherwise: for two
# cores, as one of them always waits for a server or a browser (WORKERS=0: all in one process). The closing line of
# pytest is printed last.
set -u
export PYTHONPATH="$PWD"
# Compiled modules are kept, also where the environment says no: the tests start some hundred commands, and each
# would compile all of ours anew.
unset WANGJIAN_DATA_DIR PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX="$PWD/.venv/bytecode"
# The order is another one each time: the seed says which, and `SEED=… make test` has it again.
SEED=${SEED:-$(date +%s)}
echo "SEED=$SEED"
said=$(mktemp)
trap 'rm -f "$said" "$said.status"' EXIT
.venv/bin/coverage erase
{
    .venv/bin/coverage run -m pytest -q -n "${WORKERS:-3}" -p randomly --randomly-seed="$SEED" "$@" 2>&1
    echo $? >"$said.status"
} | tee "$said"
status=$(cat "$said.status")
# What a process left that was killed while it wrote cannot be read, and is no measure of anything.
for file in .coverage.*; do
    [ -f "$file" ] || continue
    .venv/bin/python -c 'import sqlite3, sys
open_ = sqlite3.connect(sys.argv[1])
sys.exit(open_.execute("PRAGMA quick_check").fetchone() != ("ok",) or not open_.execute("SELECT count(*) FROM coverage_schema").fetchone()[0])' "$file" 2>/dev/null || rm -f "$file"
done
.venv/bin/coverage combine -q >/dev/null 2>&1
.venv/bin/coverage report || { [ "$status" -ne 0 ] || status=1; }
tail -n 1 "$said"
exit "$status"
