/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_network - networks of ours. An IPv4 address that is mapped into IPv6 (RFC 4291
 * §2.5.5.2) is that IPv4 address, in the file and in a question.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_read.h"
#include "err.h"

#define TEXT_MAX 64

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* An address as text; the prefix is that of the one address. */
static bool parse_address(const char *text, struct config_network *out)
{
    *out = (struct config_network){0};
    if (inet_pton(AF_INET, text, out->bytes) == 1) {
        out->family = AF_INET;
        out->prefix = 32;
        return true;
    }
    if (inet_pton(AF_INET6, text, out->bytes) != 1)
        return false;
    out->family = AF_INET6;
    out->prefix = 128;
    return true;
}

/* 1 to 3 digits and nothing else; false for anything beyond most. */
static bool parse_prefix(const char *text, unsigned most, unsigned *out)
{
    size_t length = strspn(text, "0123456789");

    if (length == 0 || length > 3 || text[length] != '\0')
        return false;
    *out = (unsigned)strtoul(text, NULL, 10);
    return *out <= most;
}

static void unmap(struct config_network *network)
{
    if (network->family != AF_INET6 || network->prefix < 96 ||
        memcmp(network->bytes, mapped, sizeof(mapped)) != 0)
        return;
    memmove(network->bytes, network->bytes + 12, 4);
    memset(network->bytes + 4, 0, 12);
    network->family = AF_INET;
    network->prefix -= 96;
}

/* Clears what lies behind the prefix; false if something did. */
static bool mask(struct config_network *network)
{
    unsigned bits = network->family == AF_INET ? 32 : 128;
    bool clean = true;

    for (unsigned bit = network->prefix; bit < bits; bit++) {
        unsigned char one = (unsigned char)(0x80 >> bit % 8);

        clean = clean && (network->bytes[bit / 8] & one) == 0;
        network->bytes[bit / 8] &= (unsigned char)~one;
    }
    return clean;
}

static void write_network(const struct config_network *network, char out[TEXT_MAX])
{
    char address[INET6_ADDRSTRLEN] = "";

    inet_ntop((int)network->family, network->bytes, address, sizeof(address));
    snprintf(out, TEXT_MAX, "%s/%u", address, network->prefix);
}

/* What is wrong with it (in text), or NULL. */
static const char *parse_network(const char *text, struct config_network *out, char why[160])
{
    char address[TEXT_MAX];
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    bool clean;

    if (length >= sizeof(address))
        return "is no IP network";
    memcpy(address, text, length);
    address[length] = '\0';
    if (!parse_address(address, out) ||
        (slash != NULL && !parse_prefix(slash + 1, out->prefix, &out->prefix)))
        return "is no IP network; write for example 192.0.2.0/24 or 2001:db8::/32";
    if (out->prefix == 0)
        return "is the whole Internet: all mail would count as written by your own people";
    unmap(out);
    clean = mask(out);
    if (clean)
        return NULL;
    write_network(out, address);
    snprintf(why, 160, "names a machine, but a network before its '/'; write %s", address);
    return why;
}

static int read_networks(struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting, void *record)
{
    struct config_network **field = config_read_field(row, record);
    size_t *count = (size_t *)((char *)record + row->count_offset);
    bool is_list = config_read_is_list(setting);
    int length = is_list ? config_setting_length(setting) : 1;
    struct config_network *networks =
        arena_array(reader->config->arena, (size_t)length + 1, sizeof(*networks));

    if (networks == NULL)
        return ERR_NOMEM;
    *field = networks;
    *count = 0;
    for (int i = 0; i < length; i++) {
        const config_setting_t *item =
            is_list ? config_setting_get_elem(setting, (unsigned)i) : setting;
        const char *text = config_setting_get_string(item);
        char room[160];
        const char *why;

        if (text == NULL) {
            config_read_unexpected(reader, row, item);
            continue;
        }
        why = parse_network(text, &networks[*count], room);
        if (why == NULL)
            (*count)++;
        else
            config_read_mistake(reader, item, row->name, "\"%.80s\" %s", text, why);
    }
    return 0;
}

static bool print_networks(const struct config_row *row, const void *record, FILE *out)
{
    const struct config_network *const *field = config_read_value(row, record);
    size_t count = *(const size_t *)((const char *)record + row->count_offset);

    fputs("[", out);
    for (size_t i = 0; i < count; i++) {
        char text[TEXT_MAX];

        write_network(&(*field)[i], text);
        fprintf(out, "%s\"%s\"", i > 0 ? ", " : " ", text);
    }
    fputs(" ]", out);
    return true;
}

static void expect_networks(const struct config_row *row, FILE *out)
{
    (void)row;
    fputs("a list of IP networks in quotes", out);
}

const struct config_type config_network_type = {
    "networks", read_networks, print_networks, expect_networks};

static bool is_within(const struct config_network *network, const struct config_network *address)
{
    unsigned whole = network->prefix / 8;
    unsigned rest = network->prefix % 8;

    if (network->family != address->family || memcmp(network->bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || (network->bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

bool config_network_contains(
    const struct config_network *networks, size_t count, const char *address)
{
    struct config_network parsed;
    char text[TEXT_MAX];
    size_t length;

    if (address == NULL || count == 0)
        return false;
    /* Sendmail's way to write IPv6 addresses, and the zone of a link-local one */
    if (strncasecmp(address, "IPv6:", 5) == 0)
        address += 5;
    length = strcspn(address, "%");
    if (length >= sizeof(text))
        return false;
    memcpy(text, address, length);
    text[length] = '\0';
    if (!parse_address(text, &parsed))
        return false;
    unmap(&parsed);
    for (size_t i = 0; i < count; i++)
        if (is_within(&networks[i], &parsed))
            return true;
    return false;
}
