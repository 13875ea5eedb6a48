# SPDX-License-Identifier: Apache-2.0
# The libraries, each for its own job; doc/CONTRIBUTING.md says which and why.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
foreach(library IN ITEMS gmime-3.0 libpsl libidn2 libxml-2.0 sqlite3 libconfig libcrypto
        libsystemd opendkim)
    string(MAKE_C_IDENTIFIER ${library} name)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${library})
endforeach()
# libmilter ships no pkg-config file
find_path(MILTER_INCLUDE_DIR libmilter/mfapi.h REQUIRED)
find_library(MILTER_LIBRARY milter REQUIRED)
add_library(milter INTERFACE)
target_include_directories(milter SYSTEM INTERFACE ${MILTER_INCLUDE_DIR})
target_link_libraries(milter INTERFACE ${MILTER_LIBRARY})
