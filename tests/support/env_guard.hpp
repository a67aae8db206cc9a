#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace pglakebase::test {

/// Empties the environment but for PATH, and puts everything back at its end.
class CleanEnvironment {
 public:
  CleanEnvironment() {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
      saved_.emplace_back(*entry);
    const char* path = std::getenv("PATH");
    const std::string kept = path != nullptr ? path : "/usr/bin:/bin";
    ::clearenv();
    set("PATH", kept);
  }
  CleanEnvironment(const CleanEnvironment&) = delete;
  CleanEnvironment& operator=(const CleanEnvironment&) = delete;
  ~CleanEnvironment() {
    ::clearenv();
    for (const std::string& entry : saved_) {
      const std::size_t equals = entry.find('=');
      if (equals != std::string::npos)
        ::setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1);
    }
  }

  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  void unset(const std::string& name) { ::unsetenv(name.c_str()); }

 private:
  std::vector<std::string> saved_;
};

}  // namespace pglakebase::test
