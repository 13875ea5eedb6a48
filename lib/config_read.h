/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * config_read - reading of groups and values by the table, and the types of values.
 *
 * Only lib/config*.c include this header. Thread rule: one thread for a reader.
 */
#ifndef GONEAWAY_CONFIG_READ_H
#define GONEAWAY_CONFIG_READ_H

#include "config_table.h"

/* Reads a group into the structure of its scope: every setting by its row, defaults for those
 * that are missing; unknown ones are mistakes. group NULL: defaults only. 0 or ERR_NOMEM. */
int config_read_group(struct config_reader *reader, enum config_scope scope,
    const config_setting_t *group, void *record);

/* Where a setting stands. */
struct config_place config_read_place(
    const struct config_reader *reader, const config_setting_t *setting);
/* A mistake at a setting; key NULL: its own name or that of the next one outside. */
void config_read_mistake(const struct config_reader *reader, const config_setting_t *setting,
    const char *key, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The mistake that a setting is of another type than its row has. */
void config_read_unexpected(const struct config_reader *reader, const struct config_row *row,
    const config_setting_t *setting);
/* Is it ( … ), [ … ] or, with scalar, a single value? */
bool config_read_is_list(const config_setting_t *setting);

/* The field of a row in a structure. */
void *config_read_field(const struct config_row *row, void *record);
const void *config_read_value(const struct config_row *row, const void *record);

/* A string as it stands in the file, with quotes. */
void config_read_quote(const char *text, FILE *out);

/* config_print.c: the settings of a scope that have a value, one a line, indented. */
void config_print_group(enum config_scope scope, const void *record, int indent, FILE *out);

/* config_type.c */
extern const struct config_type config_type_string;
extern const struct config_type config_type_strings; /* also one string */
extern const struct config_type config_type_integer;
extern const struct config_type config_type_boolean;
extern const struct config_type config_type_want;  /* boolean to enum policy_want */
extern const struct config_type config_type_word;  /* enum */
extern const struct config_type config_type_words; /* bits; a list or one word */
extern const struct config_type config_type_mode;  /* file mode, as "0660" */
extern const struct config_type config_type_date;  /* a day is its end */
extern const struct config_type config_type_start; /* a day is its beginning */
extern const struct config_type config_type_reply;
/* config_network.c */
extern const struct config_type config_network_type;
bool config_network_contains(
    const struct config_network *networks, size_t count, const char *address);
/* config_domain.c */
extern const struct config_type config_domain_type;
extern const struct config_type config_domain_mode_type;
/* config_policy.c */
extern const struct config_type config_policy_type;
/* config_seal.c */
extern const struct config_type config_seal_type;

/* config_check.c */
config_check config_check_listen;
config_check config_check_metrics_listen;
config_check config_check_metrics_file;
bool config_check_is_public(const char *listen); /* can other machines connect? */
config_check config_check_path;
config_check config_check_name; /* printable ASCII without space */
config_check config_check_authserv_id;
config_check config_check_dns_server;
config_check config_check_delimiter;
config_check config_check_domain;  /* gives A-labels; also for ids of services */
config_check config_check_mailbox; /* pattern of a local part */
config_check config_check_pattern; /* of a local part or an address */

#endif
