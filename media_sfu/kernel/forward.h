/* What the press in C and the one in Python share. compiled.py reads this too, by cffi: declarations
 * alone, no preprocessor. */

struct packet {
    int64_t number;
    double at;
    uint32_t timestamp;
    uint16_t picture;
    uint8_t base, picture_at, base_at, is_long, is_marked, unused;
};

struct outlet {
    void *session; /* libsrtp's; NULL: nothing leaves here. Python lets go of it after that. */
    uint32_t name_size;
    uint8_t name[28];
};

struct copy {
    struct outlet *outlet;
    int64_t *line; /* Line.memory, or NULL */
    int64_t since;
    uint32_t shift, ssrc, word;
    uint16_t offset, picture;
    uint8_t pt, base, renumbers, unused;
    uint64_t packets, octets; /* from here on written by C */
    struct packet newest;
};

struct batch {
    int (*protect)(void *session, void *packet, int *size);
    struct mmsghdr *messages; /* each with one of the vectors, each of those with one of the slots */
    struct iovec *vectors;
    uint8_t *slots;
    uint64_t *tally; /* packets that left, packets that were lost */
    uint8_t names[64][28];
    int fd;
};

uint32_t moim_copy(struct batch *batch, uint32_t slot, struct copy **roll, uint32_t count,
                   const struct packet *told, const uint8_t *packet, uint32_t size);
