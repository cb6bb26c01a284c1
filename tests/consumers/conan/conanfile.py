# SPDX-License-Identifier: MIT
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class RlhfTestConan(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            options = self.dependencies["rlhf"].options
            programs = ["plain"] + [name for name in ("with_eigen", "with_c") if options.get_safe(name)]
            for program in programs:
                self.run(os.path.join(self.cpp.build.bindir, program), env="conanrun")
                self.output.info(f"{program}: right")
