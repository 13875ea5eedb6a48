# SPDX-License-Identifier: Apache-2.0
# Run by `cmake --install` before anything is copied: makes the directories that are missing, for
# all to read whatever umask root has. (CMake makes them under the umask; one that is there keeps
# its mode.) Given: made (the build tree), whose rules of installation name the directories.
function(make_directory path)
    if(path STREQUAL "/") # DESTDIR itself
        file(MAKE_DIRECTORY "$ENV{DESTDIR}/")
    elseif(NOT EXISTS "$ENV{DESTDIR}${path}")
        get_filename_component(parent "${path}" DIRECTORY)
        make_directory("${parent}")
        file(MAKE_DIRECTORY "$ENV{DESTDIR}${path}")
        file(CHMOD "$ENV{DESTDIR}${path}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
            GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    endif()
endfunction()

file(GLOB rules ${made}/cmake_install.cmake ${made}/*/cmake_install.cmake)
foreach(file IN LISTS rules)
    file(STRINGS ${file} lines REGEX "DESTINATION \"")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE ".*DESTINATION \"([^\"]*)\".*" "\\1" path "${line}")
        string(REPLACE "\${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_PREFIX}" path "${path}")
        make_directory("${path}")
    endforeach()
endforeach()
