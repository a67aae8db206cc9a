#pragma once

#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

enum class HostKind {
  other,        ///< not a Lakebase host by its name
  autoscaling,  ///< ep-….database.[region.]ZONE
  provisioned   ///< instance-….database.[region.]ZONE
};

/// Lower case, without one dot at the end.
void append_normal_host(Text& out, std::string_view host);

/// Does a comma-separated list of hosts, as libpq reads it, name this one? An empty host, which
/// stands for the default one, is never named.
bool lists_host(std::string_view list, std::string_view host);

/// Tells by the name alone (normal or not). The zones are those of Databricks' own domains, so a
/// host that matches is Databricks' to name.
HostKind host_kind(std::string_view host);

/// Has the list a host that is reached by a network, rather than by a socket's path?
bool lists_network_host(std::string_view list);

/// False for a text that holds no host of ours, whatever else it holds. `text` in lower case.
bool may_hold_host(std::string_view text);

/// `ep-…-pooler` hosts take native passwords only.
bool is_pooler_host(std::string_view host);

/// Appends the host, a pooler's without its `-pooler`. True if it was one.
bool append_direct_host(Text& out, std::string_view host);

/// The first label, without `-pooler`: the endpoint's uid, or `instance-<uid>`.
std::string_view host_label(std::string_view host);

}  // namespace pglakebase
