# SPDX-License-Identifier: MIT
# For contrib/check and contrib/quickstart: the packages of Debian 12 that they need.
# Installs what is missing, as root or through sudo, and says so.
build_packages='gcc make autoconf automake libc6-dev pkg-config libevent-dev libjson-c-dev
 libssl-dev libconfig-dev libsqlite3-dev libsystemd-dev libcurl4-openssl-dev check libsubunit-dev'
run_packages='haproxy python3 openssl curl busybox'

need() { # packages...
	missing=
	for p; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) in
		installed) ;;
		*) missing="$missing $p" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	as=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "missing:$missing; install them as root, or install sudo" >&2
			return 1
		}
		as='sudo -n'
	fi
	echo "installing:$missing"
	log=$(mktemp)
	# shellcheck disable=SC2086
	if $as apt-get -qq -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 &&
		$as env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
			-o DPkg::Lock::Timeout=300 install --no-install-recommends \
			$missing >>"$log" 2>&1; then
		rm -f "$log"
		return 0
	fi
	tail -20 "$log" >&2
	rm -f "$log"
	echo "apt-get could not install:$missing" >&2
	return 1
}
