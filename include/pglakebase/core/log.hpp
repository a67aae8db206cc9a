#pragma once

#include <string_view>

namespace pglakebase {

/// Appends one line to the file that PGLAKEBASE_LOG names (absolute path, made with mode 0600), in
/// one write. Without that variable nothing is done. Never give it a secret.
void log_line(std::string_view what, std::string_view about = {});

}  // namespace pglakebase
