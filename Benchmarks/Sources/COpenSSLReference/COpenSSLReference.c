#include "COpenSSLReference.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct reference_tls {
    SSL_CTX *client_context, *server_context;
    SSL *client, *server;
    // What the server sends.
    BIO *sealed;
    // What the client is fed with.
    BIO *feed;
    unsigned char *wire, *plain;
    size_t capacity;
};

uint64_t reference_thread_cpu(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void extend(X509 *certificate, int kind, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    if (extension == NULL) return;
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

bool reference_write_certificate(const char *certificate_file, const char *key_file) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *certificate = X509_new();
    bool is_written = false;
    if (key != NULL && certificate != NULL) {
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
        X509_set_pubkey(certificate, key);
        X509_NAME *name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"benchmark", -1, -1, 0);
        X509_set_issuer_name(certificate, name);
        extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
        extend(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
        BIO *certificate_output = BIO_new_file(certificate_file, "w");
        BIO *key_output = BIO_new_file(key_file, "w");
        is_written = X509_sign(certificate, key, EVP_sha256()) > 0 && certificate_output != NULL && key_output != NULL
            && PEM_write_bio_X509(certificate_output, certificate) == 1
            && PEM_write_bio_PrivateKey(key_output, key, NULL, NULL, 0, NULL, NULL) == 1;
        BIO_free(certificate_output);
        BIO_free(key_output);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_written;
}

static void move(BIO *from, BIO *to) {
    unsigned char piece[4096];
    int count;
    while ((count = BIO_read(from, piece, sizeof piece)) > 0) BIO_write(to, piece, count);
}

reference_tls *reference_tls_create(const char *certificate_file, const char *key_file) {
    reference_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) return NULL;
    tls->capacity = 256 << 10;
    tls->wire = malloc(tls->capacity);
    tls->plain = malloc(16 << 10);
    tls->client_context = SSL_CTX_new(TLS_client_method());
    tls->server_context = SSL_CTX_new(TLS_server_method());
    if (tls->wire == NULL || tls->plain == NULL || tls->client_context == NULL || tls->server_context == NULL
        || SSL_CTX_use_certificate_chain_file(tls->server_context, certificate_file) != 1
        || SSL_CTX_use_PrivateKey_file(tls->server_context, key_file, SSL_FILETYPE_PEM) != 1
        || (tls->client = SSL_new(tls->client_context)) == NULL
        || (tls->server = SSL_new(tls->server_context)) == NULL) {
        reference_tls_destroy(tls);
        return NULL;
    }
    tls->feed = BIO_new(BIO_s_mem());
    tls->sealed = BIO_new(BIO_s_mem());
    BIO *answer = BIO_new(BIO_s_mem());
    BIO *heard = BIO_new(BIO_s_mem());
    SSL_set_bio(tls->client, tls->feed, answer);
    SSL_set_bio(tls->server, heard, tls->sealed);
    // It is swapped for others below, and must survive that.
    BIO_up_ref(tls->feed);
    SSL_set_connect_state(tls->client);
    SSL_set_accept_state(tls->server);
    for (int turn = 0; turn < 16; turn++) {
        SSL_do_handshake(tls->client);
        move(answer, heard);
        SSL_do_handshake(tls->server);
        move(tls->sealed, tls->feed);
    }
    // The tickets of TLS 1.3 come after the handshake.
    SSL_read(tls->client, tls->plain, 1);
    if (!SSL_is_init_finished(tls->client) || !SSL_is_init_finished(tls->server)) {
        reference_tls_destroy(tls);
        return NULL;
    }
    return tls;
}

void reference_tls_destroy(reference_tls *tls) {
    SSL_free(tls->client);
    SSL_free(tls->server);
    BIO_free(tls->feed);
    SSL_CTX_free(tls->client_context);
    SSL_CTX_free(tls->server_context);
    free(tls->wire);
    free(tls->plain);
    free(tls);
}

// What reading the clock twice costs itself.
static uint64_t clock_cost(void) {
    uint64_t least = UINT64_MAX;
    for (int turn = 0; turn < 64; turn++) {
        uint64_t start = reference_thread_cpu();
        uint64_t taken = reference_thread_cpu() - start;
        if (taken < least) least = taken;
    }
    return least;
}

uint64_t reference_tls_open(
    reference_tls *tls, size_t record_bytes, size_t records, size_t bursts, bool fed, size_t *received) {
    const uint64_t correction = clock_cost();
    unsigned char content[16 << 10];
    memset(content, 'x', sizeof content);
    if (record_bytes > sizeof content) record_bytes = sizeof content;
    uint64_t spent = 0;
    size_t total = 0;
    for (size_t burst = 0; burst < bursts; burst++) {
        for (size_t record = 0; record < records; record++) SSL_write(tls->server, content, (int)record_bytes);
        int length = BIO_read(tls->sealed, tls->wire, (int)tls->capacity);
        if (length <= 0) break;
        uint64_t start = reference_thread_cpu();
        if (fed) {
            BIO_write(tls->feed, tls->wire, length);
        } else {
            BIO *lying = BIO_new_mem_buf(tls->wire, length);
            // Its end is not the connection's.
            BIO_set_mem_eof_return(lying, -1);
            SSL_set0_rbio(tls->client, lying);
        }
        int count;
        while ((count = SSL_read(tls->client, tls->plain, 16 << 10)) > 0) total += (size_t)count;
        uint64_t taken = reference_thread_cpu() - start;
        spent += taken > correction ? taken - correction : 0;
        if (!fed) {
            BIO_up_ref(tls->feed);
            SSL_set0_rbio(tls->client, tls->feed);
        }
    }
    *received = total;
    return spent;
}
