/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * measure_kinds [-o PREDICTIONS] [-s SOURCE,…] [-x SOURCE,…] [-e COUNT] [-k KIND] CONF CORPUS
 *
 * Judges every mail of a labelled corpus by the daemon's own code, in one process, and prints
 * how often it is right. CONF is the directory of phrases/, kinds.conf and carriers.conf; CORPUS
 * holds labels.tsv (path, kind, alt, lang, source, …, tab-separated, with a header line) and the
 * mails it names. -s measures only these sources, -x leaves these out; -e lists wrong mails with
 * the reasons, -k only those of this true kind. "spam" counts as "other".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "kind.h"
#include "mail.h"
#include "text.h"

#define FIELDS_MAX 12
#define GROUPS_MAX 400

struct options {
    const char *conf;
    const char *corpus;
    const char *predictions;
    const char *only;
    const char *without;
    const char *true_kind;
    long errors;
};

/* Mails of one language or source. */
struct group {
    char name[64];
    unsigned count;
    unsigned right;
    unsigned service;
    unsigned service_found;
};

struct figures {
    unsigned count;
    unsigned exact;
    unsigned right; /* or an accepted alternative */
    unsigned confusion[KIND_COUNT][KIND_COUNT];
    unsigned of_kind[KIND_COUNT];
    unsigned right_of_kind[KIND_COUNT];
    unsigned false_of_kind[KIND_COUNT];
    unsigned service_hit;
    unsigned service_missed;
    unsigned service_false;
    unsigned critical;
    unsigned critical_found;
    unsigned critical_right;
    unsigned personal;
    unsigned personal_false;
    unsigned spam;
    unsigned spam_false;
    struct group languages[GROUPS_MAX];
    size_t language_count;
    struct group sources[GROUPS_MAX];
    size_t source_count;
    double seconds_text;
    double seconds_kind;
    long told;
};

struct label {
    char *fields[FIELDS_MAX];
    enum kind kind;
    unsigned accepted; /* bits of kinds */
    bool spam;
};

static struct group *group_of(struct group *groups, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(groups[i].name, name) == 0)
            return &groups[i];
    if (*count == GROUPS_MAX)
        return &groups[0];
    snprintf(groups[*count].name, sizeof(groups[0].name), "%s", name);
    return &groups[(*count)++];
}

static bool kind_of_label(const char *name, size_t length, enum kind *out)
{
    char text[32];

    snprintf(text, sizeof(text), "%.*s", (int)length, name);
    if (strcmp(text, "spam") == 0)
        snprintf(text, sizeof(text), "other");
    return kind_from_name(text, out);
}

/* Splits a line of labels.tsv; false for a line that is none. */
static bool read_label(char *line, struct label *label)
{
    size_t count = 0;
    enum kind kind;

    *label = (struct label){0};
    for (char *rest = line, *field; (field = strsep(&rest, "\t\n")) != NULL && count < FIELDS_MAX;)
        label->fields[count++] = field;
    if (count < 5 || !kind_of_label(label->fields[1], strlen(label->fields[1]), &label->kind))
        return false;
    label->spam = strcmp(label->fields[1], "spam") == 0;
    label->accepted = 1u << label->kind;
    for (const char *alt = label->fields[2]; *alt != '\0';) {
        size_t length = strcspn(alt, ",");

        if (kind_of_label(alt, length, &kind))
            label->accepted |= 1u << kind;
        alt += length + (alt[length] == ',');
    }
    return true;
}

static bool lists(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strstr(list, name); at != NULL; at = strstr(at + 1, name))
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

static bool is_wanted(const struct options *options, const struct label *label)
{
    const char *source = label->fields[4];

    return (options->only == NULL || lists(options->only, source)) &&
           (options->without == NULL || !lists(options->without, source));
}

static unsigned service_bits(void)
{
    unsigned bits = 0;

    for (int i = 0; i < KIND_COUNT; i++)
        if (kind_is_service((enum kind)i))
            bits |= 1u << i;
    return bits;
}

/* Mails of which both service and other kinds are accepted say nothing of that border. */
static void count_border(struct figures *figures, const struct label *label, enum kind kind)
{
    unsigned service = service_bits();
    bool truth = kind_is_service(label->kind);
    bool judged = kind_is_service(kind);

    if (label->accepted & (truth ? ~service : service))
        return;
    figures->service_hit += truth && judged;
    figures->service_missed += truth && !judged;
    figures->service_false += !truth && judged;
    if (label->kind == KIND_PERSONAL) {
        figures->personal++;
        figures->personal_false += judged;
    }
}

static void count_group(struct group *group, const struct label *label, enum kind kind, bool right)
{
    group->count++;
    group->right += right;
    if (kind_is_service(label->kind)) {
        group->service++;
        group->service_found += kind_is_service(kind);
    }
}

static bool count(struct figures *figures, const struct label *label, enum kind kind)
{
    bool right = (label->accepted >> kind & 1) != 0;

    figures->count++;
    figures->exact += kind == label->kind;
    figures->right += right;
    figures->confusion[label->kind][kind]++;
    figures->of_kind[label->kind]++;
    figures->right_of_kind[label->kind] += right;
    figures->false_of_kind[kind] += !right;
    count_border(figures, label, kind);
    if (kind_is_critical(label->kind)) {
        figures->critical++;
        figures->critical_found += kind_is_critical(kind);
        figures->critical_right += right;
    }
    figures->spam += label->spam;
    figures->spam_false += label->spam && kind_is_service(kind);
    count_group(group_of(figures->languages, &figures->language_count, label->fields[3]), label,
        kind, right);
    count_group(
        group_of(figures->sources, &figures->source_count, label->fields[4]), label, kind, right);
    return right;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *read_file(const char *path, size_t *length)
{
    FILE *stream = fopen(path, "rb");
    char *bytes = NULL;
    long size;

    if (stream == NULL)
        return NULL;
    if (fseek(stream, 0, SEEK_END) == 0 && (size = ftell(stream)) >= 0) {
        rewind(stream);
        bytes = malloc((size_t)size + 1);
        *length = bytes == NULL ? 0 : fread(bytes, 1, (size_t)size, stream);
    }
    fclose(stream);
    return bytes;
}

/* The address of From, near enough for the kind: what stands in <>, or the word with the '@'. */
static const char *from_of(struct mail *mail)
{
    const struct mail_field *field = mail_field(mail, "From", 0);
    const char *value = field == NULL ? NULL : mail_unfold(mail->arena, field);
    const char *start;
    char *from;

    if (value == NULL || (start = strrchr(value, '@')) == NULL)
        return NULL;
    while (start > value && strchr(" <\"", start[-1]) == NULL)
        start--;
    from = arena_strndup(mail->arena, start, strcspn(start, " >\""));
    for (char *c = from; c != NULL && *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    return from;
}

struct judge {
    struct phrases *phrases;
    struct kind_rules *rules;
};

static struct mail *take_mail(const char *path)
{
    static const struct mail_limits limits = {
        .header_bytes = 1u << 18, .header_fields = 1000, .body_bytes = 1u << 20};
    size_t length = 0;
    char *bytes = read_file(path, &length);
    struct mail *mail = bytes == NULL ? NULL : mail_new(&limits, NULL);

    if (mail != NULL && mail_from_bytes(mail, bytes, length) != 0)
        mail_free(&mail);
    free(bytes);
    return mail;
}

static int judge_mail(const struct judge *judge, struct mail *mail, struct figures *figures,
    struct kind_result **result)
{
    /* the defaults of goneaway.conf */
    static const struct text_limits limits = {.text_bytes = 8192, .parts = 200, .depth = 20};
    double start = seconds();
    double middle;
    struct text *text;
    int r = text_read(mail, &limits, &text);

    if (r != 0)
        return r;
    middle = seconds();
    r = kind_judge(mail, text, from_of(mail), judge->phrases, judge->rules, result);
    figures->seconds_text += middle - start;
    figures->seconds_kind += seconds() - middle;
    return r;
}

static void tell_wrong(const struct label *label, const struct kind_result *result)
{
    printf("%s: %s (%s), judged %s %.2f in %s\n", label->fields[0], label->fields[1],
        label->fields[2], kind_name(result->kind), result->score,
        result->language != NULL ? result->language : "no language");
    for (size_t i = 0; i < result->reason_count && i < 14; i++)
        printf("    %+5.1f %-8s %s\n", result->reasons[i].weight,
            kind_name(result->reasons[i].kind), result->reasons[i].text);
}

static int measure(
    const struct options *options, const struct judge *judge, struct figures *figures)
{
    char path[4096];
    char line[4096];
    FILE *labels;
    FILE *predictions = NULL;
    int r = 0;

    snprintf(path, sizeof(path), "%s/labels.tsv", options->corpus);
    labels = fopen(path, "r");
    if (labels == NULL)
        return ERR_SYSTEM;
    if (options->predictions != NULL)
        predictions = fopen(options->predictions, "w");
    while (r == 0 && fgets(line, sizeof(line), labels) != NULL) {
        struct label label;
        struct kind_result *result = NULL;
        struct mail *mail;

        if (!read_label(line, &label) || !is_wanted(options, &label))
            continue;
        snprintf(path, sizeof(path), "%s/%s", options->corpus, label.fields[0]);
        mail = take_mail(path);
        r = mail == NULL ? ERR_SYSTEM : judge_mail(judge, mail, figures, &result);
        if (r == 0) {
            bool right = count(figures, &label, result->kind);

            if (predictions != NULL)
                fprintf(predictions, "%s\t%s\t%.3f\t%s\n", label.fields[0], kind_name(result->kind),
                    result->score, result->language != NULL ? result->language : "-");
            if (!right && figures->told < options->errors &&
                (options->true_kind == NULL || strcmp(options->true_kind, label.fields[1]) == 0)) {
                figures->told++;
                tell_wrong(&label, result);
            }
        } else {
            fprintf(stderr, "%s: %s\n", path, err_text(r));
        }
        mail_free(&mail);
    }
    fclose(labels);
    if (predictions != NULL)
        fclose(predictions);
    return r;
}

static void print_share(const char *what, unsigned part, unsigned whole)
{
    printf("%-44s %6.2f %% (%u of %u)\n", what, whole == 0 ? 0 : 100.0 * part / whole, part, whole);
}

static int compare_groups(const void *a, const void *b)
{
    const struct group *left = a;
    const struct group *right = b;
    double order = (double)left->right / left->count - (double)right->right / right->count;

    return order < 0 ? -1 : order > 0 ? 1 : strcmp(left->name, right->name);
}

static void print_groups(const char *title, struct group *groups, size_t count, size_t most)
{
    printf("\n%s\n", title);
    qsort(groups, count, sizeof(*groups), compare_groups);
    for (size_t i = 0; i < count && i < most; i++)
        printf("  %-22s %6.2f %% (%u of %u)   service mail found %u of %u\n", groups[i].name,
            100.0 * groups[i].right / groups[i].count, groups[i].right, groups[i].count,
            groups[i].service_found, groups[i].service);
}

static void print_kinds(const struct figures *figures)
{
    printf("\n%-9s %6s %10s %10s\n", "kind", "mails", "precision", "recall");
    for (int i = 0; i < KIND_COUNT; i++) {
        unsigned right = figures->right_of_kind[i];
        unsigned judged = figures->confusion[i][i] + figures->false_of_kind[i];

        if (figures->of_kind[i] > 0 || judged > 0)
            printf("%-9s %6u %8.2f %% %8.2f %%\n", kind_name((enum kind)i), figures->of_kind[i],
                judged == 0 ? 0 : 100.0 * figures->confusion[i][i] / judged,
                figures->of_kind[i] == 0 ? 0 : 100.0 * right / figures->of_kind[i]);
    }
    printf("\nconfusion (rows: truth)\n%-9s", "");
    for (int i = 0; i < KIND_COUNT; i++)
        printf("%9s", kind_name((enum kind)i));
    for (int i = 0; i < KIND_COUNT; i++) {
        printf("\n%-9s", kind_name((enum kind)i));
        for (int j = 0; j < KIND_COUNT; j++)
            printf("%9u", figures->confusion[i][j]);
    }
    printf("\n");
}

static void print_figures(struct figures *figures)
{
    print_share("exact kind", figures->exact, figures->count);
    print_share("right, alternatives accepted", figures->right, figures->count);
    print_share("service mail, precision", figures->service_hit,
        figures->service_hit + figures->service_false);
    print_share("service mail, recall", figures->service_hit,
        figures->service_hit + figures->service_missed);
    print_share(
        "takeover-critical, judged one of the five", figures->critical_found, figures->critical);
    print_share("takeover-critical, right", figures->critical_right, figures->critical);
    print_share("personal, judged service mail", figures->personal_false, figures->personal);
    print_share("spam, judged service mail", figures->spam_false, figures->spam);
    printf("per mail: text %.0f us, kind %.0f us\n",
        figures->count == 0 ? 0 : 1e6 * figures->seconds_text / figures->count,
        figures->count == 0 ? 0 : 1e6 * figures->seconds_kind / figures->count);
    print_kinds(figures);
    print_groups("languages, worst first", figures->languages, figures->language_count, 40);
    print_groups("sources, worst first", figures->sources, figures->source_count, 40);
}

static int load(const struct options *options, struct judge *judge)
{
    struct mistakes mistakes = {0};
    char phrases[4096];
    char kinds[4096];
    const char *directories[] = {phrases};
    int r;

    snprintf(phrases, sizeof(phrases), "%s/phrases", options->conf);
    snprintf(kinds, sizeof(kinds), "%s/kinds.conf", options->conf);
    r = phrases_load(directories, 1, &mistakes, &judge->phrases);
    if (r == 0)
        r = kind_rules_load(kinds, &mistakes, &judge->rules);
    for (size_t i = 0; i < mistakes.count && i < MISTAKES_MAX; i++)
        fprintf(stderr, "%s\n", mistakes.lines[i]);
    mistakes_clear(&mistakes);
    return r;
}

static bool read_options(int argc, char **argv, struct options *options)
{
    int option;

    while ((option = getopt(argc, argv, "o:s:x:e:k:")) != -1) {
        if (option == 'o')
            options->predictions = optarg;
        else if (option == 's')
            options->only = optarg;
        else if (option == 'x')
            options->without = optarg;
        else if (option == 'e')
            options->errors = strtol(optarg, NULL, 10);
        else if (option == 'k')
            options->true_kind = optarg;
        else
            return false;
    }
    if (argc - optind != 2)
        return false;
    options->conf = argv[optind];
    options->corpus = argv[optind + 1];
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct judge judge = {0};
    struct figures *figures = calloc(1, sizeof(*figures));
    int r;

    if (figures == NULL || !read_options(argc, argv, &options)) {
        fprintf(stderr, "usage: measure_kinds [-o PREDICTIONS] [-s SOURCE,...] [-x SOURCE,...] "
                        "[-e COUNT] [-k KIND] CONF CORPUS\n");
        free(figures);
        return 64;
    }
    text_open();
    r = load(&options, &judge);
    if (r == 0)
        r = measure(&options, &judge, figures);
    if (r == 0)
        print_figures(figures);
    kind_rules_free(&judge.rules);
    phrases_free(&judge.phrases);
    text_close();
    free(figures);
    return r == 0 ? 0 : 1;
}
