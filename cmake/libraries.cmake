# SPDX-License-Identifier: Apache-2.0
# The libraries, each for its own job; doc/CONTRIBUTING.md says which and why.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
foreach(library IN ITEMS gmime-3.0 libpsl libidn2 libxml-2.0 sqlite3 libconfig libcrypto opendkim)
    string(MAKE_C_IDENTIFIER ${library} name)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${library})
endforeach()
# the metrics' endpoint; the file for node_exporter needs none
if(NOT GONEAWAY_HTTP STREQUAL "OFF")
    if(GONEAWAY_HTTP STREQUAL "AUTO")
        pkg_check_modules(libmicrohttpd IMPORTED_TARGET libmicrohttpd)
    else()
        pkg_check_modules(libmicrohttpd REQUIRED IMPORTED_TARGET libmicrohttpd)
    endif()
    if(libmicrohttpd_FOUND)
        target_compile_definitions(goneaway_flags INTERFACE GONEAWAY_HTTP)
        # the name that a program linked with it would ask for
        list(GET libmicrohttpd_LINK_LIBRARIES 0 library)
        execute_process(COMMAND ${CMAKE_READELF} -d ${library} OUTPUT_VARIABLE dynamic
            ERROR_QUIET)
        if(NOT dynamic MATCHES "SONAME\\)[^[]*\\[([^]]+)\\]")
            message(FATAL_ERROR "${library} has no name of its own (SONAME): GONEAWAY_HTTP=OFF builds without it")
        endif()
        set(GONEAWAY_HTTP_LIBRARY ${CMAKE_MATCH_1})
    else()
        message(STATUS "no libmicrohttpd: metrics can be written to a file, not served")
    endif()
endif()
# libmilter ships no pkg-config file
find_path(MILTER_INCLUDE_DIR libmilter/mfapi.h REQUIRED)
find_library(MILTER_LIBRARY milter REQUIRED)
add_library(milter INTERFACE)
target_include_directories(milter SYSTEM INTERFACE ${MILTER_INCLUDE_DIR})
target_link_libraries(milter INTERFACE ${MILTER_LIBRARY})
# daemon/ahead.c stands before the functions by which libmilter accepts, waits, reads and closes: it
# must be all of them, or octets would come out of order
execute_process(COMMAND ${CMAKE_NM} -D --undefined-only ${MILTER_LIBRARY}
    OUTPUT_VARIABLE milter_calls ERROR_QUIET)
string(REGEX MATCHALL "[ \n](accept4?|close|poll|__poll_chk|ppoll|select|epoll_wait|read|__read_chk|readv|recv|__recv_chk|recvfrom|recvmsg)[@\n]"
    milter_calls "${milter_calls}")
list(TRANSFORM milter_calls REPLACE "[ @\n]" "")
set(GONEAWAY_AHEAD OFF)
if("accept" IN_LIST milter_calls AND "poll" IN_LIST milter_calls AND "read" IN_LIST milter_calls
        AND "close" IN_LIST milter_calls)
    set(GONEAWAY_AHEAD ON)
endif()
list(REMOVE_ITEM milter_calls accept close poll __poll_chk read __read_chk)
if(milter_calls)
    set(GONEAWAY_AHEAD OFF)
endif()
if(NOT GONEAWAY_AHEAD)
    message(STATUS "${MILTER_LIBRARY} reads in a way that is not known: nothing is read ahead")
endif()
