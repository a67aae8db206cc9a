#pragma once

#include <string_view>

#include "ask.hpp"
#include "pglakebase/core/service_file.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// Where a connection goes, as far as it matters to us.
struct Target {
  enum class Kind {
    other,  ///< not Lakebase: nothing is changed
    lakebase,
    mixed  ///< a host list of both: a token must not go to the foreign hosts
  };

  Kind kind = Kind::other;
  Text hosts;              ///< libpq's comma list
  Text service;            ///< the name of the service, if one is named or known by its host
  ServiceSection section;  ///< its section; without directives that do not fit these hosts
  bool named = false;  ///< the service is named; else it was found by its host, or there is none
  bool own_hosts = false;  ///< all hosts stand in the section
  /// Why no credential may be asked for (a sentence without its end), else empty.
  Text refused;

  bool has_directives() const { return !section.directives.empty(); }
};

/// Judges libpq's answer. `call` is what the caller itself says.
Target find_target(const Answer& answer, const CallSettings& call);

}  // namespace pglakebase
