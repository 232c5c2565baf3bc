#!/bin/sh
# System packages that Wangjian needs and pip cannot bring.
#   deploy/system.sh run    Chromium, a Chinese font, openssl
#   deploy/system.sh test   the same, and the independent judges and servers of the tests
# Installs with apt-get where it may; else says the one command that helps.
set -eu

wanted="${1:-run}"
missing=""
wished="" # makes captures quicker; nothing fails without it

need_command() { # need_command PROGRAM PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

has_chinese_font() {
    for file in /usr/share/fonts/truetype/wqy/*.ttc /usr/share/fonts/opentype/noto/NotoSansCJK*.ttc; do
        [ -e "$file" ] && return 0
    done
    return 1
}

need_browser() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    [ -n "${WANGJIAN_CHROMIUM_PATH:-}" ] && [ -x "$WANGJIAN_CHROMIUM_PATH" ] && return 0
    ls "${PLAYWRIGHT_BROWSERS_PATH:-$HOME/.cache/ms-playwright}"/chromium-*/chrome-linux*/chrome >/dev/null 2>&1 && return 0
    missing="$missing chromium"
}

need_browser
need_command openssl openssl
# The program that drives the browser is linked against it; a bare Debian has none.
/sbin/ldconfig -p | grep -q 'libatomic\.so\.1' || missing="$missing libatomic1"
# The PDF report embeds a TrueType font; pages need a Chinese font to look as they do to a buyer.
[ -e /usr/share/fonts/truetype/wqy/wqy-zenhei.ttc ] || missing="$missing fonts-wqy-zenhei"
has_chinese_font || missing="$missing fonts-noto-cjk"
if [ "$wanted" = test ]; then
    need_command pdfsig poppler-utils
    need_command unzip unzip
    need_command xxd xxd
    need_command mvn maven
    need_command softhsm2-util softhsm2
fi

[ -e /usr/lib/chromium/chromium-headless-shell ] || wished="chromium-headless-shell"

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    [ -n "$missing$wished" ] || exit 0
    echo "正在安装系统软件包 installing system packages:$missing $wished" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 - lists of words
    [ -z "$missing" ] || apt-get install -y -qq --no-install-recommends $missing >/dev/null
    # shellcheck disable=SC2086
    [ -z "$wished" ] || apt-get install -y -qq --no-install-recommends $wished >/dev/null 2>&1 || true
    exit 0
fi
[ -n "$missing" ] || exit 0
case " $missing " in
*" chromium "*)
    if .venv/bin/python -m playwright install chromium >/dev/null 2>&1; then
        missing=$(printf '%s' "$missing" | sed 's/ chromium//')
    fi
    ;;
esac
[ -n "$missing" ] || exit 0
echo "缺少系统软件包，请执行 missing system packages, please run:" >&2
echo "    sudo apt-get install$missing" >&2
exit 1
