# SPDX-License-Identifier: MIT
from conan import ConanFile


class System(ConanFile):
    """Stands for a package whose headers the system has. Name and version come by the command line."""

    package_type = "header-library"
    names = {"xsimd": ("xsimd", "xsimd"), "eigen": ("Eigen3", "Eigen3::Eigen")}

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", self.names[self.name][0])
        self.cpp_info.set_property("cmake_target_name", self.names[self.name][1])
        self.cpp_info.includedirs = ["/usr/include/eigen3"] if self.name == "eigen" else []
