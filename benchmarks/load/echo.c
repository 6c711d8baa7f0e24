// echo PORT [CERTIFICATE KEY]: the backend of the benchmarks, on 127.0.0.1. It sends each WebSocket message back, and answers any other
// request with "ok". PORT 0: the system chooses. With two PEM files: over TLS. Prints the port when it listens.
//
// For the test of the load generator some paths are faulty, from the fifth message (the second request) of a connection on:
//   /wrong    one byte of the echo (of the body) is another
//   /lose     the message is swallowed, the request never answered
//   /twice    the echo comes twice
//   /cut      the connection is closed
// and from the first:
//   /refuse   403
//   /accept   a wrong Sec-WebSocket-Accept
//   /pieces   no fault: every echo comes in three frames with a ping between them
#include "wire.h"

#include "tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum fault { NONE, WRONG, LOSE, TWICE, CUT, REFUSE, ACCEPT, PIECES };
static const char *const fault_names[] = {"", "wrong", "lose", "twice", "cut", "refuse", "accept", "pieces"};

typedef struct {
  wire wire;
  int upgraded, count;
  enum fault fault;
} connection;

static int epoll;

static enum fault fault_of(const char *head) {
  const char *path = strchr(head, ' ');
  if (!path || path[1] != '/') return NONE;
  path += 2;
  size_t length = strcspn(path, " ?\r\n");
  for (int f = WRONG; f <= PIECES; f++)
    if (strlen(fault_names[f]) == length && !memcmp(fault_names[f], path, length)) return f;
  return NONE;
}

// Whether this connection's fault shows now; what is counted are its messages or its requests.
static int shows(connection *c, enum fault fault, int from) { return c->fault == fault && c->count >= from; }

static void put_text(connection *c, const char *text) { wire_put(&c->wire, text, strlen(text)); }

static void upgrade(connection *c, const char *key) {
  char accept[32], head[256];
  while (*key == ' ') key++;
  accept_of(key, strcspn(key, "\r\n "), accept);
  if (c->fault == ACCEPT) accept[0] = accept[0] == 'A' ? 'B' : 'A';
  snprintf(head, sizeof head, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
  put_text(c, head);
  c->upgraded = 1;
  c->count = 0;
}

// One request at the start of what was read. 0: it is not whole; -1: the connection is to be closed.
static int answer(connection *c) {
  uint8_t *end = wire_head_end(&c->wire);
  if (!end) return 0;
  end[-1] = 0;
  char *head = (char *)c->wire.in.bytes, *key = strcasestr(head, "sec-websocket-key:");
  c->fault = fault_of(head);
  c->count++;
  if (shows(c, CUT, 2)) return -1;
  if (c->fault == REFUSE) put_text(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  else if (key) upgrade(c, key + 18);
  else if (!shows(c, LOSE, 2))
    put_text(c, shows(c, WRONG, 2) ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nko" : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  wire_use(&c->wire, end - c->wire.in.bytes);
  return 1;
}

static void echo_pieces(connection *c, frame *f) {
  size_t third = f->length / 3;
  wire_put_frame(&c->wire, f->opcode, 0, f->payload, third, NULL);
  wire_put_frame(&c->wire, PING, 1, "?", 1, NULL);
  wire_put_frame(&c->wire, CONTINUATION, 0, f->payload + third, third, NULL);
  wire_put_frame(&c->wire, CONTINUATION, f->final, f->payload + 2 * third, f->length - 2 * third, NULL);
}

// -1: the connection is to be closed at once; 1: when all is written.
static int echo(connection *c, frame *f) {
  if (f->opcode == CLOSE) {
    wire_put_frame(&c->wire, CLOSE, 1, f->payload, f->length > 2 ? 2 : f->length, NULL);
    return 1;
  }
  if (f->opcode == PING) wire_put_frame(&c->wire, PONG, 1, f->payload, f->length, NULL);
  if (f->opcode > BINARY) return 0;
  c->count++;
  if (shows(c, CUT, 5)) return -1;
  if (shows(c, LOSE, 5)) return 0;
  if (shows(c, WRONG, 5) && f->length) f->payload[f->length / 2] ^= 1;
  if (c->fault == PIECES) echo_pieces(c, f);
  else wire_put_frame(&c->wire, f->opcode, f->final, f->payload, f->length, NULL);
  if (shows(c, TWICE, 5)) wire_put_frame(&c->wire, f->opcode, f->final, f->payload, f->length, NULL);
  return 0;
}

// -1: the connection has ended.
static int serve(connection *c) {
  if (wire_fill(&c->wire) < 0) return -1;
  int answered = 1, closing = 0;
  while (!c->upgraded && answered) {
    answered = answer(c);
    if (answered < 0) return -1;
  }
  size_t at = 0;
  frame f;
  while (c->upgraded && !closing && wire_next_frame(&c->wire, &at, &f)) {
    closing = echo(c, &f);
    if (closing < 0) return -1;
  }
  wire_use(&c->wire, at);
  if (wire_flush(epoll, &c->wire, c)) return -1;
  return closing ? -1 : 0;
}

static void accept_all(int listener) {
  int fd, one = 1;
  while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection *c = calloc(1, sizeof *c);
    if (!c) die("calloc");
    c->wire.fd = fd;
    wire_register(epoll, &c->wire, c, 0);
  }
}

static int listen_on(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof a;
  if (bind(listener, (void *)&a, sizeof a) || listen(listener, 4096)) die("listen");
  getsockname(listener, (void *)&a, &length);
  printf("%d\n", ntohs(a.sin_port));
  fflush(stdout);
  return listener;
}

int main(int count, char **arguments) {
  if (count != 2 && count != 4) {
    fprintf(stderr, "usage: echo PORT [CERTIFICATE KEY]\n");
    return 2;
  }
  if (count == 4) tls_be_server(arguments[2], arguments[3]);
  raise_descriptor_limit();
  epoll = epoll_create1(0);
  int listener = listen_on(atoi(arguments[1]));
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL}, events[512];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
  for (;;) {
    int n = epoll_wait(epoll, events, 512, -1);
    for (int i = 0; i < n; i++) {
      connection *c = events[i].data.ptr;
      if (!c) {
        accept_all(listener);
        continue;
      }
      int ended = events[i].events & EPOLLOUT ? wire_flush(epoll, &c->wire, c) : 0;
      if (!ended && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) ended = serve(c);
      if (ended) {
        wire_close(&c->wire);
        free(c);
      }
    }
  }
}
