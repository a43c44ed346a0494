#!/bin/sh
# Installs those of the named Debian packages that are missing; does nothing, and needs no network, when none is.
set -eu

missing=
for package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
        echo "These packages are missing and only root can install them:$missing" >&2
        echo "Run: sudo make deps" >&2
        exit 1
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# An index that is old names versions that are gone: update first.
if ! { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "Installing failed; the lines above are apt's." >&2
        exit 1
fi
