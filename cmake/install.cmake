# SPDX-License-Identifier: Apache-2.0
# Where Debian would put it.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/conf/phrases DESTINATION ${CMAKE_INSTALL_DATADIR}/goneaway)
install(FILES ${PROJECT_SOURCE_DIR}/sql/admin.sql DESTINATION ${CMAKE_INSTALL_DATADIR}/goneaway)
