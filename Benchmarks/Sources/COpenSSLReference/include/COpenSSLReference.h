#ifndef OPENSSL_REFERENCE_H
#define OPENSSL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Writes a certificate for 127.0.0.1 and localhost that signs itself, valid for a day, and its key, as PEM.
bool reference_write_certificate(const char *certificate_file, const char *key_file);

/// Two ends of one TLS connection in memory, without sockets and without Swift: what OpenSSL itself costs.
typedef struct reference_tls reference_tls;

/// Shakes hands. Null when OpenSSL refuses.
reference_tls *reference_tls_create(const char *certificate_file, const char *key_file);

void reference_tls_destroy(reference_tls *tls);

/// CPU nanoseconds of this thread in `SSL_read` for `bursts` bursts of `records` records of `record_bytes` bytes each. Each
/// burst is made, and laid into one warm buffer as a read(2) would lay it, outside the time that is counted.
///
/// - `fed`: the burst is copied into a memory BIO by `BIO_write`, inside the time; otherwise the BIO reads it where it lies.
/// - `received`: bytes of plaintext, so that the caller can see that all arrived.
uint64_t reference_tls_open(
    reference_tls *tls, size_t record_bytes, size_t records, size_t bursts, bool fed, size_t *received);

/// CPU nanoseconds of the calling thread.
uint64_t reference_thread_cpu(void);

#endif
