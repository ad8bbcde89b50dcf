#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

/* Macros, which Swift does not see. */

static inline int holdfast_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline void holdfast_ssl_ctx_configure(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    /* An idle connection keeps no record buffers. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
}

/* Whether the record buffer is given back after each record. */
static inline void holdfast_ssl_set_releases_buffer(SSL *ssl, int releases) {
    if (releases) {
        SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    } else {
        SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    }
}

/* What an operation reports is only told from what was left by another if the queue is empty before. It nearly always is,
   and clearing an empty one is dear: OpenSSL goes through all of its places. */
static inline void holdfast_ssl_forget_errors(void) {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

/* Ciphertext in somebody else's memory. A BIO over it is read by OpenSSL where it lies, without a copy in between. */
typedef struct holdfast_ciphertext {
    const unsigned char *bytes;
    size_t count;
} holdfast_ciphertext;

static inline int holdfast_ciphertext_read(BIO *bio, char *target, int wanted) {
    holdfast_ciphertext *source = (holdfast_ciphertext *)BIO_get_data(bio);
    size_t count = wanted < 0 ? 0 : (size_t)wanted;
    BIO_clear_retry_flags(bio);
    if (source->count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (count > source->count) count = source->count;
    memcpy(target, source->bytes, count);
    source->bytes += count;
    source->count -= count;
    return (int)count;
}

static inline long holdfast_ciphertext_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

/* Once for a process; it is never freed. */
static inline BIO_METHOD *holdfast_ciphertext_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ciphertext");
    if (method == NULL) return NULL;
    BIO_meth_set_read(method, holdfast_ciphertext_read);
    BIO_meth_set_ctrl(method, holdfast_ciphertext_control);
    return method;
}

/* `source` must outlive the BIO. */
static inline BIO *holdfast_ciphertext_bio(const BIO_METHOD *method, holdfast_ciphertext *source) {
    BIO *bio = method == NULL ? NULL : BIO_new(method);
    if (bio == NULL) return NULL;
    BIO_set_data(bio, source);
    BIO_set_init(bio, 1);
    return bio;
}

/* A fresh P-256 key; variadic in OpenSSL. For certificates that tests make. */
static inline EVP_PKEY *holdfast_make_key(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"); }
