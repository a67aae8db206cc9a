#pragma once

#include <cstddef>
#include <string_view>

#include "pglakebase/core/directives.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// One section of a pg_service.conf, as far as we read it ourselves: our directives, and the few
/// settings by which a section is recognised. What a connection uses is libpq's own answer.
struct ServiceSection {
  Text file;  ///< absolute path
  Text name;
  Text host;  ///< as written; empty if the section gives none
  Text hostaddr;
  Text port;
  Text dbname;
  Text user;
  bool has_password = false;  ///< a `password` of its own
  bool has_passfile = false;
  bool trusted = false;  ///< ~/.pg_service.conf or the system's file: every directive is allowed
  bool guessed = false;  ///< the file is one of several places that a libpq may be built for
  Directives directives;
  /// Why the directives must not be used (a sentence without its dot), else empty.
  Text refused;
};

/// The files that libpq may look services up in, strongest first: `servicefile` (a connection
/// parameter; may be empty), PGSERVICEFILE, ~/.pg_service.conf, PGSYSCONFDIR and the usual
/// compiled-in places. `home` is the directory for ~ where it is not home_directory()'s. Both must
/// live as long.
class ServiceFiles {
 public:
  explicit ServiceFiles(std::string_view servicefile = {}, std::string_view home = {})
      : servicefile_(servicefile), home_(home) {}

  /// Goes on to the next place, whatever is there. False behind the last.
  bool next_place();
  /// Goes on to the next file that can be read. False behind the last.
  bool next();

  const Text& place() const { return place_; }  ///< empty: not configured
  std::string_view content() const { return content_.view(); }
  bool trusted() const { return trusted_; }  ///< the user's own, or the system's
  bool guessed() const { return guessed_; }  ///< one of several that a libpq may be built for
  /// Nobody but this user and root can have written the file that was read.
  bool well_kept() const { return well_kept_; }

 private:
  std::string_view servicefile_;
  std::string_view home_;
  std::size_t count_ = 0;
  Text place_;
  Text content_;
  bool trusted_ = false;
  bool guessed_ = false;
  bool well_kept_ = false;
};

/// Is the file that `servicefile` or PGSERVICEFILE names something else than a file, a pipe above
/// all? What is read of it is gone for whoever reads it next, so that it is libpq's alone.
bool service_file_is_stream(std::string_view servicefile);

enum class Found { no, yes, out_of_memory };

/// Looks the service up where libpq would; the first file that has the section counts. The
/// parameters are those of ServiceFiles.
Found find_service(std::string_view servicefile, std::string_view name, ServiceSection& section,
                   std::string_view home = {});

/// Looks for sections with directives whose host list names `host`, in the same files. `yes` only
/// if there is exactly one; `several` is then false, and true where more than one was found.
Found find_service_of_host(std::string_view servicefile, std::string_view host,
                           ServiceSection& section, bool& several, std::string_view home = {});

/// Appends the hosts, as append_normal_host() writes them and each on a line of its own, of all
/// sections with directives in those files.
void append_declared_hosts(Text& hosts, std::string_view home);

/// Goes through the sections of one file's text; start with `position` 0. False at the end.
/// `section.file` and `trusted` are left alone.
bool next_section(std::string_view text, std::size_t& position, ServiceSection& section);

/// Goes through the sections of all these files, strongest file first. For listing: of sections
/// with one name, the first counts.
class ServiceSections {
 public:
  /// False at the end.
  bool next(ServiceSection& section);

 private:
  ServiceFiles files_;
  std::size_t position_ = 0;
};

}  // namespace pglakebase
