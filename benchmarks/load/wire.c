#include "wire.h"

#include "tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

void die(const char *what) {
  perror(what);
  exit(2);
}

void raise_descriptor_limit(void) {
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
}

static void reserve(buffer *b, size_t need) {
  if (b->capacity >= need) return;
  size_t capacity = b->capacity ? b->capacity : 1024;
  while (capacity < need) capacity *= 2;
  b->bytes = realloc(b->bytes, capacity);
  if (!b->bytes) die("realloc");
  b->capacity = capacity;
}

void wire_register(int epoll, wire *w, void *owner, int output) {
  struct epoll_event e = {.events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = owner};
  w->wants_output = output;
  w->tls = tls_begin(w->fd);
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, w->fd, &e)) die("epoll_ctl");
}

static void want_output(int epoll, wire *w, void *owner, int output) {
  if (w->wants_output == output) return;
  w->wants_output = output;
  struct epoll_event e = {.events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = owner};
  epoll_ctl(epoll, EPOLL_CTL_MOD, w->fd, &e);
}

void wire_put(wire *w, const void *bytes, size_t length) {
  reserve(&w->out, w->out.length + length);
  memcpy(w->out.bytes + w->out.length, bytes, length);
  w->out.length += length;
}

int wire_flush(int epoll, wire *w, void *owner) {
  while (w->written < w->out.length) {
    int wanted = 1;
    ssize_t n = w->tls ? tls_write(w->tls, w->out.bytes + w->written, w->out.length - w->written, &wanted)
                       : send(w->fd, w->out.bytes + w->written, w->out.length - w->written, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
      want_output(epoll, w, owner, wanted);
      return 0;
    }
    if (n < 0) return -1;
    w->written += n;
  }
  w->written = w->out.length = 0;
  want_output(epoll, w, owner, 0);
  return 0;
}

// What is reserved and never touched costs no memory, so it stays until the connection ends.
ssize_t wire_fill(wire *w) {
  ssize_t all = 0, n;
  do {
    int wants_output;
    reserve(&w->in, w->in.length + 65536);
    uint8_t *at = w->in.bytes + w->in.length;
    size_t room = w->in.capacity - w->in.length;
    n = w->tls ? tls_read(w->tls, at, room, &wants_output) : recv(w->fd, at, room, 0);
    if (n > 0) {
      w->in.length += n;
      all += n;
    }
  } while (n > 0 && w->tls && tls_has_more(w->tls));
  // An end that came behind bytes is told next time.
  return all == 0 && (n == 0 || errno != EAGAIN) ? -1 : all;
}

void wire_use(wire *w, size_t length) {
  memmove(w->in.bytes, w->in.bytes + length, w->in.length - length);
  w->in.length -= length;
}

void wire_close(wire *w) {
  if (w->tls) tls_end(w->tls);
  close(w->fd);
  free(w->in.bytes);
  free(w->out.bytes);
  memset(w, 0, sizeof *w);
  w->fd = -1;
}

void wire_reset(wire *w) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  wire_close(w);
}

uint8_t *wire_head_end(wire *w) {
  uint8_t *end = w->in.length ? memmem(w->in.bytes, w->in.length, "\r\n\r\n", 4) : NULL;
  return end ? end + 4 : NULL;
}

static void apply_mask(uint8_t *bytes, size_t length, const uint8_t *mask) {
  uint8_t twice[8];
  uint64_t word, key;
  memcpy(twice, mask, 4);
  memcpy(twice + 4, mask, 4);
  memcpy(&key, twice, 8);
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    memcpy(&word, bytes + i, 8);
    word ^= key;
    memcpy(bytes + i, &word, 8);
  }
  for (; i < length; i++) bytes[i] ^= mask[i & 3];
}

void wire_put_frame(wire *w, int opcode, int final, const void *payload, size_t length, const uint8_t *mask) {
  uint8_t head[14];
  int n = 2;
  head[0] = (final ? 0x80 : 0) | opcode;
  if (length < 126) {
    head[1] = length;
  } else if (length < 65536) {
    head[1] = 126;
    head[2] = length >> 8;
    head[3] = length;
    n = 4;
  } else {
    head[1] = 127;
    for (int i = 0; i < 8; i++) head[2 + i] = (uint64_t)length >> (56 - 8 * i);
    n = 10;
  }
  if (mask) {
    head[1] |= 0x80;
    memcpy(head + n, mask, 4);
    n += 4;
  }
  wire_put(w, head, n);
  wire_put(w, payload, length);
  if (mask) apply_mask(w->out.bytes + w->out.length - length, length, mask);
}

int wire_next_frame(wire *w, size_t *at, frame *f) {
  size_t have = w->in.length - *at, n = 2;
  uint8_t *head = w->in.bytes + *at;
  if (have < 2) return 0;
  uint64_t length = head[1] & 127;
  if (length == 126) {
    if (have < 4) return 0;
    length = head[2] << 8 | head[3];
    n = 4;
  } else if (length == 127) {
    if (have < 10) return 0;
    length = 0;
    for (int i = 0; i < 8; i++) length = length << 8 | head[2 + i];
    n = 10;
  }
  uint8_t *mask = head[1] >> 7 ? head + n : NULL;
  if (mask) n += 4;
  if (have < n || have - n < length) return 0;
  if (mask) apply_mask(head + n, length, mask);
  *f = (frame){.opcode = head[0] & 15, .final = head[0] >> 7, .payload = head + n, .length = length};
  *at += n + length;
  return 1;
}

static uint32_t rotate(uint32_t x, int n) { return (x << n) | (x >> (32 - n)); }

static void sha1_block(uint32_t h[5], const uint8_t *p) {
  uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  for (int i = 0; i < 80; i++) {
    uint32_t f, k;
    if (i < 20) f = (b & c) | (~b & d), k = 0x5A827999;
    else if (i < 40) f = b ^ c ^ d, k = 0x6ED9EBA1;
    else if (i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
    else f = b ^ c ^ d, k = 0xCA62C1D6;
    uint32_t t = rotate(a, 5) + f + e + k + w[i];
    e = d, d = c, c = rotate(b, 30), b = a, a = t;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

// SHA-1 of less than 240 bytes: no library is needed to build this.
static void sha1(const uint8_t *message, size_t length, uint8_t out[20]) {
  uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  uint8_t padded[256];
  memcpy(padded, message, length);
  size_t n = length;
  padded[n++] = 0x80;
  while (n % 64 != 56) padded[n++] = 0;
  for (int i = 7; i >= 0; i--) padded[n++] = (uint64_t)length * 8 >> (8 * i);
  for (size_t i = 0; i < n; i += 64) sha1_block(h, padded + i);
  for (int i = 0; i < 20; i++) out[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

static void base64(const uint8_t *p, int n, char *out) {
  const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < n; i += 3) {
    uint32_t v = p[i] << 16 | (i + 1 < n ? p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
    *out++ = letters[v >> 18];
    *out++ = letters[v >> 12 & 63];
    *out++ = i + 1 < n ? letters[v >> 6 & 63] : '=';
    *out++ = i + 2 < n ? letters[v & 63] : '=';
  }
  *out = 0;
}

void accept_of(const char *key, size_t length, char out[32]) {
  char text[128];
  uint8_t digest[20];
  if (length > 60) length = 60;
  memcpy(text, key, length);
  strcpy(text + length, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  sha1((uint8_t *)text, strlen(text), digest);
  base64(digest, 20, out);
}
