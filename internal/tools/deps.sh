#!/bin/sh
# deps.sh NAME...  names and installs what is missing of postgresql, redis-server,
# gcc, npm, chromium, postfix and r. It does nothing, at once, where all is there.
set -eu

has_postgresql() {
	[ -n "${PG_BIN:-}" ] && [ -x "$PG_BIN/initdb" ] && return
	for dir in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql*/*/bin /usr/lib/postgresql*/bin /usr/pgsql-*/bin /usr/libexec/postgresql*; do
		[ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && return
	done
	command -v postgres >/dev/null
}
has_redis() { command -v redis-server >/dev/null || command -v valkey-server >/dev/null; }
has_gcc() { echo '#include <stdlib.h>' | ${CC:-gcc} -E - >/dev/null 2>&1; }

missing=
for name in "$@"; do
	case $name in
	postgresql) has_postgresql || missing="$missing postgresql" ;;
	redis-server) has_redis || missing="$missing redis-server" ;;
	gcc) has_gcc || missing="$missing gcc libc6-dev" ;;
	postfix) PATH=$PATH:/usr/sbin command -v postfix >/dev/null || missing="$missing postfix" ;;
	r) command -v Rscript >/dev/null || missing="$missing r-base-core" ;;
	npm | chromium) command -v "$name" >/dev/null || missing="$missing $name" ;;
	*) echo "deps.sh: unknown name $name" >&2; exit 2 ;;
	esac
done
missing=${missing# }
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	sudo="sudo "
	if ! sudo -n true 2>/dev/null; then can=no; fi
fi
command -v apt-get >/dev/null || can=none
case ${can:-yes} in
none)
	echo "missing: $missing (these are Debian's names); install them with this system's package manager, then try again" >&2
	exit 1 ;;
no)
	echo "missing: $missing; install them, then try again: sudo apt-get install -y $missing" >&2
	exit 1 ;;
esac

echo "missing: $missing; running: ${sudo}apt-get install -y $missing"
echo "(where Debian starts services of its own with them, Rewave does not use those)"
case " $missing " in *" postfix "*) # without settings, it starts nothing
	echo "postfix postfix/main_mailer_type select No configuration" | $sudo debconf-set-selections 2>/dev/null || true ;;
esac
install() { # and removes nothing: another mail server stays what it is
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-remove --no-install-recommends $missing >"$log" 2>&1
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A fresh machine has no package lists yet, a long-lived one has stale ones.
if ! install; then
	echo "the package lists are missing or old; running: ${sudo}apt-get update"
	if ! { $sudo apt-get -qq update && install; }; then
		cat "$log" >&2
		echo "could not install: $missing; install them, then try again: ${sudo}apt-get install -y $missing" >&2
		exit 1
	fi
fi
