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

enum class Found { no, yes, out_of_memory };

/// Looks the service up where libpq would: `servicefile` (a connection parameter; may be empty),
/// PGSERVICEFILE, ~/.pg_service.conf, PGSYSCONFDIR and the usual compiled-in places; the first file
/// that has the section counts. `home` is the directory for ~ where it is not home_directory()'s.
Found find_service(std::string_view servicefile, std::string_view name, ServiceSection& section,
                   std::string_view home = {});

/// Looks for sections with directives whose host list names `host`, in the same files. `yes` only
/// if there is exactly one; `several` is then false, and true where more than one was found.
Found find_service_of_host(std::string_view servicefile, std::string_view host,
                           ServiceSection& section, bool& several, std::string_view home = {});

/// Does `text` (in lower case) hold a host, as append_normal_host() writes it, of any section with
/// directives in those files? For passing over quickly what cannot be ours.
bool names_declared_host(std::string_view text, std::string_view home);

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
  std::size_t place_count_ = 0;
  Text place_;
  Text content_;
  std::size_t position_ = 0;
  bool trusted_ = false;
  bool guessed_ = false;
};

}  // namespace pglakebase
