# SPDX-License-Identifier: MIT
# Made by tools/interface/write_python.py from the C++ headers.
version = "0.1.0"
