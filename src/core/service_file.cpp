#include "pglakebase/core/service_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_file_limit = 1024 * 1024;

// SYSCONFDIR of the libpq builds in use: Debian, PGDG's RPMs, Homebrew and FreeBSD, upstream.
constexpr char k_system_directories[][28] = {"/etc/postgresql-common", "/etc/sysconfig/pgsql",
                                             "/usr/local/etc/postgresql", "/usr/local/pgsql/etc",
                                             "/etc"};

bool same_file(const char* a, const char* b) {
  struct stat sa {};
  struct stat sb {};
  return status_of(a, &sa) == 0 && status_of(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
         sa.st_ino == sb.st_ino;
}

// PGSERVICEFILE may well name the user's own file.
bool is_own_service_file(const Text& place) {
  Text own;
  if (!home_directory(own)) return false;
  own.append("/.pg_service.conf");
  return same_file(own.c_str(), place.c_str());
}

void add_directive(std::string_view line, Directives& directives) {
  while (line.starts_with('#')) line.remove_prefix(1);
  line = trim(line);
  constexpr std::string_view mark = "lakebase:";
  if (!equals_ignoring_case(slice(line, 0, mark.size()), mark)) return;
  line = trim(slice(line, mark.size()));
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) {
    directives.add(line, {});
  } else {
    directives.add(trim(slice(line, 0, equals)), trim(slice(line, equals + 1)));
  }
}

// Like libpq, takes the first value of a setting that stands twice, be it empty. `seen` has a bit
// for each setting that has stood.
void add_setting(std::string_view line, ServiceSection& section, unsigned& seen) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view key = slice(line, 0, equals);
  const std::string_view value = slice(line, equals + 1);
  section.has_password |= key == "password";
  section.has_passfile |= key == "passfile";
  const struct {
    std::string_view key;
    Text& field;
  } settings[] = {{"host", section.host},
                  {"hostaddr", section.hostaddr},
                  {"port", section.port},
                  {"dbname", section.dbname},
                  {"user", section.user}};
  unsigned bit = 1;
  for (const auto& setting : settings) {
    if (setting.key == key && (seen & bit) == 0) {
      setting.field.append(value);
      seen |= bit;
    }
    bit <<= 1;
  }
}

void judge_directives(ServiceSection& section, bool well_kept) {
  std::size_t position = 0;
  std::string_view key;
  std::string_view value;
  while (section.refused.empty() && section.directives.next(position, key, value)) {
    const Input* input = find_input(key);
    if (input == nullptr || input->directive == DirectivePolicy::none) {
      section.refused.append("\"").append(key).append("\" is no setting that pglakebase knows");
    } else if (value.empty()) {
      section.refused.append("\"").append(key).append("\" has no value");
    } else if (input->directive == DirectivePolicy::trusted && !section.trusted) {
      section.refused.append("\"").append(key).append(
          "\" counts only in ~/.pg_service.conf or the system's service file");
    }
  }
  if (section.refused.empty() && !section.directives.empty() &&
      !(section.file.view().starts_with('/') && well_kept))
    section.refused.append(
        "the file must be an absolute path, belong to you or root, and be "
        "writable by nobody else");
}

void set_origin(ServiceSection& section, const ServiceFiles& files) {
  section.file.assign(files.place().view());
  section.trusted = files.trusted() || is_own_service_file(files.place());
  section.guessed = files.guessed();
  judge_directives(section, files.well_kept());
}

// libpq reads a relative path as well; its directives do not count, which must be told.
bool read_service_file(const Text& place, Text& content, bool& well_kept) {
  content.clear();
  if (place.empty()) return false;
  errno = 0;
  Text path;
  if (!place.view().starts_with('/')) {
    if (char* directory = ::getcwd(nullptr, 0)) {
      path.append(directory).append_char('/');
      std::free(directory);
    }
  }
  path.append(place.view());
  if (path.ok() && read_regular_file(path.c_str(), k_file_limit, content, &well_kept)) return true;
  // What is there, but cannot be read for a want of this process, or is beyond all measure, must
  // not count as absent: then the connection would be made as whom the environment says.
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || content.size() > k_file_limit)
    Text::note_shortage();
  return false;
}

// libpq wants the name behind the bracket, and another bracket behind that, whatever else the name
// may hold.
bool is_header_of(std::string_view line, std::string_view name) {
  return line.starts_with('[') && starts_with(slice(line, 1), name) &&
         slice(line, 1 + name.size()).starts_with(']');
}

// Where the first section of that name begins.
bool find_header(std::string_view text, std::string_view name, std::size_t& position) {
  std::string_view rest = text;
  std::string_view line;
  while (!rest.empty()) {
    position = text.size() - rest.size();
    take_until(rest, '\n', line);
    if (is_header_of(trim(line), name)) return true;
  }
  return false;
}

}  // namespace

bool next_section(std::string_view text, std::size_t& position, ServiceSection& section) {
  std::string_view rest = slice(text, position);
  std::string_view line;
  bool inside = false;
  unsigned seen = 0;
  while (!rest.empty()) {
    const std::string_view before = rest;
    take_until(rest, '\n', line);
    line = trim(line);
    if (line.starts_with('[')) {
      if (inside) {
        position = text.size() - before.size();
        return true;
      }
      inside = true;
      section = ServiceSection();
      // Without the bracket at its end it is a section that nobody can name.
      const std::size_t end = line.find(']');
      if (end != std::string_view::npos) section.name.assign(slice(line, 1, end - 1));
    } else if (inside && line.starts_with('#')) {
      add_directive(line, section.directives);
    } else if (inside) {
      add_setting(line, section, seen);
    }
  }
  position = text.size();
  return inside;
}

bool service_file_is_stream(std::string_view servicefile) {
  Text place(servicefile);
  if (place.empty())
    if (const char* file = environment("PGSERVICEFILE")) place.append(file);
  struct stat st {};
  return !place.empty() && status_of(place.c_str(), &st) == 0 && !S_ISREG(st.st_mode);
}

bool ServiceFiles::next_place() {
  const std::size_t n = count_++;
  place_.clear();
  trusted_ = n == 1 || n > 2;
  guessed_ = n > 2;
  if (n == 0) {
    if (!servicefile_.empty()) {
      place_.append(servicefile_);
    } else if (const char* file = environment("PGSERVICEFILE")) {
      place_.append(file);
    }
  } else if (n == 1) {
    // libpq does not look at it where PGSERVICEFILE is given.
    if (!servicefile_.empty() || environment("PGSERVICEFILE") != nullptr) return true;
    place_.append(home_);
    if (!home_.empty() || home_directory(place_)) place_.append("/.pg_service.conf");
  } else if (n == 2) {
    if (const char* directory = environment("PGSYSCONFDIR"))
      place_.append(directory).append("/pg_service.conf");
  } else {
    if (n - 3 >= sizeof k_system_directories / sizeof k_system_directories[0]) return false;
    if (environment("PGSYSCONFDIR") == nullptr)
      place_.append(k_system_directories[n - 3]).append("/pg_service.conf");
  }
  return true;
}

bool ServiceFiles::next() {
  while (next_place())
    if (read_service_file(place_, content_, well_kept_)) return true;
  return false;
}

Found find_service(std::string_view servicefile, std::string_view name, ServiceSection& section,
                   std::string_view home) {
  ServiceFiles files(servicefile, home);
  while (files.next()) {
    std::size_t position = 0;
    if (!find_header(files.content(), name, position)) continue;
    next_section(files.content(), position, section);
    section.name.assign(name);
    set_origin(section, files);
    return section.name.ok() ? Found::yes : Found::out_of_memory;
  }
  section = ServiceSection();
  return Found::no;
}

Found find_service_of_host(std::string_view servicefile, std::string_view host,
                           ServiceSection& section, bool& several, std::string_view home) {
  several = false;
  bool found = false;
  ServiceSection candidate;
  ServiceFiles files(servicefile, home);
  while (files.next()) {
    for (std::size_t position = 0; next_section(files.content(), position, candidate);) {
      if (candidate.directives.empty() || !lists_host(candidate.host.view(), host)) continue;
      if (found) {
        several = true;
        return Found::no;
      }
      found = true;
      set_origin(candidate, files);
      section = static_cast<ServiceSection&&>(candidate);
      candidate = ServiceSection();
    }
  }
  return found ? Found::yes : Found::no;
}

void append_declared_hosts(Text& hosts, std::string_view home) {
  ServiceSection section;
  ServiceFiles files({}, home);
  while (files.next()) {
    for (std::size_t position = 0; next_section(files.content(), position, section);) {
      if (section.directives.empty()) continue;
      std::string_view rest = section.host.view();
      std::string_view host;
      while (take_until(rest, ',', host)) {
        const std::size_t before = hosts.size();
        append_normal_host(hosts, host);
        if (hosts.size() != before) hosts.append_char('\n');
      }
    }
  }
}

bool ServiceSections::next(ServiceSection& section) {
  while (!next_section(files_.content(), position_, section)) {
    if (!files_.next()) return false;
    position_ = 0;
  }
  set_origin(section, files_);
  return true;
}

}  // namespace pglakebase
