# SPDX-License-Identifier: Apache-2.0
# Run by `cmake --install`, which knows the prefix: the configuration, unless there is one, and
# the unit with the daemon's path. Given: source (conf/), made (the build tree), sbindir, docdir.
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
    set(settings /etc/goneaway) # where the daemon looks without -c
else()
    set(settings ${CMAKE_INSTALL_PREFIX}/etc/goneaway)
endif()
if(EXISTS $ENV{DESTDIR}${settings}/goneaway.conf)
    message(STATUS "Kept: $ENV{DESTDIR}${settings}/goneaway.conf")
elseif(EXISTS ${source}/goneaway.conf)
    # a copy does not enter install_manifest.txt: it is the administrator's from now on
    message(STATUS "Installing: $ENV{DESTDIR}${settings}/goneaway.conf")
    file(COPY ${source}/goneaway.conf DESTINATION $ENV{DESTDIR}${settings}
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ
        DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
            WORLD_READ WORLD_EXECUTE)
endif()

set(SBINDIR ${CMAKE_INSTALL_PREFIX}/${sbindir})
if(IS_ABSOLUTE ${sbindir})
    set(SBINDIR ${sbindir})
endif()
set(DOCDIR ${CMAKE_INSTALL_PREFIX}/${docdir})
if(IS_ABSOLUTE ${docdir})
    set(DOCDIR ${docdir})
endif()
configure_file(${source}/goneawayd.service ${made}/goneawayd.service @ONLY)
file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system TYPE FILE
    FILES ${made}/goneawayd.service)
