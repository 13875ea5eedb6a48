/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * version - see version.h. The versions are those of the libraries that are there when it runs,
 * as far as they tell them then.
 */
#include "version.h"

#include "config.h"
#include "dkim.h"
#include "domain.h"
#include "key.h"
#include "ledger.h"
#include "text.h"

void version_print(const char *program, void (*others)(FILE *out))
{
    printf("%s " GONEAWAY_VERSION "\n", program);
    text_libraries(stdout);
    domain_libraries(stdout);
    dkim_verifier_libraries(stdout);
    key_libraries(stdout);
    ledger_libraries(stdout);
    config_libraries(stdout);
    if (others != NULL)
        others(stdout);
    if (domain_open() == 0)
        printf("public suffix list of %s\n", domain_list_date());
    domain_close();
    puts("Copyright the goneaway authors; licence Apache-2.0, without any warranty");
}
