# SPDX-License-Identifier: Apache-2.0
# Run by the target coverage_report: all tests from counters at nought, then the table of branches
# of lib/. Fails where a test does, and where fewer branches than LEAST percent were taken.
# COVERAGE_TESTS in the environment: a regular expression for ctest -R, and the counters stay.
if(NOT GCOVR)
    message(FATAL_ERROR "gcovr is not there: install Debian's package gcovr, then configure anew")
endif()
set(tests "")
if(DEFINED ENV{COVERAGE_TESTS})
    set(tests -R "$ENV{COVERAGE_TESTS}")
else()
    file(GLOB_RECURSE counters "${BUILD}/*.gcda")
    if(counters)
        file(REMOVE ${counters})
    endif()
endif()
execute_process(COMMAND ${CTEST} --test-dir "${BUILD}" --output-on-failure -j2 ${tests}
    RESULT_VARIABLE failed)
execute_process(COMMAND "${GCOVR}" --root "${SOURCE}" --filter "${SOURCE}/lib/" --branches
        --sort-percentage --print-summary --fail-under-branch ${LEAST}
        --json "${BUILD}/coverage.json" --txt - "${BUILD}"
    RESULT_VARIABLE too_few)
if(failed)
    message(FATAL_ERROR "tests failed: see above")
endif()
if(too_few)
    message(FATAL_ERROR "fewer than ${LEAST} % of the branches of lib/ were taken, or gcovr failed")
endif()
