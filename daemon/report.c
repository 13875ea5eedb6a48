/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * `goneaway report`: what the ledger tells, as text, and with -o as one HTML page that loads
 * nothing. The ledger is only read, beside a daemon that runs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "err.h"
#include "outfile.h"
#include "report_print.h"
#include "tool.h"
#include "usage.h"

static const char usage[] =
    "usage: goneaway report [-c FILE] [-o PAGE.html] [--mask]\n"
    "       goneaway report [-c FILE] [--mask] --letter SERVICE\n"
    "       goneaway report [-c FILE] --list-languages\n"
    "Tells what the ledger knows of other people's accounts at your addresses.\n"
    "\n"
    "options:\n"
    "  -c FILE            the configuration; without it " TOOL_CONFIG "\n"
    "  -o PAGE.html       write all of it, with a letter for each service, as one page (mode "
    "0600);\n"
    "                     -o - writes the page to standard output instead of the text\n"
    "  --mask             mask addresses everywhere, for a report that others may see\n"
    "  --letter SERVICE   print the letter to one service, such as shop.example\n"
    "  --language TAG     letters in this language, where there are some in it: en, ja, …\n"
    "  --list-languages   print the languages that there are letters in\n"
    "  --sender NAME      who signs the letters\n"
    "  -h, --help         print this\n"
    "example: goneaway report -o /root/goneaway.html\n";

struct arguments {
    const char *config;
    const char *page;
    const char *letter;
    const char *language;
    const char *sender;
    bool mask;
    bool languages;
};

/* After the last of it: has all arrived? */
static int end_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EX_OK;
    fprintf(stderr, "goneaway report: standard output cannot be written: %s\n", strerror(errno));
    return EX_IOERR;
}

static int write_page(const struct report *report, const char *path)
{
    struct outfile file;
    char *why = NULL;
    int r = outfile_open(&file, path, &why);

    if (r == 0) {
        report_print_html(file.stream, report);
        r = outfile_commit(&file, &why);
    }
    if (r != 0)
        fprintf(stderr, "goneaway report: %s\n", why != NULL ? why : err_text(r));
    free(why);
    return r == 0 ? EX_OK : EX_CANTCREAT;
}

static int print_letter(const struct report *report, const char *service, const char *asked)
{
    if (report->service_count == 0 || report->services[0].address_count == 0) {
        fprintf(stderr,
            "goneaway report: there is nothing to tell %s: no open case of it is in the ledger; "
            "goneaway report shows which there are\n",
            service);
        return EX_DATAERR;
    }
    if (report->services[0].letter.subject == NULL) {
        fputs("goneaway report: there are no letters beside the shipped data files, see data_dir\n",
            stderr);
        return EX_NOINPUT;
    }
    if (asked != NULL && strcasestr(asked, report->services[0].letter.language) == NULL)
        fprintf(stderr,
            "goneaway report: there is no letter in \"%s\", so this one is in \"%s\"; one of your "
            "own goes into local_letters\n",
            asked, report->services[0].letter.language);
    report_print_letter(stdout, &report->services[0]);
    return end_output();
}

static int show(const struct report *report, const struct arguments *arguments)
{
    bool to_stdout = arguments->page != NULL && strcmp(arguments->page, "-") == 0;
    int code = EX_OK;

    if (arguments->letter != NULL)
        return print_letter(report, arguments->letter, arguments->language);
    if (to_stdout) {
        report_print_html(stdout, report);
        return end_output();
    }
    if (arguments->page != NULL)
        code = write_page(report, arguments->page);
    report_print_text(stdout, report, code == EX_OK ? arguments->page : NULL);
    return code == EX_OK ? end_output() : code;
}

/* EX_OK, or another exit code when what is wrong was said. */
static int load_letters(const struct config *config, struct letters **out)
{
    struct mistakes mistakes = {0};
    const char *directories[2];
    size_t count = setup_letters(config, directories);
    int r = count == 0 ? ERR_NOMEM : letters_load(directories, count, &mistakes, out);

    for (size_t i = 0; i < mistakes.count && i < MISTAKES_MAX; i++)
        fprintf(stderr, "%s\n", mistakes.lines[i]);
    mistakes_clear(&mistakes);
    return r == 0 ? EX_OK : r == ERR_CONFIG ? EX_CONFIG : EX_OSERR;
}

static int run(const struct config *config, const struct arguments *arguments,
    const struct mask *mask, const struct letters *letters)
{
    const struct report_options options = {.database = config->database,
        .timeout_ms = config->ledger_timeout_ms,
        .mask = mask,
        .letters = letters,
        .service = arguments->letter,
        .language = arguments->language,
        .sender = arguments->sender};
    struct report *report = NULL;
    char *why = NULL;
    int r = report_gather(&options, &report, &why);
    int code;

    if (r != 0)
        fprintf(stderr, "goneaway report: cannot read the ledger %s: %s\n", config->database,
            why != NULL ? why : err_text(r));
    free(why);
    if (r != 0)
        return r == ERR_BUSY ? EX_TEMPFAIL : EX_NOINPUT;
    code = show(report, arguments);
    report_free(&report);
    return code;
}

static int print_languages(const struct letters *letters)
{
    for (size_t i = 0; i < letters_count(letters); i++)
        puts(letters_language(letters, i));
    return end_output();
}

static int report_with(const struct arguments *arguments)
{
    struct setup *setup = NULL;
    struct letters *letters = NULL;
    struct mask *mask = NULL;
    const char **domains = NULL;
    int code = tool_setup(arguments->config, false, &setup);

    if (code == EX_OK)
        code = load_letters(setup->config, &letters);
    if (code == EX_OK && arguments->mask)
        code = tool_mask(setup->config, &domains, &mask);
    if (code == EX_OK && arguments->languages)
        code = print_languages(letters);
    else if (code == EX_OK && tool_ledger_is_there(setup->config, "report"))
        code = run(setup->config, arguments, mask, letters);
    else if (code == EX_OK)
        code = EX_NOINPUT;
    mask_free(&mask);
    free(domains);
    letters_free(&letters);
    setup_drop(&setup);
    return code;
}

int report_main(int argc, char **argv)
{
    static const struct option options[] = {{"mask", no_argument, NULL, 'm'},
        {"letter", required_argument, NULL, 'l'}, {"language", required_argument, NULL, 'L'},
        {"list-languages", no_argument, NULL, 'l' + 256}, {"sender", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct arguments arguments = {0};
    int option;

    while ((option = getopt_long(argc, argv, "c:o:h", options, NULL)) != -1) {
        if (option == 'c')
            arguments.config = optarg;
        else if (option == 'o')
            arguments.page = optarg;
        else if (option == 'm')
            arguments.mask = true;
        else if (option == 'l')
            arguments.letter = optarg;
        else if (option == 'L')
            arguments.language = optarg;
        else if (option == 's')
            arguments.sender = optarg;
        else if (option == 'l' + 256)
            arguments.languages = true;
        else {
            return usage_print(option == 'h' ? stdout : stderr, usage);
        }
    }
    if (optind != argc)
        return usage_wrong("report", "only options are taken; -o PAGE.html names a file", usage);
    if (arguments.letter != NULL && arguments.page != NULL)
        return usage_wrong(
            "report", "--letter prints to standard output and does not go with -o", usage);
    return report_with(&arguments);
}
