#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench/cycles/cycles.py [avx512] [avx2] [neon]: instructions and estimated cycles of the hot loops, as tables

All numbers are per token (step, logit). probe.cpp runs once through each loop and says which instructions it executed:
what is counted is the path of usual data. llvm-mca estimates its cycles; it knows no caches that miss, no branches that
are mispredicted and no store that a load must wait for. It models all of Apple's processors as the A7, whose
multiply-add takes 8 cycles.
"""

import collections
import os
import pathlib
import re
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
root = here.parents[1]
build = root / "build" / "cycles"
llvm = os.environ.get("LLVM", "-19")  # what the names of LLVM's programs end in

# instruction set: its compiler, floats in a register, what prints the addresses of instructions, processors of llvm-mca
targets = {
    "avx512": ("g++ -march=sapphirerapids", 16, "", ("znver4", "sapphirerapids")),
    "avx2": ("g++ -march=x86-64-v3", 8, "", ("znver3", "alderlake")),
    "neon": (
        "aarch64-linux-gnu-g++ -march=armv8.4-a -Wno-psabi -idirafter /usr/include",  # xsimd is there
        4,
        "qemu-aarch64 -singlestep -d exec,nochain -D {log}",
        ("neoverse-v2", "apple-a14"),
    ),
}
# loop: its function, the tokens that it gets, and the tokens of one turn if a register has so many floats
loops = {
    "policy loss": (r"token_loop<.*::hot_loop<3", 2048, lambda width: 16),
    "gae": (r"step_scan<.*::(sweep<.*sweep_of\)0>|operator\(\))", 2048, lambda width: max(8, width)),
    "softmax, entropy": (r"softmax_pass<.*::add<.*, false, float>", 1024, lambda width: 128),
    "its gradient": (r"softmax_pass<.*::slopes<true", 2048, lambda width: 4 * width),
}
turns = 4  # that are looked at: the softmax widens its sums in every fourth

kinds = {
    "vector": re.compile(r"%[xyz]mm|\bv\d+\.|\bq\d+\b"),
    "scalar float": re.compile(r"^((?!vbroadcast)\w+s[sd] |(f(?!mov)\w+|[su]cvtf) .*\b[sd]\d+\b)"),
    "stack": re.compile(r"\(%r[sb]p\b|\[(sp|x29)\b"),
}


def run(command, **more):
    return subprocess.run(command.split(), check=True, stdout=subprocess.PIPE, text=True, **more).stdout


def executed(name):
    """What the probe executed: (function, address, instruction)."""
    compiler, _, runner, _ = targets[name]
    program, log = build / name, build / f"{name}.log"
    run(f"{compiler} -std=c++20 -O3 -static -no-pie -I{root}/include {here}/probe.cpp -o {program}")
    trace = run(f"{runner.format(log=log)} {program}")
    code, function = {}, ""
    for line in run(f"llvm-objdump{llvm} -d -C --no-show-raw-insn {program}").splitlines():
        if begin := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            function = begin[1]
        elif at := re.match(r"\s*([0-9a-f]+):\s+(.*)", line):
            text = re.sub(r"\s+", " ", re.sub(r"<.*|//.*|\s# .*", "", at[2])).strip()
            text = re.sub(r"0x[0-9a-f]{6}$", ".", text)  # where it jumps to
            code[int(at[1], 16)] = function, int(at[1], 16), text
    lines = log.read_text() if runner else trace
    return [code[at] for at in (int(a, 16) for a in re.findall(r"^Trace .*?/([0-9a-f]+)/", lines, re.M)) if at in code]


def some_turns(path, function, how_many):
    """The last turns of a function's loop. It begins at the first place that the path meets so often."""
    part = [(at, text) for f, at, text in path if re.search(function, f)]
    met = collections.Counter(at for at, _ in part)
    head = next(at for at, _ in part if met[at] == how_many)
    begins = [i for i, (at, _) in enumerate(part) if at == head][-turns - 1 :]
    return [text for _, text in part[begins[0] : begins[-1]]]


def cycles(instructions, cpu, repeat=20):
    triple = "aarch64" if cpu in targets["neon"][3] else "x86_64"
    command = f"llvm-mca{llvm} -mtriple={triple} -mcpu={cpu} -iterations={repeat} -instruction-info=0"
    report = run(f"{command} -resource-pressure=0", input="\n".join(instructions))
    return int(re.search(r"Total Cycles:\s+(\d+)", report)[1]) / repeat


def main():
    build.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or targets:
        _, width, _, cpus = targets[name]
        print(f"\n| {name} | " + " | ".join(["instructions", *kinds, *cpus]) + " |")
        print("|---|" + "--:|" * (1 + len(kinds) + len(cpus)))
        path = executed(name)
        for loop, (function, tokens, block) in loops.items():
            turn = some_turns(path, function, tokens // block(width))
            (build / f"{name} {loop}.s").write_text("\n".join(turn) + "\n")  # to be read
            found = [sum(bool(kind.search(text)) for text in turn) for kind in kinds.values()]
            numbers = [len(turn), *found, *(cycles(turn, cpu) for cpu in cpus)]
            print(f"| {loop} | " + " | ".join(f"{n / (turns * block(width)):.2f}" for n in numbers) + " |", flush=True)


main()
