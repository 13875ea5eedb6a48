# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
#
# What ./quickstart and ./check share: progress lines, packages, privileges. Sourced, not run.

# Colour for people: on a terminal that has it, and not where NO_COLOR is set. paint FD CODE WORDS
paint() {
    if [ -t "$1" ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
        printf '\033[%sm%s\033[0m' "$2" "$3"
    else
        printf '%s' "$3"
    fi
}

good() {
    paint 1 32 "$*"
}

bad() {
    paint 1 31 "$*"
}

say() {
    printf '\n'
    paint 1 1 "== $*"
    printf '\n'
}

die() {
    paint 2 31 "${0##*/}: $*" >&2
    printf '\n' >&2
    exit 1
}

# Runs a command as root: as it is, or by sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this step needs root: run as root or install sudo ($*)"
    fi
}

packages_build="gcc cmake ninja-build pkg-config libmilter-dev libgmime-3.0-dev libpsl-dev
    publicsuffix libidn2-dev libxml2-dev libsqlite3-dev libconfig-dev libssl-dev
    libopendkim-dev libmicrohttpd-dev"
# a private Postfix, the scripted scenarios, the admin's shell
packages_run="postfix sqlite3 python3-minimal libpython3-stdlib procps libevent-2.1-7 libprotobuf-c1 libfstrm0 hostname"
packages_test="libcmocka-dev clang clang-format clang-tidy libclang-rt-14-dev llvm git binutils
    libfaketime libnss3-tools m4 libwrap0 libldap-2.5-0 libnsl2 libdb5.3 libsasl2-2 opendkim openssl mandoc zsh prometheus valgrind
    dovecot-imapd isync"
# for the step that opens the report in a browser, with letters in Japanese
packages_report="chromium fonts-dejavu-core fonts-ipafont-gothic"
# for the step that counts branches
packages_coverage="gcovr"

# the Debian package: to build it, to look at it, and to boot a small Debian for it
packages_package="build-essential dpkg-dev debhelper po-debconf fakeroot lintian debootstrap systemd-container"

# Installs what is missing of the packages named. Nothing that a package brings may start: the
# servers here are private ones, and the machine's own are not ours to touch.
install_packages() {
    local missing="" guard=/usr/sbin/policy-rc.d made_guard="" status=0 package
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    printf 'installing:%s\n' "$missing"
    if [ ! -e "$guard" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
        as_root chmod 755 "$guard"
        made_guard=yes
    fi
    # without this answer the postfix package would configure the machine's mail
    case "$missing" in *" postfix"*)
        printf 'postfix postfix/main_mailer_type select No configuration\n' |
            as_root debconf-set-selections ;;
    esac
    as_root apt-get -q update >/dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
            --no-install-recommends --no-remove $missing >/tmp/goneaway-apt.$$ 2>&1 || status=$?
    [ "$status" -eq 0 ] || tail -20 /tmp/goneaway-apt.$$ >&2
    rm -f /tmp/goneaway-apt.$$
    [ -z "$made_guard" ] || as_root rm -f "$guard"
    [ "$status" -eq 0 ] || die "packages could not be installed (see above). Nothing was removed: where they need Postfix
beside another mail system, use a container or another machine"
}

# Unpacks packages that must not be installed (they conflict with others, or would configure
# services) below a folder: unpack_packages DIR PACKAGE…
unpack_packages() {
    local dir="$1" package
    shift
    mkdir -p "$dir/.debs"
    for package in "$@"; do
        [ ! -e "$dir/.debs/$package.done" ] || continue
        (cd "$dir/.debs" && apt-get -q download "$package" >/dev/null 2>&1) ||
            { as_root apt-get -q update >/dev/null && (cd "$dir/.debs" && apt-get -q download "$package" >/dev/null); } ||
            die "$package could not be downloaded"
        dpkg -x "$dir/.debs/${package}"_*.deb "$dir" || die "$package could not be unpacked"
        touch "$dir/.debs/$package.done"
    done
}
