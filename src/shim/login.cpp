#include "login.hpp"

#include <cstring>

#include "pglakebase/core/view.hpp"
#include "plan.hpp"

namespace pglakebase {

Login::Login(const Plan& plan, const Credential& credential, std::int64_t refresh_before_ms) {
  std::string_view parts[k_parts];
  const auto put = [&](Part part, const Text& text) {
    parts[part] = text.view();
    whole_ = whole_ && text.ok();
  };
  put(hosts, plan.target.hosts);
  put(direct_hosts, plan.direct_hosts);
  put(hostaddrs, plan.roots.hostaddrs);
  put(ports, plan.roots.ports);
  put(service, plan.target.service);
  parts[directives] = plan.target.section.directives.view().packed();
  put(user, plan.user);
  put(options, plan.options);
  put(sslmode, plan.tls.sslmode);
  put(sslrootcert, plan.tls.sslrootcert);
  put(bundle, plan.roots.bundle);
  put(learned_roots, plan.roots.learned);
  put(token, credential.token);
  put(tokens_user, credential.user);

  Head head;
  head.times = static_cast<const CredentialTimes&>(credential);
  head.refresh_before_ms = refresh_before_ms;
  head.connect_timeout_s = plan.connect_timeout_s;
  head.user_missing = plan.user_missing;
  head.dbname_missing = plan.dbname_missing;
  head.has_gssencmode = plan.has_gssencmode;
  std::size_t size = sizeof head;
  for (unsigned part = 0; part < k_parts; ++part) {
    size += parts[part].size();
    head.ends[part] = size;
    ++size;
  }
  if (!bytes_.resize(size)) return;
  std::memcpy(bytes_.data(), &head, sizeof head);
  for (unsigned part = 0; part < k_parts; ++part)
    if (!parts[part].empty())
      std::memcpy(bytes_.data() + head.ends[part] - parts[part].size(), parts[part].data(),
                  parts[part].size());
}

std::string_view Login::get(Part part) const {
  const std::size_t start = start_of(part);
  return slice(bytes_.view(), start, head().ends[part] - start);
}

const Login::Head& Login::head() const {
  static constexpr Head none{};
  // What malloc() gives is aligned for it.
  return bytes_.empty() ? none : *reinterpret_cast<const Head*>(bytes_.c_str());
}

std::size_t Login::start_of(Part part) const {
  if (bytes_.empty()) return 0;
  return part == 0 ? sizeof(Head) : head().ends[part - 1] + 1;
}

}  // namespace pglakebase
