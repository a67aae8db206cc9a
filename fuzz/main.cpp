#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "fuzz.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase::fuzz {
namespace {

std::string make_directory() {
  std::string name = "/dev/shm/pglakebase-fuzz-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    name = (std::filesystem::temp_directory_path() / "pglakebase-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail(__FILE__, __LINE__, "a directory can be made");
  }
  return name;
}

std::string& directory_name() {
  static std::string name = make_directory();
  return name;
}

void remove_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_name(), ignored);
}

}  // namespace

std::string_view take_line(std::string_view& rest) {
  std::string_view line;
  take_until(rest, '\n', line);
  return line;
}

long long take_number(std::string_view& rest) {
  std::int64_t number = 0;
  parse_number(take_line(rest), number);
  return number;
}

const std::string& directory() {
  return directory_name();
}

std::string write_file(const char* name, std::string_view content, unsigned mode) {
  const std::string file = directory() + "/" + name;
  std::ofstream(file, std::ios::binary) << content;
  ::chmod(file.c_str(), mode);
  return file;
}

std::string c_string(std::string_view text) {
  return std::string(text.substr(0, text.find('\0')));
}

}  // namespace pglakebase::fuzz

// Nothing of whoever runs it decides what the code under test does.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  ::clearenv();
  ::setenv("HOME", pglakebase::fuzz::directory().c_str(), 1);
  std::atexit(pglakebase::fuzz::remove_directory);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pglakebase::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
