/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_check - what strings of the configuration must look like, each with a word on how to
 * put it right. A check continues the quoted value: "is no …; write …".
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <glib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "config_read.h"
#include "domain.h"
#include "err.h"

#define NAME_MAX_OCTETS 255
#define LOCAL_MAX 256 /* address.h */

static int no(const char **why, const char *sentence)
{
    *why = sentence;
    return 0;
}

/* 1 to 65535 in digits, up to the '@'; the '@', or NULL. */
static const char *parse_port(const char *text)
{
    size_t length = strspn(text, "0123456789");
    unsigned long port = length > 0 && length <= 5 ? strtoul(text, NULL, 10) : 0;

    return port >= 1 && port <= 65535 ? text + length : NULL;
}

/* A host as libmilter takes it: an address of the family, or a name. */
static const char *wrong_host(int family, const char *host)
{
    struct in6_addr address;
    char bare[NAME_MAX_OCTETS + 1];
    size_t length = strlen(host);

    if (family == AF_INET6 && host[0] == '[' && host[length - 1] == ']') {
        host++;
        length -= 2;
    }
    if (length == 0 || length >= sizeof(bare))
        return "names no host behind the '@'; write for example inet:8891@127.0.0.1";
    memcpy(bare, host, length);
    bare[length] = '\0';
    if (strspn(bare, "0123456789.") == length || strchr(bare, ':') != NULL)
        return inet_pton(family, bare, &address) == 1
                   ? NULL
                   : "names a host that is no address of its scheme: inet: takes IPv4, inet6: IPv6";
    for (const char *c = bare; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '.')
            return "names a host that is no name and no address";
    return NULL;
}

static const char *wrong_inet(int family, const char *text)
{
    const char *end = parse_port(text);

    if (end == NULL)
        return "has no port from 1 to 65535 behind the scheme, where it comes first; write for "
               "example "
               "inet:8891@127.0.0.1";
    if (*end != '@' && *end != '\0')
        return "has to name the port first (Postfix's main.cf has it behind the host); write for "
               "example inet:8891@127.0.0.1";
    if (*end == '\0')
        return "names no host, which would open it to all; write for example "
               "inet:8891@127.0.0.1";
    return wrong_host(family, end + 1);
}

static const char *wrong_socket_path(const char *path)
{
    if (path[0] != '/')
        return "needs a path that begins with '/', such as local:/run/goneaway/milter.sock";
    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return "has a path of more than 107 octets, the longest that a socket can have";
    return NULL;
}

int config_check_listen(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    (void)reader;
    (void)value;
    if (strncasecmp(text, "local:", 6) == 0)
        return no(why, wrong_socket_path(text + 6));
    if (strncasecmp(text, "unix:", 5) == 0)
        return no(why, wrong_socket_path(text + 5));
    if (strncasecmp(text, "inet:", 5) == 0)
        return no(why, wrong_inet(AF_INET, text + 5));
    if (strncasecmp(text, "inet6:", 6) == 0)
        return no(why, wrong_inet(AF_INET6, text + 6));
    return no(why, "begins with none of the four that there are: local:/path, unix:/path, "
                   "inet:port@host, inet6:port@host");
}

bool config_check_is_public(const char *listen)
{
    const char *host = strchr(listen, '@');
    char bare[NAME_MAX_OCTETS + 1];
    struct in6_addr address;

    if (strncasecmp(listen, "inet", 4) != 0 || host == NULL)
        return false;
    host += host[1] == '[' ? 2 : 1;
    snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(host, "]"), host);
    if (strcasecmp(bare, "localhost") == 0)
        return false;
    if (inet_pton(AF_INET6, bare, &address) == 1)
        return !IN6_IS_ADDR_LOOPBACK(&address);
    return inet_pton(AF_INET, bare, &address) != 1 || strncmp(bare, "127.", 4) != 0;
}

int config_check_path(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    (void)reader;
    (void)value;
    if (text[0] != '/')
        return no(why, "is no absolute path: it must begin with '/'");
    return 0;
}

/* Numbers, but about strangers: they are for this machine alone. */
int config_check_metrics_listen(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
#ifndef GONEAWAY_HTTP
    (void)reader;
    (void)value;
    (void)text;
    return no(why, "cannot be served: this goneaway was built without libmicrohttpd; use "
                   "metrics_file");
#else
    int r = config_check_listen(reader, text, value, why);

    if (r == 0 && config_check_is_public(text))
        return no(why, "is open to other machines: write 127.0.0.1 or ::1 behind the '@', and let "
                       "a web server in front ask for a password");
    return r;
#endif
}

int config_check_metrics_file(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    size_t length = strlen(text);

    if (length < sizeof("/.prom") || strcmp(text + length - strlen(".prom"), ".prom") != 0)
        return no(why, "does not end in .prom: node_exporter reads no other files");
    return config_check_path(reader, text, value, why);
}

static bool is_graphic(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

int config_check_name(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    (void)reader;
    (void)value;
    if (!is_graphic(text))
        return no(why, "holds a space or a letter that is not ASCII");
    if (strlen(text) > NAME_MAX_OCTETS)
        return no(why, "is longer than 255 octets");
    return 0;
}

int config_check_authserv_id(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    if (strpbrk(text, ";()<>\"\\,") != NULL)
        return no(why, "is no authserv-id (RFC 8601): write a host name such as mx.example.com");
    return config_check_name(reader, text, value, why);
}

int config_check_dns_server(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    size_t length = strcspn(text, "@");
    char bare[INET6_ADDRSTRLEN];
    struct in6_addr address;
    const char *end;

    (void)reader;
    (void)value;
    if (length >= sizeof(bare))
        return no(why, "is no IP address; write for example 192.0.2.53");
    memcpy(bare, text, length);
    bare[length] = '\0';
    if (inet_pton(AF_INET, bare, &address) != 1 && inet_pton(AF_INET6, bare, &address) != 1)
        return no(why, "is no IP address; write for example 192.0.2.53");
    if (text[length] == '\0')
        return 0;
    end = parse_port(text + length + 1);
    if (end == NULL || *end != '\0')
        return no(why, "has no port from 1 to 65535 behind its '@'");
    return 0;
}

int config_check_delimiter(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    (void)reader;
    (void)value;
    for (const char *c = text; *c != '\0'; c++)
        if (!ispunct((unsigned char)*c) || strchr("@\"\\<>(),:;[]*", *c) != NULL)
            return no(why,
                "holds a character that cannot separate; write one or more like + - = _ . "
                "or \"\" for none");
    return 0;
}

/* The last label of an IP address is all digits, that of a domain never is. */
static bool ends_in_digits(const char *name)
{
    const char *last = strrchr(name, '.');

    return last != NULL && last[1] != '\0' && strspn(last + 1, "0123456789") == strlen(last + 1);
}

int config_check_domain(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    int rc;

    if (strchr(text, '@') != NULL)
        return no(why, "is an address: write only what stands behind its '@'");
    rc = domain_to_ascii(reader->config->arena, text, value);
    if (rc == ERR_NOMEM)
        return rc;
    if (rc != 0 || strchr(*value, '.') == NULL || ends_in_digits(*value))
        return no(why, "is no domain name; write for example example.com");
    return 0;
}

/* Composed, as addresses are compared (RFC 6532 §3.1). */
static int compose(struct config_reader *reader, const char *text, size_t length, char **out)
{
    char *composed = g_utf8_normalize(text, (gssize)length, G_NORMALIZE_NFC);

    *out = composed != NULL ? arena_strdup(reader->config->arena, composed) : NULL;
    g_free(composed);
    return *out != NULL ? 0 : ERR_NOMEM;
}

int config_check_mailbox(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    const char *at = strrchr(text, '@');
    char *composed;
    int rc;

    if (at != NULL) {
        *why = arena_printf(reader->config->arena,
            "is a full address: write only what stands before its '@', \"%.*s\"", (int)(at - text),
            text);
        return *why != NULL ? 0 : ERR_NOMEM;
    }
    if (strlen(text) > LOCAL_MAX)
        return no(why, "is longer than 256 octets");
    if (strpbrk(text, " <>,;") != NULL)
        return no(why, "is no local part: it holds a space or one of < > , ;");
    rc = compose(reader, text, strlen(text), &composed);
    *value = composed;
    return rc;
}

int config_check_pattern(
    struct config_reader *reader, const char *text, const char **value, const char **why)
{
    const char *at = strrchr(text, '@');
    const char *domain;
    char *local;
    int rc;

    if (at == NULL)
        return config_check_mailbox(reader, text, value, why);
    if (at == text || strpbrk(text, " <>,;") != NULL)
        return no(why, "is no address and no pattern of one; write \"old\", \"old-*\" or "
                       "\"old@example.com\"");
    domain = at + 1;
    if (strchr(domain, '*') == NULL) {
        rc = config_check_domain(reader, domain, &domain, why);
        if (rc != 0 || *why != NULL)
            return rc;
    }
    rc = compose(reader, text, (size_t)(at - text), &local);
    if (rc != 0)
        return rc;
    *value = arena_printf(reader->config->arena, "%s@%s", local, domain);
    return *value != NULL ? 0 : ERR_NOMEM;
}
