// TLS 1.3 beneath a wire, by OpenSSL where the program is compiled with -DWITH_OPENSSL (and -lssl -lcrypto); else tls_there() is 0.
#include <sys/types.h>

struct ssl_st;

int tls_there(void);
// For tls_begin: as a client that takes no other certificate than the one in this PEM file, or as a server. End the program on a bad file.
void tls_be_client(const char *certificate);
void tls_be_server(const char *certificate, const char *key);
// TLS on a connected socket; the handshake is made by what is read and written. NULL when neither was called before.
struct ssl_st *tls_begin(int fd);
// As recv and send, but that either may have to wait for the other's direction: *wants_output then says which.
ssize_t tls_read(struct ssl_st *tls, void *bytes, size_t length, int *wants_output);
ssize_t tls_write(struct ssl_st *tls, const void *bytes, size_t length, int *wants_output);
// Whether more was read from the socket than was asked for.
int tls_has_more(struct ssl_st *tls);
// Protocol and cipher of the last handshake that this process has ended, or "".
const char *tls_agreed(void);
// Says goodbye if that is possible at once.
void tls_end(struct ssl_st *tls);
