# SPDX-License-Identifier: MIT
# Sourced by ./dev: what its commands need, and how it is installed. A pair is <what is looked for>=<package>; what is
# looked for is a program, or a header if its name says so.

build_tools=("c++=g++" "cmake=cmake" "ninja=ninja-build" "xsimd/xsimd.hpp=libxsimd-dev")
example_libraries=("Eigen/Core=libeigen3-dev")
report_libraries=("CLI/CLI.hpp=libcli11-dev" "nlohmann/json.hpp=nlohmann-json3-dev")
demo_libraries=("${report_libraries[@]}" "zlib.h=zlib1g-dev")
test_libraries=("${example_libraries[@]}" "${demo_libraries[@]}" "catch2/catch.hpp=catch2"
    "boost/multiprecision/cpp_bin_float.hpp=libboost-dev" "pkg-config=pkg-config")
cycles_tools=("c++=g++" "xsimd/xsimd.hpp=libxsimd-dev" "python3=python3" "llvm-mca-19=llvm-19"
    "aarch64-linux-gnu-g++=g++-aarch64-linux-gnu" "qemu-aarch64=qemu-user")
check_tools=("cmake=cmake" "clang-format-14=clang-format-14" "clang-tidy=clang-tidy" "xsimd/xsimd.hpp=libxsimd-dev"
    "${example_libraries[@]}")

# Each of these has tests of its own, which are skipped where it is not there. What --all adds is large.
test_extras=("cc=gcc" "mpicxx=libopenmpi-dev" "mpiexec=openmpi-bin" "dlpack/dlpack.h=libdlpack-dev" "python3=python3")
test_python=("numpy" "pytest")
all_extras=("clang++=clang" "aarch64-linux-gnu-g++=g++-aarch64-linux-gnu" "qemu-aarch64=qemu-user"
    "meson=meson" "rustc=rustc" "bindgen=bindgen" "lintian=lintian")
# PyPI's torch for Linux is the build for CUDA, ten times as large; torch's own index has a build for CPUs alone.
all_python=("torch==2.13.0 --extra-index-url=https://download.pytorch.org/whl/cpu" "jax" "ml_dtypes" "mypy" "conan"
    "libclang" "libggml-python==0.20.2.post1")

python_environment=build/python

# has <program or header>
has() {
    case $1 in
        catch2/catch.hpp) has catch2/catch_all.hpp && return ;;& # version 3 or 2
        *.h | *.hpp | */Core)
            printf '#if !__has_include(<%s>)\n#error\n#endif\n' "$1" |
                "${CXX:-c++}" -idirafter /usr/include/eigen3 -E -x c++ - >/dev/null 2>&1
            ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

# missing <pair> ...: the packages of what is not there, a line each
missing() {
    [ -z "${RLHF_NO_INSTALL:-}" ] || return 0
    local pair
    for pair in "$@"; do
        has "${pair%%=*}" || printf '%s\n' "${pair#*=}"
    done
}

# install <Debian package> ...: fails with a sentence where that is not possible
install() {
    command -v apt-get >/dev/null || {
        say "Missing: $* (Debian's names). There is no apt here: install them with your package manager," \
            "or set RLHF_NO_INSTALL=1 if CMake finds them elsewhere."
        return 1
    }
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    command -v "${as_root[@]:-true}" >/dev/null || {
        say "Missing: $*. Run this as root, then try again: apt-get install $*"
        return 1
    }
    run "${as_root[@]}" apt-get update -qq || say "apt-get update failed; trying with the lists that are there"
    run "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# need <pair> ...: installs what is missing, or ends
need() {
    local packages && mapfile -t packages < <(missing "$@")
    [ ${#packages[@]} = 0 ] || install "${packages[@]}" || exit 1
}

# want <pair> ...: installs what is missing, one by one, and goes on without what cannot be had
want() {
    local packages package && mapfile -t packages < <(missing "$@")
    for package in "${packages[@]}"; do
        install "$package" || say "There is no $package here: its tests are skipped"
    done
}

# want_python <requirement> ...: the same with pip, in a virtual environment. Options of pip may stand behind a
# requirement.
want_python() {
    [ -z "${RLHF_NO_INSTALL:-}" ] || return 0
    local requirement python=$python_environment/bin/python3
    # Debian's python3 has no ensurepip before python3-venv is there.
    python3 -c 'import ensurepip' 2>/dev/null || want "a python3 that has ensurepip=python3-venv"
    [ -x "$python" ] || run python3 -m venv "$python_environment" || return 0
    for requirement in "$@"; do
        # shellcheck disable=SC2086
        "$python" -m pip install --quiet --retries 1 $requirement ||
            say "There is no ${requirement%% *} here: its tests are skipped"
    done
}

# want_vcpkg: vcpkg's scripts, which build the port; VCPKG_ROOT may name others.
want_vcpkg() {
    [ -z "${RLHF_NO_INSTALL:-}${VCPKG_ROOT:-}" ] || return 0
    local folder=$PWD/build/vcpkg address=https://github.com/microsoft/vcpkg
    if [ ! -e "$folder/scripts/ports.cmake" ]; then
        rm -rf "$folder"
        { timeout 300 git clone -q --depth 1 --filter=blob:none --sparse "$address" "$folder" &&
            git -C "$folder" sparse-checkout set scripts triplets ports/vcpkg-cmake ports/vcpkg-cmake-config; } || {
            say "There is no vcpkg here: its test is skipped"
            return 0
        }
    fi
    export VCPKG_ROOT=$folder
}
