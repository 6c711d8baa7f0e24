#define _GNU_SOURCE
#include "tls.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef WITH_OPENSSL

#include <openssl/err.h>
#include <openssl/ssl.h>

static SSL_CTX *context;
static int server;
static char agreed[128];

int tls_there(void) { return 1; }

static void refuse(const char *what) {
  fprintf(stderr, "%s: ", what);
  ERR_print_errors_fp(stderr);
  exit(2);
}

static void note_agreed(const SSL *ssl, int where, int result) {
  (void)result;
  if (where & SSL_CB_HANDSHAKE_DONE) snprintf(agreed, sizeof agreed, "%s %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl));
}

static void begin(const SSL_METHOD *method) {
  signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
  context = SSL_CTX_new(method);
  if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)) refuse("TLS 1.3");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);  // One read for a record, not two.
  SSL_CTX_set_info_callback(context, note_agreed);
}

void tls_be_client(const char *certificate) {
  begin(TLS_client_method());
  if (!SSL_CTX_load_verify_locations(context, certificate, NULL)) refuse(certificate);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

void tls_be_server(const char *certificate, const char *key) {
  begin(TLS_server_method());
  server = 1;
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) refuse(certificate);
  if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) refuse(key);
}

SSL *tls_begin(int fd) {
  if (!context) return NULL;
  SSL *tls = SSL_new(context);
  if (!tls || !SSL_set_fd(tls, fd)) refuse("TLS");
  if (server) SSL_set_accept_state(tls);
  else SSL_set_connect_state(tls);
  return tls;
}

// recv's and send's way of saying what OpenSSL says.
static ssize_t result(SSL *tls, int n, int *wants_output) {
  if (n > 0) return n;
  int error = SSL_get_error(tls, n);
  ERR_clear_error();
  *wants_output = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
  return -1;
}

ssize_t tls_read(SSL *tls, void *bytes, size_t length, int *wants_output) { return result(tls, SSL_read(tls, bytes, length), wants_output); }

ssize_t tls_write(SSL *tls, const void *bytes, size_t length, int *wants_output) {
  return result(tls, SSL_write(tls, bytes, length), wants_output);
}

int tls_has_more(SSL *tls) { return SSL_has_pending(tls); }

const char *tls_agreed(void) { return agreed; }

void tls_end(SSL *tls) {
  if (SSL_is_init_finished(tls)) SSL_shutdown(tls);
  ERR_clear_error();
  SSL_free(tls);
}

#else

static void refuse(void) {
  fputs("compiled without OpenSSL\n", stderr);
  exit(2);
}

int tls_there(void) { return 0; }

void tls_be_client(const char *certificate) {
  (void)certificate;
  refuse();
}

void tls_be_server(const char *certificate, const char *key) {
  (void)certificate;
  (void)key;
  refuse();
}

struct ssl_st *tls_begin(int fd) {
  (void)fd;
  return NULL;
}

ssize_t tls_read(struct ssl_st *tls, void *bytes, size_t length, int *wants_output) {
  return tls_write(tls, bytes, length, wants_output);
}

ssize_t tls_write(struct ssl_st *tls, const void *bytes, size_t length, int *wants_output) {
  (void)tls;
  (void)bytes;
  (void)length;
  *wants_output = 0;
  errno = ENOTSUP;
  return -1;
}

int tls_has_more(struct ssl_st *tls) { return !tls; }

const char *tls_agreed(void) { return ""; }

void tls_end(struct ssl_st *tls) { (void)tls; }

#endif
