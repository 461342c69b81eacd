#!/usr/bin/env bash
# Shows that one command is enough: a fresh clone, an empty environment, the system's python3.
#   tests/cold.sh root|plain [--no-node] [--test]
# Starts it cold (empty caches) and warm, fetches the page, stops it; prints seconds and megabytes.
# --test runs the whole test suite on the clone as well.
set -euo pipefail

who=${1:-}
shift || true
no_node=no with_tests=no
for option in "$@"; do
    case $option in
    --no-node) no_node=yes ;;
    --test) with_tests=yes ;;
    *) echo "unknown: $option" >&2 && exit 2 ;;
    esac
done
case $who in
root) [ "$(id -u)" = 0 ] || { echo "root must run this." >&2 && exit 2; } ;;
plain) ;;
*) echo "usage: tests/cold.sh root|plain [--no-node] [--test]" >&2 && exit 2 ;;
esac

source=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d /tmp/cohelm-cold.XXXXXX)
chmod 0711 "$place"
clone=$place/cohelm home=$place/home ready=$place/ready.json
up=
finish() {
    [ -z "$up" ] || kill -KILL "$up" 2>/dev/null || true
    rm -rf "$place"
}
trap finish EXIT

git clone --quiet "file://$source" "$clone"
mkdir "$home"

# A folder with all of the system's programs except node, for those who have none.
path=/usr/bin:/bin
if [ $no_node = yes ]; then
    mkdir "$place/bin"
    for program in /usr/bin/* /bin/*; do
        case ${program##*/} in
        node | nodejs | npm | npx) ;;
        *) ln -sf "$program" "$place/bin/" ;;
        esac
    done
    path=$place/bin
fi

# An empty environment; a plain user is made out of root where root runs this.
as=()
if [ "$who" = plain ] && [ "$(id -u)" = 0 ]; then
    user=$(getent passwd 1000 | cut -d: -f1)
    if [ -z "$user" ]; then
        user=cohelm-cold
        useradd --no-create-home --shell /bin/sh "$user"
    fi
    chown -R "$user" "$place"
    as=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups)
fi
run() { exec "${as[@]}" env -i HOME="$home" PATH="$path" /usr/bin/env "$@"; }

seconds() { awk "BEGIN { printf \"%.1f\", $2 - $1 }"; }
megabytes() { du --summarize --block-size=1M --total "$@" 2>/dev/null | tail -n 1 | cut -f1; }

answer() {
    local name=$1 begun=$EPOCHREALTIME
    rm -f "$ready"
    (cd "$clone" && run python3 manage.py up --port 0 --ready-file "$ready") >"$place/up.log" 2>&1 &
    up=$!
    until [ -s "$ready" ]; do
        if ! kill -0 "$up" 2>/dev/null; then
            echo "$who: up ended before it was ready:" >&2
            cat "$place/up.log" >&2
            exit 1
        fi
        sleep 0.1
    done
    local url
    url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$ready")
    local page
    page=$(python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())' "$url")
    local ended=$EPOCHREALTIME
    grep -q '/static/assets/' <<<"$page" || { echo "the page is not the built one: $page" >&2 && exit 1; }
    local begun_stop=$EPOCHREALTIME
    kill -INT "$up"
    wait "$up" || { echo "up did not stop well:" >&2 && cat "$place/up.log" >&2 && exit 1; }
    up=
    printf '%s node=%s %s: %s s to the first page, %s s to stop; clone %d MB, caches %d MB\n' \
        "$who" "$([ $no_node = yes ] && echo none || echo system)" "$name" \
        "$(seconds "$begun" "$ended")" "$(seconds "$begun_stop" "$EPOCHREALTIME")" \
        "$(megabytes "$clone")" "$(megabytes "$home")"
}

answer cold
answer warm
if [ $with_tests = yes ]; then
    (cd "$clone" && run python3 manage.py test)
fi
