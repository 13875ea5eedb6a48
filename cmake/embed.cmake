# SPDX-License-Identifier: Apache-2.0
# embed_sql(OUT DIR): turns every DIR/*.sql into a C string, so that the daemon carries its
# schema with it and no file can be missing at run time.
function(embed_sql out dir)
    file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.sql)
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DDIR=${dir}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
        DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
        COMMENT "embedding the SQL of ${dir}" VERBATIM)
endfunction()

# embed_text(OUT FILE ARRAY): one file as a C string named ARRAY, for the same reason.
function(embed_text out source array)
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSOURCE=${source} -DARRAY=${array}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
        DEPENDS ${source} ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
        COMMENT "embedding ${source}" VERBATIM)
endfunction()
