/* The press in C: press.py's `copy`, line by line. It is given everything it touches, keeps nothing,
 * and writes into slots, counters and lines alone. Python holds all of that in memory, and clears an
 * outlet's session before libsrtp frees it. No byte order is assumed. */

#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "forward.h"

enum { SLOTS = 64, SLOT_BYTES = 2048, COPY_MOST = SLOT_BYTES - 64, SPAN = 1024 };
enum { PLAIN_BYTES = 12, TIMED_BYTES = 20, TIMED = 0x90 };
static const uint32_t ROOM = 0xBEDE0001;

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* A packet leaves on a line: its number there. */
static uint32_t leaves(int64_t *line, int64_t left)
{
    uint64_t number = (uint64_t)line[SPAN] + 1;
    line[SPAN] = (int64_t)number;
    line[number % SPAN] = left;
    return number & 0xFFFF;
}

static void renumber(uint8_t *view, uint32_t size, const struct packet *told, const struct copy *copy)
{
    uint32_t at = TIMED_BYTES + told->picture_at;
    if (copy->picture && told->picture_at && at + told->is_long < size) {
        uint32_t picture = told->picture + copy->picture;
        if (told->is_long)
            put16(view + at, 0x8000 | (picture & 0x7FFF));
        else
            view[at] = picture & 0x7F;
    }
    at = TIMED_BYTES + told->base_at;
    if (copy->base && told->base_at && at < size)
        view[at] = (uint8_t)(told->base + copy->base);
}

static void flush(struct batch *batch, uint32_t count)
{
    uint32_t done = 0;
    while (done < count) {
        int went = sendmmsg(batch->fd, batch->messages + done, count - done, 0);
        if (went > 0) {
            done += (uint32_t)went;
            batch->tally[0] += (uint32_t)went;
        } else if (went < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
            break;
        } else if (went == 0 || errno != EINTR) {
            done++;
            batch->tally[1]++;
        }
    }
    batch->tally[1] += count - done;
}

/* One copy into one slot; its size there, or 0 when nothing is to be sent. */
static int pressed(struct batch *batch, uint8_t *view, struct copy *copy, const struct packet *told,
                   const uint8_t *packet, uint32_t size)
{
    int length = (int)size;
    memcpy(view, packet, size);
    view[1] = (packet[1] & 0x80) | copy->pt;
    put16(view + 2, (uint32_t)told->number + copy->offset);
    put32(view + 4, told->timestamp + copy->shift);
    put32(view + 8, copy->ssrc);
    if (packet[0] == TIMED) {
        uint32_t word = copy->word;
        if (copy->line)
            word |= leaves(copy->line, (int64_t)(told->at * 1e6) << 11 | (size & 0x7FF)) << 8;
        else if (word)
            word |= (uint32_t)(int64_t)(told->at * 262144) & 0xFFFFFF;
        put32(view + 12, ROOM);
        put32(view + 16, word);
        if (copy->renumbers && told->is_marked)
            renumber(view, size, told, copy);
    }
    if (batch->protect(copy->outlet->session, view, &length) || length <= 0 || length > SLOT_BYTES)
        return 0;
    return length;
}

/* Send a packet to everybody on the roll, from this slot on; the slot to fill next. */
uint32_t moim_copy(struct batch *batch, uint32_t slot, struct copy **roll, uint32_t count,
                   const struct packet *told, const uint8_t *packet, uint32_t size)
{
    if (slot >= SLOTS || size < PLAIN_BYTES || size > COPY_MOST)
        return slot;
    if (packet[0] == TIMED && size < TIMED_BYTES)
        return slot;
    for (struct copy **each = roll; each < roll + count; each++) {
        struct copy *copy = *each;
        const struct outlet *outlet = copy->outlet;
        if (!outlet->session || told->number < copy->since || outlet->name_size > sizeof outlet->name)
            continue;
        int length = pressed(batch, batch->slots + (size_t)slot * SLOT_BYTES, copy, told, packet, size);
        if (!length)
            continue;
        batch->vectors[slot].iov_len = (size_t)length;
        memcpy(batch->names[slot], outlet->name, outlet->name_size);
        batch->messages[slot].msg_hdr.msg_name = batch->names[slot];
        batch->messages[slot].msg_hdr.msg_namelen = outlet->name_size;
        copy->packets++;
        copy->octets += size;
        if (told->number > copy->newest.number)
            copy->newest = *told;
        if (++slot == SLOTS) {
            slot = 0;
            flush(batch, SLOTS);
        }
    }
    return slot;
}
