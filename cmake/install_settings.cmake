# SPDX-License-Identifier: Apache-2.0
# Run by `cmake --install`, which knows the prefix: the configuration, unless there is one, and
# the units with the programs' paths. Given: source (conf/), made (the build tree), sbindir, bindir,
# docdir.
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
    set(settings /etc/goneaway) # where the daemon looks without -c
else()
    set(settings ${CMAKE_INSTALL_PREFIX}/etc/goneaway)
endif()
if(EXISTS $ENV{DESTDIR}${settings}/goneaway.conf)
    message(STATUS "Kept: $ENV{DESTDIR}${settings}/goneaway.conf")
else()
    make_directory(${settings})
    file(INSTALL DESTINATION ${settings} TYPE FILE FILES ${source}/goneaway.conf)
    # it is the administrator's from now on: what deletes all in install_manifest.txt spares it
    list(REMOVE_ITEM CMAKE_INSTALL_MANIFEST_FILES ${settings}/goneaway.conf)
endif()

set(SBINDIR ${CMAKE_INSTALL_PREFIX}/${sbindir})
if(IS_ABSOLUTE ${sbindir})
    set(SBINDIR ${sbindir})
endif()
set(BINDIR ${CMAKE_INSTALL_PREFIX}/${bindir})
if(IS_ABSOLUTE ${bindir})
    set(BINDIR ${bindir})
endif()
set(DOCDIR ${CMAKE_INSTALL_PREFIX}/${docdir})
if(IS_ABSOLUTE ${docdir})
    set(DOCDIR ${docdir})
endif()
foreach(unit IN ITEMS goneawayd.service goneaway-scan.service)
    configure_file(${source}/${unit} ${made}/${unit} @ONLY)
endforeach()
make_directory(${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system TYPE FILE
    FILES ${made}/goneawayd.service ${made}/goneaway-scan.service ${source}/goneaway-scan.timer)
