#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/directives.hpp"
#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// What a credential is asked for: everything that can change who we are or what for, and nothing
/// else. The library, the command and the helper build it with this code, so that they come to the
/// same name.
class Request {
 public:
  /// `hosts` is libpq's comma list, each a Lakebase host; `service` is for messages only. The
  /// environment is read here, once. `user_token` is the user's, on whose behalf this is; empty for
  /// none.
  static Request build(std::string_view hosts, std::string_view service, DirectiveView directives,
                       const Cache& cache, std::string_view user_token = {});

  /// The lines that make the name: no secret stands in them.
  std::string_view selecting() const { return selecting_.view(); }
  const EntryName& name() const { return name_; }
  /// Digests of what a failure was seen with besides: secrets, and settings of the network. A
  /// failure remembered with others is no failure of ours.
  EntryName material() const;
  EntryName network() const;
  /// From the directive `refresh_before`, in milliseconds; 0 if not given.
  std::int64_t refresh_before_ms() const { return refresh_before_ms_; }
  bool ok() const { return ok_; }
  /// It would be the same in another current directory.
  bool absolute() const { return absolute_; }

  /// What the helper is told on its standard input (docs/PROTOCOL.md); holds secrets.
  struct Options {
    std::int64_t issued_after_ms = 0;  ///< an older credential will not do
    bool need_user = false;            ///< the role name must be found, too
    std::int64_t min_life_ms = 0;
    bool check_hosts = false;           ///< no credential, but whose the hosts are (host_check.hpp)
    std::int64_t deadline_ms = 30'000;  ///< how long the helper may take
  };
  void append_document(Text& out, const Options& options) const;

 private:
  void add(const Input& input, std::string_view origin, std::string_view name,
           std::string_view given, bool has_client_id, const Cache& cache);
  void add_named(std::string_view variable, bool has_client_id, const Cache& cache);

  Text selecting_;
  Text secrets_;
  Text network_;
  Text service_;
  Text cache_path_;
  EntryName name_;
  Text key_;
  std::int64_t refresh_before_ms_ = 0;
  bool ok_ = false;
  bool absolute_ = true;
};

}  // namespace pglakebase
