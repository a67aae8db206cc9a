// What the helper reads on its standard input.
#include "pglakebase/config/request_document.hpp"

#include "fuzz.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/learned_roots.hpp"
#include "pglakebase/core/record.hpp"

namespace pglakebase::fuzz {

void run(std::string_view input) {
  Record learn;
  const bool learns = learn.parse(input, k_kind_learn);
  try {
    const RequestDocument request = RequestDocument::parse(input);
    FUZZ_CHECK(!learns);
    FUZZ_CHECK(!request.hosts.empty());
    FUZZ_CHECK(request.issued_after_ms >= 0 && request.min_life_ms >= 0);
    FUZZ_CHECK(request.deadline_ms >= 100 && request.deadline_ms <= 120'000);
    // The name is the hash of this: it is what came, and holds no secret's line.
    FUZZ_CHECK(input.find(request.selecting) != std::string_view::npos);
    FUZZ_CHECK(request.selecting.ends_with('\n'));
    FUZZ_CHECK(("\n" + request.selecting).find("\nsecret.") == std::string::npos);
    for (const auto* list : {&request.directives, &request.environment, &request.network})
      for (const auto& [name, value] : *list)
        FUZZ_CHECK(name.find_first_of(std::string_view("=\n\0", 3)) == std::string::npos &&
                   value.find('\0') == std::string::npos);
  } catch (const ConfigError& error) {
    const std::string_view what = error.what();
    FUZZ_CHECK(what.starts_with("pglakebase-fetch was given a request") && what.size() < 250);
  }
}

}  // namespace pglakebase::fuzz
