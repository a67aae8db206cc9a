// Cache files and helper replies: `kind`, then the record's text.
#include "pglakebase/core/record.hpp"

#include <vector>

#include "fuzz.hpp"
#include "pglakebase/core/key_value.hpp"

namespace pglakebase::fuzz {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_of(const Record& record) {
  Fields fields;
  std::size_t position = 0;
  std::string_view key;
  std::string_view value;
  while (record.next(position, key, value)) fields.emplace_back(key, value);
  return fields;
}

std::string rendered(const Fields& fields) {
  Text out;
  for (const auto& [key, value] : fields) append_field(out, key, value);
  return std::string(out.view());
}

}  // namespace

void run(std::string_view input) {
  const std::string_view kind = take_line(input);
  Record record;
  if (!record.parse(input, kind)) return;
  FUZZ_CHECK(input.size() <= k_record_limit);
  const Fields fields = fields_of(record);
  FUZZ_CHECK(!fields.empty() && fields.front().first == "pglakebase");
  FUZZ_CHECK(fields.back() == std::make_pair(std::string("end"), std::string("1")));
  FUZZ_CHECK(record.get("kind") == kind);
  for (const auto& [key, value] : fields) {
    FUZZ_CHECK(key.find_first_of("=\n") == std::string::npos);
    FUZZ_CHECK(record.get(key).data()[record.get(key).size()] == '\0');
  }
  // What was read is the same when it is written and read again.
  const std::string again = rendered(fields);
  Record second;
  if (again.size() <= k_record_limit) {
    FUZZ_CHECK(second.parse(again, kind));
    FUZZ_CHECK(fields_of(second) == fields);
  }
  // And it is whole only with its last line.
  FUZZ_CHECK(!second.parse(input.substr(0, input.size() - 1), kind));
}

}  // namespace pglakebase::fuzz
