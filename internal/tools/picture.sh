#!/bin/sh
# picture.sh  runs the demo and takes the picture of its report that the README
# shows: .github/report.png.
set -eu
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
chmod 755 "$state"
bin/rewave demo --state "$state" >"$state/said"
page=$(sed -n 's/^  \(\/.*thanks-coupon-care\.html\)$/\1/p' "$state/said")
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1.25 --window-size=1040,670 \
	--screenshot="$PWD/.github/report.png" "file://$page" >/dev/null 2>&1
echo "wrote .github/report.png; the README's text beside it is this run's:"
cat "$state/said"
