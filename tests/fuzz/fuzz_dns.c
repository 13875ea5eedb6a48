/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * Answers of the DNS: whatever comes, the text is within its room and has its end. The id and
 * the question are mended first, so that the input gets past them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns_packet.h"

#define ROOM 600

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_answer(const unsigned char *packet, size_t size, const unsigned char *question)
{
    char *out = malloc(ROOM);
    uint32_t ttl = 0;

    if (out == NULL)
        return;
    memset(out, 'x', ROOM);
    if (dns_packet_read(packet, size, question, out, ROOM, &ttl) == DNS_PACKET_FOUND &&
        (memchr(out, '\0', ROOM) == NULL || ttl > INT32_MAX))
        abort();
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char question[DNS_PACKET_QUESTION_MAX];
    size_t length = dns_packet_question("a.example", 0x4142, false, question);
    unsigned char *packet = malloc(size > 0 ? size : 1);

    if (packet == NULL || length == 0)
        abort();
    if (size > 0)
        memcpy(packet, data, size);
    read_answer(packet, size, question);
    if (size >= length) {
        memcpy(packet, question, 2);
        packet[2] |= 0x80;
        memcpy(packet + 4, question + 4, 2);
        memcpy(packet + 12, question + 12, length - 12);
        read_answer(packet, size, question);
    }
    free(packet);
    return 0;
}
