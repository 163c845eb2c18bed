#!/usr/bin/env bash
# Installs the public clients that the tests here run, each into an environment of its own in the cache. It is named
# after what the lock file pins, so other pins make another one. Silent when all is there.
#   install.sh        all of them
#   install.sh NAME   that one, and prints where it is: javascript, or a lock file's name
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../scripts/env.sh"
. "$ROOT/scripts/packages.sh"

place() { # name, version of the interpreter, lock file...
	local pins
	pins=$(cat "${@:3}" | sha256sum)
	echo "$CACHE/clients/$1-$2-${pins:0:12}"
}

# Makes an environment aside and moves it into place when it is whole; who comes second keeps what is there.
make() { # name, place, command that fills a folder
	local name=$1 place=$2 new=$2.new.$$ log=$CACHE/clients/$1.log
	echo "clients: installing $name" >&2
	mkdir -p "$new"
	if ! "${@:3}" "$new" >"$log" 2>&1; then
		rm -rf "$new"
		fail "could not install the client $name: see $log"
	fi
	mv -T "$new" "$place" 2>/dev/null || rm -rf "$new"
	[ -d "$place" ] || fail "could not move the client $name to $place"
}

# Only `bin/python` is used of it: other programs there hold the name of the folder aside.
fill_python() { # lock file, folder
	python3 -m venv "$2" &&
		"$2/bin/python" -m pip install --disable-pip-version-check --no-deps -r "$1"
}

fill_javascript() { # folder
	cp "$here/javascript/package.json" "$here/javascript/package-lock.json" "$1" &&
		npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund
}

environment() { # name: makes sure of it, prints where it is
	local version place
	if [ "$1" = javascript ]; then
		{ command -v node && command -v npm; } >/dev/null || install_packages nodejs npm
		version=$(node --version)
		place=$(place "$1" "${version%%.*}" "$here/javascript/package-lock.json")
		[ -d "$place" ] || make "$1" "$place" fill_javascript
	else
		[ -f "$here/locks/$1.txt" ] || fail "no client is called $1: there are $(cd "$here/locks" && echo *.txt) and javascript"
		command -v python3 >/dev/null || install_packages python3-venv
		: "${python:=$(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')}"
		place=$(place "$1" "$python" "$here/locks/$1.txt")
		[ -d "$place" ] || python3 -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
		[ -d "$place" ] || make "$1" "$place" fill_python "$here/locks/$1.txt"
	fi
	echo "$place"
}

if [ $# = 0 ]; then
	for lock in "$here"/locks/*.txt; do
		environment "$(basename "$lock" .txt)" >/dev/null
	done
	environment javascript >/dev/null
else
	environment "$1"
fi
