#include "login.hpp"

#include <cstring>

#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/view.hpp"
#include "plan.hpp"

namespace pglakebase {

Login::Login(const Plan& plan, const Credential& credential, std::int64_t refresh_before_ms) {
  std::string_view parts[k_parts];
  parts[hosts] = plan.target.hosts.view();
  parts[direct_hosts] = plan.direct_hosts.view();
  parts[hostaddrs] = plan.roots.hostaddrs.view();
  parts[ports] = plan.roots.ports.view();
  parts[service] = plan.target.service.view();
  parts[directives] = plan.target.section.directives.view().packed();
  parts[user] = plan.user.view();
  parts[options] = plan.options.view();
  parts[sslmode] = plan.tls.sslmode.view();
  parts[sslrootcert] = plan.tls.sslrootcert.view();
  parts[bundle] = plan.roots.bundle.view();
  parts[learned_roots] = plan.roots.learned.view();
  parts[token] = credential.token.view();
  parts[tokens_user] = credential.user.view();

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

void Login::wipe_token() {
  if (!bytes_.empty()) wipe(bytes_.data() + start_of(token), get(token).size());
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
