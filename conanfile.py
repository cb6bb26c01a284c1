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
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_eigen": [True, False], "with_c": [True, False]}
    default_options = {"with_eigen": False, "with_c": False}
    exports_sources = "CMakeLists.txt", "cmake/*", "include/*", "LICENSE"
    no_copy_source = True
    test_package_folder = "tests/consumers/conan"

    def set_version(self):
        config = load(self, os.path.join(self.recipe_folder, "include", "rlhf", "config.hpp"))
        numbers = re.findall(r"^#define RLHF_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", config, re.MULTILINE)
        self.version = ".".join(numbers)

    def requirements(self):
        self.requires("xsimd/[>=8.1 <15]", transitive_headers=True)
        if self.options.with_eigen:
            self.requires("eigen/[>=3.4 <6]", transitive_headers=True)

    def layout(self):
        cmake_layout(self)
        self.cpp.source.includedirs = ["include"]  # editable mode

    def package_id(self):
        if not self.info.options.with_c:
            self.info.clear()  # headers only

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["RLHF_C"] = bool(self.options.with_c)
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        for description in ("share", "lib/cmake", "lib/pkgconfig"):
            rmdir(self, os.path.join(self.package_folder, description))  # Conan writes its own

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
        if self.options.with_c:
            c = self.cpp_info.components["c"]
            c.set_property("cmake_target_name", "rlhf::c")
            c.set_property("pkg_config_name", "rlhf-c")
            c.libs = ["rlhf_c"]
