# Sourced after env.sh by scripts that install packages of the system.

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() { # package...
	command -v apt-get >/dev/null || fail "this system has no apt-get: install by hand, with your package manager: $*"
	[ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || fail "not root and no passwordless sudo: run 'apt-get install $*' as root"
	echo "setup: installing $*" >&2
	local log="$CACHE/apt.log"
	mkdir -p "$CACHE"
	{
		as_root apt-get update -q
		DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -q --no-install-recommends "$@"
	} >"$log" 2>&1 || fail "apt-get could not install $*: see $log"
}
