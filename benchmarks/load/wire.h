// What the echo backend and the load generator share: sockets on one epoll, and WebSocket frames (RFC 6455, no extensions).
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
  uint8_t *bytes;
  size_t length, capacity;
} buffer;

// A socket with what was read and not used, and what was not yet written.
typedef struct {
  int fd, wants_output;
  struct ssl_st *tls;  // NULL: plain (tls.h)
  buffer in, out;
  size_t written;
} wire;

enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

typedef struct {
  int opcode, final;
  uint8_t *payload;
  size_t length;
} frame;

// Ends the program with errno's message.
void die(const char *what);
// As many descriptors as this process may have.
void raise_descriptor_limit(void);

// Puts the socket on the epoll, with TLS if this program does TLS; "owner" is what epoll_wait hands back.
void wire_register(int epoll, wire *w, void *owner, int output);
void wire_put(wire *w, const void *bytes, size_t length);
// Writes what the socket takes; asks the epoll for the rest. -1: the connection is gone.
int wire_flush(int epoll, wire *w, void *owner);
// Reads once, with TLS until nothing is left of what came. -1: the connection is gone or has ended; else the number of bytes, 0 if
// there are none now. With TLS, flush after it: what was to be written may have waited for what was read.
ssize_t wire_fill(wire *w);
// Forgets the first bytes of what was read.
void wire_use(wire *w, size_t length);
void wire_close(wire *w);
// Closes without a goodbye: with a reset.
void wire_reset(wire *w);

// Where the head at the start of what was read ends (after the empty line), or NULL when it is not whole.
uint8_t *wire_head_end(wire *w);
// mask: 4 bytes for a client's frame, NULL for a server's.
void wire_put_frame(wire *w, int opcode, int final, const void *payload, size_t length, const uint8_t *mask);
// The frame at *at of what was read, unmasked in place, and *at moved behind it. 0: it is not whole.
int wire_next_frame(wire *w, size_t *at, frame *f);

// Sec-WebSocket-Accept for a key of at most 60 bytes.
void accept_of(const char *key, size_t length, char out[32]);
