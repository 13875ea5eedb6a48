# SPDX-License-Identifier: Apache-2.0
# One target carries every flag that all of our code is compiled with.
include(CheckCCompilerFlag)
add_library(goneaway_flags INTERFACE)
target_compile_definitions(goneaway_flags INTERFACE _GNU_SOURCE
    GONEAWAY_VERSION="${PROJECT_VERSION}")
target_include_directories(goneaway_flags INTERFACE
    ${PROJECT_SOURCE_DIR}/lib ${PROJECT_BINARY_DIR}/generated)
target_compile_options(goneaway_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wpointer-arith -Wvla -Wformat=2 -fno-common)
if(GONEAWAY_WERROR)
    target_compile_options(goneaway_flags INTERFACE -Werror)
endif()
target_compile_options(goneaway_flags INTERFACE -fstack-protector-strong -fPIE)
target_link_options(goneaway_flags INTERFACE -pie -Wl,-z,relro -Wl,-z,now)
check_c_compiler_flag(-fstack-clash-protection HAVE_STACK_CLASH)
if(HAVE_STACK_CLASH)
    target_compile_options(goneaway_flags INTERFACE
        $<$<C_COMPILER_ID:GNU>:-fstack-clash-protection>)
endif()
if(GONEAWAY_SANITIZE)
    target_compile_options(goneaway_flags INTERFACE
        -fsanitize=${GONEAWAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(goneaway_flags INTERFACE -fsanitize=${GONEAWAY_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    # glibc's checked string functions need optimisation, and sanitizers bring their own
    target_compile_options(goneaway_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(GONEAWAY_COVERAGE)
    # threads count in step, so that no count is lost or negative
    target_compile_options(goneaway_flags INTERFACE --coverage -fprofile-update=atomic -O0)
    target_link_options(goneaway_flags INTERFACE --coverage)
endif()
