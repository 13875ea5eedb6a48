# SPDX-License-Identifier: Apache-2.0
# Where Debian would put it. The programs are installed where they are made (daemon/). The prefix
# is the one of `cmake --install`, which may be another than at configuration.
set(data ${CMAKE_INSTALL_DATADIR}/goneaway)

# what the programs read, found beside them by setup_data_dir()
install(DIRECTORY conf/phrases conf/letters DESTINATION ${data} FILES_MATCHING PATTERN "*.conf")
install(FILES conf/services.conf conf/kinds.conf conf/carriers.conf sql/admin.sql
    DESTINATION ${data})

# what the administrator edits stays as it is; the unit names the daemon's place
install(FILES conf/goneaway.conf conf/mbsyncrc.example DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY conf/monitoring DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(CODE "set(source \"${PROJECT_SOURCE_DIR}/conf\")
set(sbindir \"${CMAKE_INSTALL_SBINDIR}\")
set(bindir \"${CMAKE_INSTALL_BINDIR}\")
set(docdir \"${CMAKE_INSTALL_DOCDIR}\")")
install(SCRIPT ${PROJECT_SOURCE_DIR}/cmake/install_settings.cmake)
install(FILES conf/goneaway.sysusers DESTINATION lib/sysusers.d RENAME goneaway.conf)
install(FILES conf/goneaway.tmpfiles DESTINATION lib/tmpfiles.d RENAME goneaway.conf)

# completion: the shells look for it under the program's name
install(FILES conf/completion/goneaway.bash RENAME goneaway
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES conf/completion/goneaway.bash RENAME goneawayd
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES conf/completion/_goneaway DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)

# manuals, and what is to be read
foreach(section IN ITEMS 1 5 8)
    file(GLOB manuals CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/doc/man/*.${section})
    install(FILES ${manuals} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
file(GLOB texts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/doc/*.md)
install(FILES ${texts} DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md README.ja.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
