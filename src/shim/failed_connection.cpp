#include "failed_connection.hpp"

#include <sys/socket.h>

#include "ask.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {
namespace {

// A host list tries one address after the other.
constexpr int k_addresses_at_most = 256;

void remember_sentence(const Libpq& libpq, PGconn* connection, std::string_view sentence,
                       Remembered&& remembered) {
  remembered.sentence.append(sentence).append("\n");
  remembered.libpqs_words.append(libpq.errorMessage(connection));
  if (remembered.sentence.ok() && remembered.libpqs_words.ok())
    remember(connection, static_cast<Remembered&&>(remembered));
}

}  // namespace

PGconn* refuse_connection(const Libpq& libpq, Arguments& arguments, bool expand_dbname,
                          std::string_view sentence) {
  const Text value(sentence);
  arguments.reset();
  // Neither the user's passwd entry nor a password file is to be looked for.
  arguments.prepend("user", "pglakebase");
  arguments.append("password", "x");
  // The sentence as the value that libpq refuses: who does not ask through us sees it, too.
  arguments.append(stop_keyword(libpq), value.c_str());
  if (!arguments.ok() || !value.ok()) return nullptr;
  PGconn* connection =
      libpq.connectStartParams(arguments.keywords(), arguments.values(), expand_dbname ? 1 : 0);
  if (connection != nullptr) remember_sentence(libpq, connection, sentence, Remembered());
  return connection;
}

void postpone_connection(const Libpq& libpq, PGconn* connection, std::string_view sentence,
                         Remembered&& remembered) {
  for (int i = 0; i < k_addresses_at_most && libpq.status(connection) != CONNECTION_BAD; ++i) {
    const int fd = libpq.socket(connection);
    if (fd >= 0) ::shutdown(fd, SHUT_RDWR);
    libpq.connectPoll(connection);
  }
  use_bundle_again(libpq, connection, remembered.login, remembered.roots);
  remember_sentence(libpq, connection, sentence, static_cast<Remembered&&>(remembered));
}

const char* message_of(const PGconn* connection, const char* libpqs_words) {
  const Remembered* remembered = recall(connection);
  if (remembered == nullptr || remembered->sentence.empty() || libpqs_words == nullptr)
    return libpqs_words;
  // A reset of a refused connection ends before libpq has anything to say.
  const bool ours = libpqs_words[0] == '\0' || remembered->libpqs_words.view() == libpqs_words;
  return ours ? remembered->sentence.c_str() : libpqs_words;
}

}  // namespace pglakebase
