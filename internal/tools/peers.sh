#!/bin/sh
# peers.sh          prints the folder in which the peers of peers/package.json are
#                   installed: outside the tree, one for each state of the lock file
# peers.sh install  installs them there, where they are not yet
set -eu
here=$(dirname "$0")/peers
dir=${REWAVE_PEERS:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/rewave/peers-$(cksum <"$here/package-lock.json" | cut -d' ' -f1)}
case ${1:-} in
'') echo "$dir"; exit ;;
install) [ ! -d "$dir/node_modules" ] || exit 0 ;;
*) echo "usage: peers.sh [install]" >&2; exit 2 ;;
esac

echo "installing the test peers of internal/tools/peers into $dir"
mkdir -p "$(dirname "$dir")"
new=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$new"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$new"
# No script of any package runs.
if ! (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1); then
	cat "$new/npm.log" >&2
	echo "could not install the test peers; try again: make deps" >&2
	exit 1
fi
[ -d "$dir/node_modules" ] || mv "$new" "$dir" # another make may have been faster
