/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * report_print - the sections that text and page share.
 */
#include "report_print.h"

static const struct report_print_section sections[] = {
    {REPORT_RISKIEST, "riskiest", "The riskiest accounts first",
        "Accounts of other people at your addresses. The risk is that of the kind of service (1 to "
        "5), and 3 more where resets or codes came, or 1 for other mail by which an account can be "
        "taken over.",
        "No account of anybody else is known.", "exposure"},
    {REPORT_ALARMS, "alarms", "Somebody may be taking accounts over",
        "Resets and codes of several services to one address within a day.", NULL,
        "takeover_alarm"},
    {REPORT_MATRIX, "matrix", "Which service knows which address",
        "Riskiest addresses first; services by how many of these addresses they know. A cell "
        "tells risk and number of mails.",
        NULL, "exposure"},
    {REPORT_TIMELINE, "timeline", "Mail over time", "All mail, by what was done with it.", NULL,
        "timeline"},
    {REPORT_AROUND, "around", "Before and after the first refusal",
        "Mail in the weeks around the first refusal of each account. A week counts for the "
        "accounts for which all of it was recorded, so mails an account can be compared.",
        NULL, NULL},
    {REPORT_EFFECT, "effect", "Who heeds the refusal",
        "Mail a week before and a week after, by service and reply.", NULL, "reply_effect"},
    {REPORT_STILL, "still", "Who writes on",
        "Services that wrote again after they were refused or told.", NULL, "still_writing"},
    {REPORT_FORECAST, "forecast", "What enforce mode would do",
        "Mail of the last 30 days that would have been treated otherwise. Mail at your own "
        "mailboxes stands first: look at it before you change the mode.",
        NULL, "forecast"},
    {REPORT_IMITATED, "imitated", "Who was imitated",
        "Services that mail without proof claimed to come from.", NULL, "impersonation"},
};

static const char *const first_steps[] = {
    "Nothing has been recorded yet. What helps:",
    "1. Is goneawayd running?  systemctl status goneawayd",
    "2. Does the MTA ask it?  README.md tells what to write into main.cf or sendmail.mc.",
    "3. Does mail reach it?  Send one to an address of the domain from outside.",
    "4. There is a mailbox of the years before?  goneaway scan reads it.",
    "In observe mode nothing is touched: after a day or two this report has something to tell.",
};

const struct report_print_section *report_print_section(size_t index)
{
    return index < sizeof(sections) / sizeof(sections[0]) ? &sections[index] : NULL;
}

bool report_print_is_empty(const struct report *report)
{
    return report->tables[REPORT_TIMELINE].rows == 0 && report->tables[REPORT_RISKIEST].rows == 0;
}

const char *report_print_first_step(size_t index)
{
    return index < sizeof(first_steps) / sizeof(first_steps[0]) ? first_steps[index] : NULL;
}
