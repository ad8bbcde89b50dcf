#pragma once
#include <curl/curl.h>

/* Swift cannot call variadic functions; each kind of option has a function of its own. */

static inline CURLcode holdfast_setopt_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode holdfast_setopt_large(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode holdfast_setopt_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode holdfast_setopt_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode holdfast_setopt_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

typedef size_t (*holdfast_data_function)(char *data, size_t size, size_t count, void *context);

static inline CURLcode holdfast_setopt_data_function(CURL *easy, CURLoption option, holdfast_data_function function) {
    return curl_easy_setopt(easy, option, function);
}

static inline CURLcode holdfast_setopt_context_function(
    CURL *easy, CURLoption option, CURLcode (*function)(CURL *, void *, void *)) {
    return curl_easy_setopt(easy, option, function);
}

/* The TLS library that libcurl uses, e.g. OpenSSL/3.0.19; may be NULL. */
static inline const char *holdfast_curl_tls_version(void) { return curl_version_info(CURLVERSION_NOW)->ssl_version; }

/* Macros with casts, which Swift does not see. */
static const unsigned long holdfast_auth_basic = CURLAUTH_BASIC;
static const unsigned long holdfast_auth_digest = CURLAUTH_DIGEST;
static const unsigned long holdfast_auth_negotiate = CURLAUTH_NEGOTIATE;
static const unsigned long holdfast_auth_ntlm = CURLAUTH_NTLM;

static inline CURLcode holdfast_setopt_socket_function(
    CURL *easy, int (*function)(void *context, curl_socket_t socket, curlsocktype purpose), void *context) {
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, context);
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, function);
}

static inline CURLcode holdfast_getinfo_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode holdfast_getinfo_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode holdfast_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode holdfast_multi_set_socket_function(
    CURLM *multi, int (*function)(CURL *, curl_socket_t, int, void *, void *), void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}

static inline CURLMcode holdfast_multi_set_timer_function(
    CURLM *multi, int (*function)(CURLM *, long, void *), void *context) {
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}
