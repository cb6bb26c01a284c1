# SPDX-License-Identifier: MIT
"""`pip install .` as a new user would, in a fresh virtual environment: import, a call, an editable install. The library
is compiled quickly, for one instruction set: other tests have all of them."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time
import venv

source, folder = pathlib.Path(__file__).resolve().parents[2], pathlib.Path(sys.argv[1])
python = folder / "environment/bin/python"
quick = [f"-Cbuild-dir={folder / 'build'}", "-Ccmake.define.RLHF_C_ISAS=", "-Ccmake.define.CMAKE_CXX_FLAGS_RELEASE=-O1"]
client = """
import pathlib, numpy as np, rlhf
x = np.full((2, 3), -0.5, np.float32)
batch = rlhf.batch(mask=np.ones((2, 3), bool), denominator=rlhf.counted_here)
r = rlhf.ptx_loss(batch, log_probs=x, d_log_probs=True)
assert r.loss == 0.5 and (r["d_log_probs"] == np.float32(-1 / 6)).all()
library = pathlib.Path(rlhf._c.library._name)
print(rlhf.__version__, rlhf.available_isas(), pathlib.Path(rlhf.__file__).parent, library.stat().st_size, "bytes")
"""


def pip(*arguments: str) -> int:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "RLHF_LIBRARY")}
    return subprocess.run([str(python), "-m", "pip", "install", "--quiet", *arguments], env=environment).returncode


def run() -> str:
    return subprocess.run([str(python), "-I", "-c", client], check=True, text=True, capture_output=True,
                          cwd=folder).stdout.strip()


venv.create(folder / "environment", with_pip=True, clear=True)
if pip("numpy", "scikit-build-core") != 0:
    print("skipped: pip cannot install numpy and scikit-build-core here")
    sys.exit(0)
for arguments in ([str(source)], ["--editable", str(source)]):
    started = time.monotonic()
    if pip(*quick, *arguments) != 0:
        sys.exit(f"pip install {' '.join(arguments)} failed")
    print(f"pip install {' '.join(arguments)}: {time.monotonic() - started:.0f} s\n  {run()}")
