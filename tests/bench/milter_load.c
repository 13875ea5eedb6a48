/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * milter_load - loads a milter as an MTA would, and tells how it answered. The daemon under test
 * may be any milter.
 *
 *     milter_load -s SOCKET -f FOLDER [-c CONNECTIONS] [-n MESSAGES] [-m MESSAGES-A-CONNECTION]
 *                 [-r RATE] [-a ADDRESSES] [-z EXPONENT] [-d DOMAINS] [-A PERMILLE] [-D PERMILLE]
 *                 [-k FIRST] [-H]
 *
 * SOCKET is unix:PATH, local:PATH or inet:PORT@HOST. The *.eml files of FOLDER are sent in one
 * shuffled order, the same in every run; Return-Path is taken for the envelope sender, to which
 * the message's number is added, so that each is a message of its own. Recipients are drawn from
 * ADDRESSES by a Zipf law, on DOMAINS domains (one: example.com; else d<number>.example). Without
 * -r every connection sends as fast as it is answered; with -r messages are due RATE a second.
 * -A and -D abort and break off so many of a thousand messages half way. -H opens the
 * connections, sends half a body on each, prints "held" and waits for the end of its input.
 *
 * It speaks protocol 6 as Postfix does: macros before every field and every piece of the body,
 * and what needs no reply goes out in one write. What a milter may not say is counted as an
 * error. One line of JSON tells the figures; the exit status is 1 where there was an error.
 */
#include "milter_load.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ADDRESS_MAX 128

struct options {
    const char *socket;
    const char *folder;
    unsigned connections;
    unsigned messages;
    unsigned per_connection;
    double rate;
    double addresses;
    double exponent;
    unsigned domains;
    unsigned aborted; /* of a thousand */
    unsigned dropped;
    unsigned first;
    bool hold;
};

/* What one connection's thread saw. */
struct figures {
    double *answers; /* milliseconds from the last octet of a message to its verdict */
    double *wholes;  /* from MAIL to the verdict */
    size_t count;
    unsigned long replies[256]; /* verdicts by letter */
    unsigned long refused;      /* at RCPT */
    unsigned long aborted;
    unsigned long edits;
    unsigned long errors;
    double late; /* most milliseconds that a paced message began too late */
};

struct worker {
    pthread_t thread;
    struct figures figures;
    uint64_t random;
};

static struct options options = {.connections = 8,
    .messages = 1000,
    .per_connection = 1,
    .addresses = 10000,
    .exponent = 1.0,
    .domains = 1};
static struct load_mix mix;
static atomic_uint next_message;
static double began;
static atomic_uint held;

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void sleep_until(double ms)
{
    struct timespec until = {.tv_sec = (time_t)(ms / 1e3)};

    until.tv_nsec = (long)((ms - (double)until.tv_sec * 1e3) * 1e6);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

/* splitmix64: the same numbers in every run. */
static uint64_t scramble(uint64_t number)
{
    number += 0x9E3779B97F4A7C15u;
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9u;
    number = (number ^ (number >> 27)) * 0x94D049BB133111EBu;
    return number ^ (number >> 31);
}

static double fraction(uint64_t number)
{
    return (double)(scramble(number) >> 11) / 9007199254740992.0;
}

/* The rank of the address that a message goes to: Zipf's law, by the inverse of its integral. */
static unsigned long rank_of(unsigned message)
{
    double u = fraction(message), n = options.addresses, s = options.exponent, x;

    x = fabs(s - 1.0) < 1e-9 ? pow(n + 1, u) : pow(u * (pow(n + 1, 1 - s) - 1) + 1, 1 / (1 - s));
    return (unsigned long)(x < n ? x : n);
}

static void write_address(unsigned message, char out[ADDRESS_MAX])
{
    unsigned long rank = rank_of(message);

    if (options.domains == 1)
        snprintf(out, ADDRESS_MAX, "<user%lu@example.com>", rank);
    else
        snprintf(out, ADDRESS_MAX, "<user%lu@d%lu.example>", rank,
            (unsigned long)(scramble(rank) % options.domains));
}

/* The number stands before the '@', as in the return paths of bulk senders. */
static void write_sender(const struct load_mail *mail, unsigned message, char out[ADDRESS_MAX])
{
    const char *at = strchr(mail->sender, '@');

    if (at == NULL)
        snprintf(out, ADDRESS_MAX, "<>");
    else
        snprintf(
            out, ADDRESS_MAX, "<%.*s-%u%s>", (int)(at - mail->sender), mail->sender, message, at);
}

static const struct load_mail *mail_of(unsigned message)
{
    return &mix.mails[message % mix.count];
}

static void note(struct figures *figures, double answer, double whole)
{
    figures->answers[figures->count] = answer;
    figures->wholes[figures->count++] = whole;
}

/* The envelope; false where the message ends with it. */
static bool send_envelope(struct load_link *link, struct figures *figures, unsigned message)
{
    char sender[ADDRESS_MAX], recipient[ADDRESS_MAX];
    int letter;

    write_sender(mail_of(message), message, sender);
    write_address(message, recipient);
    letter = load_mail_from(link, sender);
    if (letter == 'c')
        letter = load_rcpt_to(link, recipient);
    if (letter == 'c')
        return true;
    if (letter == 'y' || letter == 't' || letter == 'r')
        figures->refused++;
    else
        figures->errors++;
    return false;
}

/* Sends one message. False where the connection is of no more use. */
static bool send_message(struct load_link *link, struct figures *figures, unsigned message)
{
    double start = now_ms(), end;
    unsigned chance = (unsigned)(scramble(message * 7u + 1) % 1000);
    int letter;

    if (!send_envelope(link, figures, message))
        return load_abort(link);
    if (chance < options.aborted + options.dropped) {
        figures->aborted++;
        return load_half(link, &mix, mail_of(message)) && chance < options.aborted &&
               load_abort(link);
    }
    letter = load_content(link, &mix, mail_of(message));
    if (letter == 'c')
        letter = load_end(link, message);
    end = now_ms();
    figures->edits += link->edits;
    if (letter <= 0 || strchr("cadrty", letter) == NULL) {
        figures->errors++;
        return false;
    }
    figures->replies[letter]++;
    note(figures, end - link->ended, end - start);
    return letter == 'c' || letter == 'a' || letter == 'd' || load_abort(link);
}

/* Takes the number of the next message once it is due. */
static bool take_message(struct figures *figures, unsigned *out)
{
    unsigned number = atomic_fetch_add(&next_message, 1);
    double due, late;

    if (number >= options.messages)
        return false;
    if (options.rate > 0) {
        due = began + number * 1e3 / options.rate;
        late = now_ms() - due;
        if (late < 0)
            sleep_until(due);
        else if (late > figures->late)
            figures->late = late;
    }
    *out = options.first + number;
    return true;
}

static void *run(void *cookie)
{
    struct worker *worker = cookie;
    struct figures *figures = &worker->figures;
    unsigned message;
    bool more = take_message(figures, &message);

    while (more) {
        struct load_link link;
        bool open = load_open(&link, options.socket, &mix);

        if (!open) {
            figures->errors++;
            more = take_message(figures, &message);
        }
        for (unsigned i = 0; open && more && i < options.per_connection; i++) {
            open = send_message(&link, figures, message);
            more = take_message(figures, &message);
        }
        load_close(&link, open);
    }
    return NULL;
}

/* Half a message, and then nothing. */
static void *run_held(void *cookie)
{
    struct worker *worker = cookie;
    struct load_link link;
    unsigned message = (unsigned)(worker->random % options.messages);
    bool open = load_open(&link, options.socket, &mix) &&
                send_envelope(&link, &worker->figures, message) &&
                load_half(&link, &mix, mail_of(message));

    worker->figures.errors += !open;
    if (atomic_fetch_add(&held, 1) + 1 == options.connections) {
        sleep(1); /* until it has been read */
        puts("held");
        fflush(stdout);
    }
    while (atomic_load(&next_message) == 0)
        usleep(20000);
    load_close(&link, open);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t count, double q)
{
    return count == 0 ? 0 : sorted[(size_t)(q * (double)(count - 1) + 0.5)];
}

static void add(struct figures *to, const struct figures *from)
{
    memcpy(to->answers + to->count, from->answers, from->count * sizeof(double));
    memcpy(to->wholes + to->count, from->wholes, from->count * sizeof(double));
    to->count += from->count;
    for (size_t i = 0; i < 256; i++)
        to->replies[i] += from->replies[i];
    to->refused += from->refused;
    to->aborted += from->aborted;
    to->edits += from->edits;
    to->errors += from->errors;
    to->late = from->late > to->late ? from->late : to->late;
}

static void print(struct figures *all, double seconds)
{
    qsort(all->answers, all->count, sizeof(double), compare);
    qsort(all->wholes, all->count, sizeof(double), compare);
    printf("{\"messages\": %zu, \"seconds\": %.3f, \"rate\": %.1f, ", all->count, seconds,
        (double)all->count / seconds);
    printf("\"answer_p50\": %.3f, \"answer_p99\": %.3f, \"whole_p50\": %.3f, \"whole_p99\": %.3f, ",
        quantile(all->answers, all->count, 0.5), quantile(all->answers, all->count, 0.99),
        quantile(all->wholes, all->count, 0.5), quantile(all->wholes, all->count, 0.99));
    printf("\"accepted\": %lu, \"rejected\": %lu, \"tempfailed\": %lu, \"refused\": %lu, ",
        all->replies['c'] + all->replies['a'] + all->replies['d'],
        all->replies['r'] + all->replies['y'], all->replies['t'], all->refused);
    printf("\"edits\": %lu, \"aborted\": %lu, \"late\": %.1f, \"errors\": %lu}\n", all->edits,
        all->aborted, all->late, all->errors);
}

static bool prepare_figures(struct figures *figures)
{
    figures->answers = calloc(options.messages, sizeof(double));
    figures->wholes = calloc(options.messages, sizeof(double));
    return figures->answers != NULL && figures->wholes != NULL;
}

/* Runs all workers; false where not all could be started. */
static bool run_all(struct worker *workers)
{
    pthread_attr_t attributes;
    unsigned started = 0;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    began = now_ms();
    for (; started < options.connections; started++) {
        workers[started].random = scramble(started);
        if (!prepare_figures(&workers[started].figures) ||
            pthread_create(&workers[started].thread, &attributes, options.hold ? run_held : run,
                &workers[started]) != 0)
            break;
    }
    if (options.hold) {
        while (getchar() != EOF)
            continue;
        atomic_store(&next_message, 1);
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_attr_destroy(&attributes);
    return started == options.connections;
}

static int usage(void)
{
    fputs("usage: milter_load -s SOCKET -f FOLDER [-c CONNECTIONS] [-n MESSAGES]\n"
          "                   [-m MESSAGES-A-CONNECTION] [-r RATE] [-a ADDRESSES] [-z EXPONENT]\n"
          "                   [-d DOMAINS] [-A PERMILLE] [-D PERMILLE] [-k FIRST] [-H]\n",
        stderr);
    return 64;
}

static bool read_option(int option, const char *value)
{
    unsigned number = value != NULL ? (unsigned)strtoul(value, NULL, 10) : 0;

    switch (option) {
    case 's':
        options.socket = value;
        return true;
    case 'f':
        options.folder = value;
        return true;
    case 'c':
        options.connections = number;
        return number > 0;
    case 'n':
        options.messages = number;
        return number > 0;
    case 'm':
        options.per_connection = number;
        return number > 0;
    case 'r':
        options.rate = strtod(value, NULL);
        return options.rate >= 0;
    case 'a':
        options.addresses = strtod(value, NULL);
        return options.addresses >= 1;
    case 'z':
        options.exponent = strtod(value, NULL);
        return options.exponent >= 0;
    case 'd':
        options.domains = number;
        return number > 0;
    case 'A':
        options.aborted = number;
        return true;
    case 'D':
        options.dropped = number;
        return true;
    case 'k':
        options.first = number;
        return true;
    case 'H':
        options.hold = true;
        return true;
    default:
        return false;
    }
}

static void free_figures(struct figures *figures)
{
    free(figures->answers);
    free(figures->wholes);
}

/* The exit status. */
static int load_it(struct worker *workers)
{
    struct figures all = {0};
    double start;
    int code = 74;

    mix.halved = options.hold;
    if (!prepare_figures(&all) || !load_read_mix(&mix, options.folder) ||
        !load_prepare(&mix, options.socket))
        goto out;
    start = now_ms();
    code = 71;
    if (!run_all(workers))
        goto out;
    for (unsigned i = 0; i < options.connections; i++)
        add(&all, &workers[i].figures);
    print(&all, (now_ms() - start) / 1e3);
    code = all.errors == 0 ? 0 : 1;
out:
    free_figures(&all);
    load_free_mix(&mix);
    return code;
}

int main(int argc, char **argv)
{
    struct worker *workers;
    bool good = true;
    int option, code;

    while ((option = getopt(argc, argv, "s:f:c:n:m:r:a:z:d:A:D:k:H")) != -1)
        good = read_option(option, optarg) && good;
    if (!good || optind != argc || options.socket == NULL || options.folder == NULL)
        return usage();
    workers = calloc(options.connections, sizeof(*workers));
    code = workers == NULL ? 71 : load_it(workers);
    for (unsigned i = 0; workers != NULL && i < options.connections; i++)
        free_figures(&workers[i].figures);
    free(workers);
    return code;
}
