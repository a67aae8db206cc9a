// A connection's parameters: lines `keyword=value` up to an empty one, then a connection string for
// dbname. Whatever the caller says, the word that we put behind it wins, and libpq never gets as
// far as a connection.
#include "arguments.hpp"

#include <vector>

#include "ask.hpp"
#include "fuzz.hpp"
#include "pglakebase/core/view.hpp"
#include "real_libpq.hpp"

namespace pglakebase::fuzz {
namespace {

// Where libpq would ask a server, or read a file of whoever runs this.
bool reads_elsewhere(std::string_view text) {
  for (const std::string_view word : {"service", "ldap", "passfile"})
    for (std::size_t i = 0; i + word.size() <= text.size(); ++i)
      if (equals_ignoring_case(text.substr(i, word.size()), word)) return true;
  // In a URI they may be written otherwise.
  return text.find('%') != std::string_view::npos;
}

struct Parameters {
  std::vector<std::string> texts;
  std::vector<const char*> keywords;
  std::vector<const char*> values;
};

Parameters parameters_of(std::string_view input) {
  Parameters parameters;
  std::vector<std::string>& texts = parameters.texts;
  for (std::string_view line = take_line(input); !line.empty() && texts.size() < 80;
       line = take_line(input)) {
    std::string_view keyword;
    take_until(line, '=', keyword);
    texts.push_back(c_string(keyword));
    texts.push_back(c_string(line));
  }
  if (!input.empty()) {
    texts.emplace_back("dbname");
    texts.push_back(c_string(input));
  }
  for (std::size_t i = 0; i < texts.size(); i += 2) {
    parameters.keywords.push_back(texts[i].c_str());
    parameters.values.push_back(texts[i + 1].c_str());
  }
  parameters.keywords.push_back(nullptr);
  parameters.values.push_back(nullptr);
  return parameters;
}

}  // namespace

void run(std::string_view input) {
  if (reads_elsewhere(input)) return;
  const Libpq libpq = test::real_libpq();
  const Parameters parameters = parameters_of(input);
  const char* const* keywords = parameters.keywords.data();
  const char* const* values = parameters.values.data();
  Arguments arguments(keywords, values);
  arguments.prepend("user", "somebody");
  arguments.append("password", "of ours");
  arguments.append("sslmode", "verify-full");
  FUZZ_CHECK(arguments.ok());
  const Answer answer(libpq, arguments, true);
  FUZZ_CHECK(arguments.ok());
  if (!answer.resolved()) return;
  FUZZ_CHECK(answer.password() == "of ours");
  FUZZ_CHECK(answer.get("sslmode") == "verify-full");
  // What the call itself says of a keyword is what libpq takes.
  const CallSettings call(libpq, keywords, values, true);
  for (const char* keyword : {"host", "port", "hostaddr", "application_name", "options", "user"})
    if (const std::string_view said = call.get(keyword); !said.empty())
      FUZZ_CHECK(answer.get(keyword) == said);
  arguments.reset();
  std::size_t count = 0;
  while (arguments.keywords()[count] != nullptr) ++count;
  FUZZ_CHECK(count + 1 == parameters.keywords.size());
}

}  // namespace pglakebase::fuzz
