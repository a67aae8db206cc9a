#pragma once

#include <string>

namespace pglakebase {

/// A random UUID (RFC 9562, version 4). Throws OpensslError.
std::string random_uuid();

}  // namespace pglakebase
