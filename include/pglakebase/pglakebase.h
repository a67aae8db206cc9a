/* pglakebase: for programs that connect to Databricks Lakebase on behalf of their users.
 *
 * A program that serves many users says whose connection a thread is about to open:
 *
 *     if (pglakebase_set_user_token(token_of_the_request) != 0)
 *       ... refuse the request: errno says why
 *     connection = PQconnectdb("service=orders");
 *     pglakebase_set_user_token(NULL);
 *
 * With libpglakebase.so preloaded, the connection logs in as the user whom the token belongs to.
 * Without it the call changes nothing. Link with -lpglakebase-user (pkg-config pglakebase-user).
 * For C89 and everything after it, and for C++. */
#ifndef PGLAKEBASE_PGLAKEBASE_H
#define PGLAKEBASE_PGLAKEBASE_H

#if defined(__GNUC__)
#define PGLAKEBASE_PUBLIC __attribute__((visibility("default")))
#else
#define PGLAKEBASE_PUBLIC
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Says on whose behalf the calling thread connects from now on.
 *
 * token: the user's token for the Databricks workspace, such as the header X-Forwarded-Access-Token
 * that Databricks Apps pass on, or a personal access token. It is copied. NULL: on nobody's behalf;
 * connections are the program's own again, or fail where the service says on_behalf_of=required.
 *
 * Returns 0, or -1 with errno EINVAL (empty, longer than 16 KiB, or with a character that no token
 * has) or ENOMEM. Connections to Lakebase from this thread then fail until the next call, rather
 * than be another user's.
 *
 * It counts for functions that begin a connection (PQconnectdb, PQconnectStart and the like) in
 * this thread, when they are called: a connection that was begun keeps its user, whichever thread
 * polls or resets it, and whatever is said later. A password in the call stands above it. Each
 * thread begins with nobody's; a child process has what its thread had at fork(). The copy is wiped
 * when another one is given and when the thread ends. May be called by any number of threads at
 * once; not from signal handlers. */
PGLAKEBASE_PUBLIC int pglakebase_set_user_token(const char* token);

#ifdef __cplusplus
}
#endif

#endif
