# SPDX-License-Identifier: Apache-2.0
# Run as a script: writes OUT, a header with one array of {name, text}, from DIR/*.sql.
# Every line becomes a string literal of its own, so that no compiler limit is met.
file(GLOB sources ${DIR}/*.sql)
list(SORT sources)
set(body "")
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    file(READ ${source} text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "?" "\\?" text "${text}") # two in a row could begin a trigraph
    string(REPLACE "\n" "\\n\"\n        \"" text "${text}")
    string(APPEND body "    {\"${name}\",\n        \"${text}\"},\n")
endforeach()
file(WRITE ${OUT}.new "/* made from sql/ by cmake/embed_sql.cmake: edit there */\n"
    "static const struct {\n    const char *name;\n    const char *text;\n} sql_embedded[] = {\n"
    "${body}};\n")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
