// The load generator of the benchmarks. A JVM would take the proxy's cores; this takes little.
//   load echo PORT PATH CONNECTIONS SIZE SECONDS WARMUP [RATE]   one message under way on each connection; with RATE, so many a second in all
//   load shake PORT PATH CONNECTIONS SECONDS WARMUP              connect, upgrade, one echo, close, and again
//   load http PORT PATH CONNECTIONS SECONDS WARMUP               GETs on kept connections, whose body must be "ok"
//   load idle PORT PATH CONNECTIONS SECONDS                      open, hold, count who is left
//   load soak PORT PATH CONNECTIONS SECONDS RATE                 so many messages a second in all, each of 1 to 65536 bytes; every connection ends
//                                                                after one to 40 of them, with a Close, an end or a reset, and a new one is opened
// Before the mode: --tls CERTIFICATE, TLS 1.3 with who has this very certificate (PEM).
// To 127.0.0.1. Prints "begin" and "end" where the measured time begins and ends (idle: "open" between them, when all are), then one JSON object. Every echo is compared
// byte by byte with what this connection sent last, which carries the connection's number and its own. The exit status is 1 when anything was wrong:
//   refused   the handshake or the request got another status
//   wrong     an echo, a body or a Sec-WebSocket-Accept was another, or came when none was due
//   lost      no answer came within 3 seconds of the end
//   broken    the connection ended, in a soak also one that was not closed with a Close when it should have been
// "pings" are those that came: a tunnel passes the backend's, a relay answers them itself. With RATE latency counts from when a message was due, not from when it could be sent (no coordinated omission).
#include "wire.h"

#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define GRACE (3 * SECOND)
#define OPENING_LIMIT (60 * SECOND)
#define OPENING_AT_ONCE 64
#define MESSAGE_SHAKE 16
#define LARGEST 65536
#define MESSAGES_OF_A_LIFE 40

enum mode { ECHO, SHAKE, HTTP, IDLE, SOAK };
static const char *const mode_names[] = {"echo", "shake", "http", "idle", "soak"};

enum state { UNUSED, CONNECTING, SHAKING, OPEN, CLOSING, GONE };
typedef struct {
  wire wire;
  enum state state;
  int waiting;        // for an answer
  uint32_t number;
  uint64_t sequence;  // of what was sent last
  size_t size;        // of what was sent last
  int left;           // messages, of a life in a soak
  size_t echoed;      // bytes of the echo that have come
  uint64_t opened_at, sent_at, due;
} client;

enum phase { OPENING, WARMING, MEASURING, ENDING, ENDED };

static enum mode mode;
static int port, clients_wanted;
static const char *path;
static size_t size = MESSAGE_SHAKE;
static double seconds, warmup, rate;

static int epoll;
static client *clients;
static uint8_t *message, *noise;
static int started, settled, open_now, refused, wrong, lost, broken;
static uint64_t pings, lives;
static enum phase phase;
static uint64_t phase_until, opened_after;
static uint64_t answers;
static uint32_t *latencies;  // microseconds
static size_t latency_count, latency_capacity;

static int turn;  // whose message is due next, with RATE
static uint64_t turn_at, turn_every;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static void say(const char *word) {
  puts(word);
  fflush(stdout);
}

static void dial(client *c) {
  static uint32_t dials;
  int one = 1;
  wire_close(&c->wire);
  c->wire.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->wire.fd < 0) die("socket");
  setsockopt(c->wire.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  // From many addresses, for an address has only 28,000 ports; the port is chosen by connect.
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + dials++ / 20000 % 200)};
  setsockopt(c->wire.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(c->wire.fd, (void *)&from, sizeof from)) die("bind");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(c->wire.fd, (void *)&to, sizeof to) && errno != EINPROGRESS) die("connect");
  c->state = CONNECTING;
  c->waiting = 0;
  c->echoed = 0;
  c->opened_at = now();
  wire_register(epoll, &c->wire, c, 1);
}

// The first connection's end, good or bad, is what OPENING waits for.
static void settle(client *c) {
  if (c->state == CONNECTING || c->state == SHAKING) settled++;
}

static void leave(client *c, int *count) {
  settle(c);
  if (c->state == OPEN) open_now--;
  if (count) ++*count;
  c->state = GONE;
  c->waiting = 0;
  wire_close(&c->wire);
}

static void leave_or_dial_again(client *c, int *count) {
  leave(c, count);
  if ((mode == SHAKE || mode == SOAK) && phase < ENDING) dial(c);
}

static void flush(client *c) {
  if (c->state != GONE && wire_flush(epoll, &c->wire, c)) leave_or_dial_again(c, &broken);
}

static uint64_t scattered(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

// Random, but the same for the same message and purpose.
static uint64_t chance(client *c, int purpose) { return scattered(scattered(c->number + ((uint64_t)purpose << 32)) + c->sequence); }

// 1 to 65536, as often between 1 and 2 as between 32768 and 65536: small ones are common, large ones make most of the bytes.
static size_t mixed_size(client *c) {
  uint64_t random = chance(c, 1);
  size_t low = (size_t)1 << random % 16;
  return low + (random >> 8) % (low + 1);
}

// The message that this connection sends or has sent: its number, the message's own, and letters; in a soak bytes of its own.
static void stamp(client *c) {
  if (mode == SOAK) memcpy(message, noise + chance(c, 2) % LARGEST, c->size);
  if (c->size < 12) return;
  memcpy(message, &c->number, 4);
  memcpy(message + 4, &c->sequence, 8);
}

static void send_request(client *c) {
  char head[512];
  int n = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n", path, port);
  wire_put(&c->wire, head, n);
}

static void send_next(client *c, uint64_t due) {
  c->sequence++;
  c->sent_at = due;
  c->waiting = 1;
  c->size = mode == SOAK ? mixed_size(c) : size;
  if (mode == HTTP) {
    send_request(c);
  } else {
    uint32_t mask = 0x5bd1e995u * (uint32_t)c->sequence;
    stamp(c);
    wire_put_frame(&c->wire, BINARY, 1, message, c->size, (uint8_t *)&mask);
  }
  flush(c);
}

// Sends what is due on an open connection that waits for nothing.
static void go_on(client *c, uint64_t t) {
  if (c->state != OPEN || c->waiting || phase >= ENDING) return;
  if (!turn_every) {
    send_next(c, t);
  } else if (c->due && c->due <= t) {
    uint64_t due = c->due;
    c->due += turn_every * clients_wanted;
    send_next(c, due);
  }
}

static void pace(uint64_t t) {
  while (turn_every && phase > OPENING && turn_at <= t) {
    client *c = &clients[turn];
    if (!c->due) c->due = turn_at;
    go_on(c, t);
    turn = (turn + 1) % clients_wanted;
    turn_at += turn_every;
  }
}

// The end of a life in a soak: half of them with a Close that is to be answered, the others without a word.
static void end_life(client *c) {
  uint64_t how = chance(c, 3) % 4;
  lives++;
  if (how < 2) {
    uint32_t mask = 0x01020304;
    wire_put_frame(&c->wire, CLOSE, 1, "\x03\xe8", 2, (uint8_t *)&mask);
    open_now--;
    c->state = CLOSING;
    c->waiting = 1;
    flush(c);
  } else {
    if (how == 2) wire_reset(&c->wire);
    leave_or_dial_again(c, NULL);
  }
}

static void answered(client *c) {
  uint64_t t = now();
  if (!c->waiting) {
    wrong++;
    return;
  }
  c->waiting = 0;
  if (phase == MEASURING) {
    uint64_t microseconds = (t - (mode == SHAKE ? c->opened_at : c->sent_at)) / 1000;
    if (latency_count == latency_capacity) {
      latency_capacity = latency_capacity ? latency_capacity * 2 : 1 << 20;
      latencies = realloc(latencies, latency_capacity * sizeof *latencies);
      if (!latencies) die("realloc");
    }
    latencies[latency_count++] = microseconds > UINT32_MAX ? UINT32_MAX : microseconds;
    answers++;
  }
  if (mode == SHAKE) leave_or_dial_again(c, NULL);
  else if (mode == SOAK && --c->left <= 0 && phase < ENDING) end_life(c);
  else go_on(c, t);
}

static void hello(client *c) {
  char head[512];
  int n = snprintf(head, sizeof head,
      "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\nOrigin: http://localhost:%d\r\n\r\n", path, port, port);
  wire_put(&c->wire, head, n);
  c->state = SHAKING;
}

static void opened(client *c) {
  settle(c);
  c->state = OPEN;
  open_now++;
  c->left = 1 + chance(c, 4) % MESSAGES_OF_A_LIFE;
  if (mode != IDLE) go_on(c, now());
}

static int status_of(wire *w) {
  return w->in.length < 12 || memcmp(w->in.bytes, "HTTP/1.1 ", 9) ? 0 : atoi((char *)w->in.bytes + 9);
}

static void read_handshake(client *c) {
  uint8_t *end = wire_head_end(&c->wire);
  if (!end) return;
  size_t length = end - c->wire.in.bytes;
  if (status_of(&c->wire) != 101) {
    leave_or_dial_again(c, &refused);
  } else if (!memmem(c->wire.in.bytes, length, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 28)) {
    leave_or_dial_again(c, &wrong);
  } else {
    wire_use(&c->wire, length);
    opened(c);
  }
}

static void read_response(client *c) {
  uint8_t *end = wire_head_end(&c->wire);
  if (!end) return;
  end[-1] = 0;
  char *declared = strcasestr((char *)c->wire.in.bytes, "\r\ncontent-length:");
  size_t head = end - c->wire.in.bytes, body = declared ? strtoul(declared + 17, NULL, 10) : 0;
  end[-1] = '\n';
  if (c->wire.in.length < head + body) return;
  if (status_of(&c->wire) != 200) {
    leave(c, &refused);
    return;
  }
  if (body != 2 || memcmp(end, "ok", 2)) wrong++;
  wire_use(&c->wire, head + body);
  answered(c);
}

// A frame of the echo. A proxy may cut a message into frames, but bytes and their order stay.
static void read_data(client *c, frame *f) {
  if (c->state == CLOSING) {
    wrong++;
    return;
  }
  stamp(c);
  int same = c->waiting && c->echoed + f->length <= c->size && !memcmp(f->payload, message + c->echoed, f->length);
  c->echoed += f->length;
  if (!same || (f->final && c->echoed != c->size)) wrong++;
  if (!f->final) return;
  c->echoed = 0;
  if (c->waiting) answered(c);
}

static void read_frames(client *c) {
  size_t at = 0;
  frame f;
  while ((c->state == OPEN || c->state == CLOSING) && wire_next_frame(&c->wire, &at, &f)) {
    if (f.opcode == CLOSE) {
      leave_or_dial_again(c, c->state == CLOSING ? NULL : &broken);
      return;
    } else if (f.opcode == PING) {
      pings++;
      uint32_t mask = 0x01020304;
      wire_put_frame(&c->wire, PONG, 1, f.payload, f.length, (uint8_t *)&mask);
      flush(c);
    } else if (f.opcode != PONG) {
      read_data(c, &f);
    }
  }
  if (c->state == OPEN || c->state == CLOSING) wire_use(&c->wire, at);
}

static void handle(client *c, uint32_t events) {
  if (c->state == GONE) return;
  if (c->state == CONNECTING) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(c->wire.fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
      leave_or_dial_again(c, &broken);
      return;
    }
    if (!(events & EPOLLOUT)) return;
    if (mode == HTTP) opened(c);
    else hello(c);
    flush(c);
  } else if (events & EPOLLOUT) {
    flush(c);
  }
  if (c->state == GONE || c->state == CONNECTING || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  if (wire_fill(&c->wire) < 0) {
    leave_or_dial_again(c, &broken);
    return;
  }
  if (c->wire.tls) flush(c);
  if (c->state == SHAKING) read_handshake(c);
  if (c->state == OPEN && mode == HTTP) read_response(c);
  else if (c->state == OPEN || c->state == CLOSING) read_frames(c);
}

static void enter(enum phase next, uint64_t t) {
  phase = next;
  if (next == WARMING) phase_until = t + warmup * SECOND;
  if (next == WARMING && turn_every) turn_at = t;
  if (next == MEASURING) {
    phase_until = t + seconds * SECOND;
    say(mode == IDLE ? "open" : "begin");
  }
  if (next == ENDING) {
    phase_until = t + (mode == IDLE ? SECOND : GRACE);
    say("end");
  }
}

static int under_way(void) {
  int n = 0;
  for (int i = 0; i < started; i++) n += clients[i].waiting || clients[i].state == CONNECTING || clients[i].state == SHAKING;
  return n;
}

static void advance(uint64_t t) {
  switch (phase) {
    case OPENING:
      if (settled >= clients_wanted || mode == SHAKE || t >= phase_until) {
        opened_after = t;
        enter(mode == IDLE ? MEASURING : WARMING, t);
      }
      break;
    case WARMING:
      if (t >= phase_until) enter(MEASURING, t);
      break;
    case MEASURING:
      if (t >= phase_until) enter(ENDING, t);
      break;
    case ENDING:
      // An idle run stays a second longer, for who measures it; the others until all answers are there.
      if (t >= phase_until || (mode != IDLE && !under_way())) {
        lost = under_way();
        phase = ENDED;
      }
      break;
    case ENDED:
      break;
  }
}

// 50 ms at most, and not beyond the next message that is due.
static struct timespec patience(uint64_t t) {
  uint64_t wait = SECOND / 20;
  if (turn_every && phase > OPENING && phase < ENDING && turn_at < t + wait) wait = turn_at > t ? turn_at - t : 0;
  return (struct timespec){.tv_sec = 0, .tv_nsec = wait};
}

static void run(void) {
  struct epoll_event events[512];
  uint64_t began = now();
  phase_until = began + OPENING_LIMIT;
  if (mode == IDLE) say("begin");
  while (phase != ENDED) {
    while (started < clients_wanted && (mode == SHAKE || started - settled < OPENING_AT_ONCE)) dial(&clients[started++]);
    uint64_t t = now();
    advance(t);
    pace(t);
    struct timespec wait = patience(now());
    int n = epoll_pwait2(epoll, events, 512, &wait, NULL);
    for (int i = 0; i < n; i++) handle(events[i].data.ptr, events[i].events);
  }
  opened_after -= began;
}

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static double percentile(double p) { return latency_count ? latencies[(size_t)((latency_count - 1) * p)] / 1e3 : 0; }

static int report(void) {
  if (latencies) qsort(latencies, latency_count, sizeof *latencies, ascending);
  printf("{\"mode\":\"%s\",\"connections\":%d,\"size\":%zu,\"seconds\":%g,\"open\":%d,\"refused\":%d,\"wrong\":%d,\"lost\":%d,\"broken\":%d,"
         "\"count\":%llu,\"per_second\":%.1f,\"opened_per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f,"
         "\"pings\":%llu,\"lives\":%llu,\"tls\":\"%s\"}\n",
      mode_names[mode], clients_wanted, size, seconds, open_now, refused, wrong, lost, broken, (unsigned long long)answers, answers / seconds,
      mode == SHAKE ? 0.0 : clients_wanted * 1e9 / opened_after, percentile(.5), percentile(.99), percentile(.999), percentile(1),
      (unsigned long long)pings, (unsigned long long)lives, tls_agreed());
  return refused || wrong || lost || broken ? 1 : 0;
}

static int usage(void) {
  fprintf(stderr, "usage: load [--tls CERTIFICATE] echo PORT PATH CONNECTIONS SIZE SECONDS WARMUP [RATE]\n"
                  "       load [--tls CERTIFICATE] shake|http PORT PATH CONNECTIONS SECONDS WARMUP\n"
                  "       load [--tls CERTIFICATE] idle PORT PATH CONNECTIONS SECONDS\n"
                  "       load [--tls CERTIFICATE] soak PORT PATH CONNECTIONS SECONDS RATE\n");
  return 2;
}

// What is common to all messages: letters for who looks at them, and for a soak bytes of which no two pieces are the same.
static void make_messages(void) {
  if (mode == SOAK) size = LARGEST;
  message = malloc(size + 1);
  noise = malloc(2 * LARGEST);
  clients = calloc(clients_wanted, sizeof *clients);
  if (!message || !noise || !clients) die("malloc");
  for (size_t i = 0; i < size; i++) message[i] = 'a' + (i * 7 + i / 26) % 26;
  for (size_t i = 0; i < 2 * LARGEST; i++) noise[i] = scattered(i + 1);
  for (int i = 0; i < clients_wanted; i++) clients[i] = (client){.number = i, .wire.fd = -1};
}

int main(int count, char **arguments) {
  static const int needed[] = {8, 7, 7, 6, 7};
  if (count > 2 && !strcmp(arguments[1], "--tls")) {
    tls_be_client(arguments[2]);
    count -= 2;
    arguments += 2;
  }
  mode = ECHO;
  while (count > 1 && mode <= SOAK && strcmp(arguments[1], mode_names[mode])) mode++;
  if (count < 2 || mode > SOAK || count < needed[mode]) return usage();
  port = atoi(arguments[2]);
  path = arguments[3];
  clients_wanted = atoi(arguments[4]);
  char **rest = arguments + 5;
  if (mode == ECHO) size = strtoul(*rest++, NULL, 10);
  seconds = atof(*rest++);
  if (mode != IDLE && mode != SOAK) warmup = atof(*rest++);
  if ((mode == ECHO && *rest) || mode == SOAK) rate = atof(*rest);
  if (clients_wanted < 1 || seconds <= 0 || (mode == SOAK && rate <= 0)) return usage();
  if (rate > 0) turn_every = SECOND / rate;

  raise_descriptor_limit();
  epoll = epoll_create1(0);
  make_messages();
  run();
  return report();
}
