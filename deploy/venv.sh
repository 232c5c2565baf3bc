#!/bin/sh
# Make .venv from a lock file with hashes; do nothing when it is up to date.
#   deploy/venv.sh requirements.lock
set -eu

lock="$1"
stamp=".venv/.installed-$(basename "$lock")"
sum=$(sha256sum "$lock" | cut -d' ' -f1)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && exit 0

python=""
for name in python3.11 python3; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then
        python="$name"
        break
    fi
done
if [ -z "$python" ]; then
    echo "需要 Python 3.11 / Python 3.11 is needed: sudo apt-get install python3.11 python3.11-venv" >&2
    exit 1
fi
if [ ! -x .venv/bin/pip ]; then
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
            "$python" -m venv .venv
        else
            echo "需要 venv 模块 / the venv module is missing: sudo apt-get install python3-venv" >&2
            exit 1
        fi
    fi
fi
echo "正在安装 Python 软件包 installing Python packages ($lock)" >&2
.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r "$lock"
printf '%s' "$sum" >"$stamp"
