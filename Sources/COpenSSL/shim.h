#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
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

static inline int holdfast_error_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int holdfast_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

/* Gives back both buffers of a connection that is between two records. Within one, SSL_free_buffers of older versions frees
   what is still needed (CVE-2024-4741). */
static inline void holdfast_ssl_free_idle_buffers(SSL *ssl) {
    if (!SSL_has_pending(ssl) && strcmp(SSL_rstate_string(ssl), "RH") == 0) SSL_free_buffers(ssl);
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
    /* Whose connection it is: the way back from OpenSSL's callbacks. */
    void *owner;
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

/* The `owner` of the ciphertext that the connection reads. */
static inline void *holdfast_ssl_owner(const SSL *ssl) {
    BIO *bio = SSL_get_rbio(ssl);
    holdfast_ciphertext *source = bio == NULL ? NULL : (holdfast_ciphertext *)BIO_get_data(bio);
    return source == NULL ? NULL : source->owner;
}

/* Sessions go to the callback of SSL_CTX_sess_set_new_cb and nowhere else. */
static inline void holdfast_ssl_ctx_hand_out_sessions(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
}

/* No renegotiation, and no end without close_notify, for a context of somebody else. */
static inline void holdfast_ssl_ctx_harden(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
    SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
}

/* The same identity for another context: 1 if it took it. */
static inline int holdfast_ssl_ctx_copy_identity(SSL_CTX *source, SSL_CTX *target) {
    STACK_OF(X509) *chain = NULL;
    X509 *certificate = SSL_CTX_get0_certificate(source);
    if (certificate == NULL) return 1;
    SSL_CTX_get0_chain_certs(source, &chain);
    return SSL_CTX_use_cert_and_key(target, certificate, SSL_CTX_get0_privatekey(source), chain, 1);
}

/* How many certificates the peer sent besides its own. */
static inline int holdfast_companion_count(X509_STORE_CTX *store) {
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    int count = 0;
    for (int i = 0; sent != NULL && i < sk_X509_num(sent); i++) {
        count += X509_cmp(sk_X509_value(sent, i), X509_STORE_CTX_get0_cert(store)) != 0;
    }
    return count;
}

/* The DNS names and addresses of a certificate, separated by commas and cut where `size` ends. */
static inline void holdfast_certificate_names(const X509 *certificate, char *text, size_t size) {
    GENERAL_NAMES *names = (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        char piece[256];
        int length = 0;
        if (name->type == GEN_DNS) {
            length = snprintf(piece, sizeof piece, "%.*s", ASN1_STRING_length(name->d.dNSName),
                              (const char *)ASN1_STRING_get0_data(name->d.dNSName));
        } else if (name->type == GEN_IPADD) {
            const unsigned char *b = ASN1_STRING_get0_data(name->d.iPAddress);
            if (ASN1_STRING_length(name->d.iPAddress) == 4) {
                length = snprintf(piece, sizeof piece, "%d.%d.%d.%d", b[0], b[1], b[2], b[3]);
            } else if (ASN1_STRING_length(name->d.iPAddress) == 16) {
                for (int j = 0; j < 16; j += 2) {
                    length += snprintf(piece + length, sizeof piece - (size_t)length, j ? ":%x" : "%x",
                                       b[j] << 8 | b[j + 1]);
                }
            }
        }
        if (length <= 0 || length >= (int)sizeof piece) continue;
        if (used + (size_t)length + 3 > size) break;
        used += (size_t)snprintf(text + used, size - used, used ? ", %s" : "%s", piece);
    }
    GENERAL_NAMES_free(names);
}

/* A fresh P-256 key; variadic in OpenSSL. For certificates that tests make. */
static inline EVP_PKEY *holdfast_make_key(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"); }
