# SPDX-License-Identifier: MIT
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir

required_conan_version = ">=2.1"


class RlhfConan(ConanFile):
    name = "rlhf"
    description = "PPO and RLHF losses with analytic gradients over the caller's buffers"
    license = "MIT"
    topics = ("rlhf", "ppo", "reinforcement-learning", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_eigen": [True, False]}
    default_options = {"with_eigen": False}
    exports_sources = "CMakeLists.txt", "cmake/*", "include/*", "LICENSE"
    no_copy_source = True
    test_package_folder = "tests/consumers/conan"

    def set_version(self):
        config = load(self, os.path.join(self.recipe_folder, "include", "rlhf", "config.hpp"))
        numbers = re.findall(r"^#define RLHF_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", config, re.MULTILINE)
        self.version = ".".join(numbers)

    def requirements(self):
        self.requires("xsimd/[>=8.1 <15]")
        if self.options.with_eigen:
            self.requires("eigen/[>=3.4 <6]")

    def layout(self):
        cmake_layout(self)
        self.cpp.source.includedirs = ["include"]  # editable mode

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        CMakeDeps(self).generate()
        CMakeToolchain(self).generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        rmdir(self, os.path.join(self.package_folder, "share"))  # Conan writes its own

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "rlhf")
        self.cpp_info.set_property("cmake_config_version_compat", "SameMinorVersion")
        core = self.cpp_info.components["rlhf"]
        core.set_property("cmake_target_name", "rlhf::rlhf")
        core.set_property("pkg_config_name", "rlhf")
        core.requires = ["xsimd::xsimd"]
        core.bindirs = core.libdirs = []
        if self.options.with_eigen:
            eigen = self.cpp_info.components["eigen"]
            eigen.set_property("cmake_target_name", "rlhf::eigen")
            eigen.requires = ["rlhf", "eigen::eigen"]
            eigen.bindirs = eigen.libdirs = []
