// Lines `key=value`: the input is a document, and a value to be written.
#include "pglakebase/core/key_value.hpp"

#include "fuzz.hpp"

namespace pglakebase::fuzz {
namespace {

void check_value(std::string_view value) {
  Text line;
  append_field(line, "key", value);
  FUZZ_CHECK(line.view().find('\n') == line.size() - 1);
  for (const char c : line.view().substr(0, line.size() - 1))
    FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  std::string_view rest = line.view();
  Field field;
  FUZZ_CHECK(next_field(rest, field) && rest.empty() && field.key == "key");
  Text decoded;
  FUZZ_CHECK(append_decoded(decoded, field.encoded));
  FUZZ_CHECK(decoded.view() == value);
}

}  // namespace

void run(std::string_view input) {
  check_value(input);
  Field field;
  for (std::string_view rest = input; next_field(rest, field);) {
    FUZZ_CHECK(field.key.find_first_of("=\n") == std::string_view::npos);
    FUZZ_CHECK(field.encoded.find('\n') == std::string_view::npos);
    Text decoded;
    if (append_decoded(decoded, field.encoded)) check_value(decoded.view());
  }
}

}  // namespace pglakebase::fuzz
