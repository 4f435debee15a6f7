# What tools/try and tools/test share: the Debian packages, how they get here, and how a build
# directory is made. To be sourced by a POSIX shell; `root` is the top of the tree.

build_packages='gcc libc6-dev meson ninja-build pkg-config libmariadb-dev libreadline-dev
    libutf8proc-dev scdoc'
scratch_packages='mariadb-server-core'
test_packages='libcmocka-dev clang libclang-rt-14-dev clang-format clang-tidy mariadb-client-core mariadb-client
    python3-pytest python3-pexpect python3-pyte python3-pytest-xdist procps openssl zsh fish'
galera_packages='galera-4'

say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Tools come from Debian, and no flags from outside: what is built here is the same everywhere.
clean_environment() {
    PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
    LC_ALL=C.UTF-8
    export PATH LC_ALL
    unset CC CC_LD CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CPATH C_INCLUDE_PATH LIBRARY_PATH \
        LD_LIBRARY_PATH LD_PRELOAD PKG_CONFIG PKG_CONFIG_PATH PKG_CONFIG_LIBDIR DESTDIR \
        PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTEST_ADDOPTS PYTEST_PLUGINS VIRTUAL_ENV \
        NINJAFLAGS NINJA_STATUS MAKEFLAGS MESON_TESTTHREADS CDPATH COLUMNS LINES
}

# run_quietly LOG COMMAND...: the output goes to LOG, and is shown only if the command fails.
run_quietly() {
    quiet_log=$1
    shift
    "$@" >"$quiet_log" 2>&1 </dev/null && return 0
    say "failed: $*"
    cat "$quiet_log" >&2
    return 1
}

# install_packages NAME...: asks dpkg first, so that it costs nothing where all is installed.
install_packages() {
    have=" $(dpkg-query -W -f='${Package}:${db:Status-Status} ' "$@" 2>/dev/null || true)"
    missing=
    for package in "$@"; do
        case $have in
        *" $package:installed "*) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
        command -v sudo >/dev/null || {
            say "these packages are missing, and only root can install them:$missing"
            return 1
        }
    fi
    say "installing$missing"
    apt_log=$(mktemp)
    # sudo asks for a password on the terminal, which run_quietly would not give it.
    [ -z "$as_root" ] || sudo -v || return 1
    apt='env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0'
    # shellcheck disable=SC2086 # these are lists of words
    if run_quietly "$apt_log" $as_root $apt update &&
        run_quietly "$apt_log" $as_root $apt install -y --no-install-recommends $missing; then
        rm -f "$apt_log"
        return 0
    fi
    rm -f "$apt_log"
    return 1
}

# build NAME COMPILER [meson setup options]: builds in build/NAME, quietly. What was configured
# with other options, or for a tree in another place (a copy, a container), is thrown away. The lock
# keeps two builds out of each other's way; it is a subshell's, so nothing run later inherits it.
build() {
    build_dir=$root/build/$1
    compiler=$2
    shift 2
    mkdir -p "$root/build" || return 1
    (
        flock 9 || exit 1
        made_of="$root $compiler $*"
        if [ ! -f "$build_dir/build.ninja" ] ||
            [ "$(cat "$build_dir/made-of" 2>/dev/null)" != "$made_of" ]; then
            rm -rf "$build_dir"
            run_quietly "$build_dir.log" env CC="$compiler" \
                meson setup "$build_dir" "$root" "$@" || exit 1
            printf '%s\n' "$made_of" >"$build_dir/made-of"
        fi
        run_quietly "$build_dir.log" ninja -C "$build_dir"
    ) 9>"$build_dir.lock"
}
