#include <sqlite3.h>
#if defined(__linux__)
#include <sys/prctl.h>
#else
#include <pthread.h>
#endif

/* Variadic, which Swift cannot call. */

/* Whether closing leaves the write-ahead log as it is. */
static inline int holdfast_sqlite3_keep_log_on_close(sqlite3 *database, int keeps) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps, (int *)0);
}

/* Against a file that was made to do harm: no statement may alter the schema's own tables. */
static inline int holdfast_sqlite3_defend(sqlite3 *database) {
    int result = sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
    if (result != SQLITE_OK) return result;
    return sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}

/* The calling thread's name, as debuggers show it; at most 15 characters. */
static inline void holdfast_sqlite3_name_thread(const char *name) {
#if defined(__linux__)
    prctl(PR_SET_NAME, name);
#else
    pthread_setname_np(name);
#endif
}
