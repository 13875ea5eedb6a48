# SPDX-License-Identifier: Apache-2.0
# Run as a script: writes OUT, a header with the string ARRAY, from the file SOURCE, a literal a line.
file(READ ${SOURCE} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "?" "\\?" text "${text}") # two in a row could begin a trigraph
string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
file(WRITE ${OUT}.new "/* made from ${SOURCE} by cmake/embed_text.cmake: edit there */\n"
    "static const char ${ARRAY}[] =\n    \"${text}\";\n")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
