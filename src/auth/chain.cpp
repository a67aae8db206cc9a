#include "pglakebase/auth/chain.hpp"

#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"

namespace pglakebase {

Chain::Chain(std::vector<std::unique_ptr<CredentialSource>> sources, const SourceContext& context)
    : sources_(std::move(sources)), context_(context) {
  // Whoever else is configured is not whom this is for.
  if (context.settings.find("user_token") != nullptr) {
    sources_.clear();
    sources_.push_back(make_source_user_token());
    return;
  }
  const Setting* chosen = context.settings.find("auth_type");
  if (chosen == nullptr) return;
  std::string known;
  for (const auto& source : sources_)
    known.append(known.empty() ? "" : ", ").append(source->name());
  std::erase_if(sources_, [&](const auto& source) { return source->name() != chosen->value; });
  if (!sources_.empty()) return;
  throw ConfigError("auth_type " + chosen->value + " (from " + chosen->origin() + ") is " +
                    (is_foreign_auth_type(chosen->value)
                         ? "not supported by this version"
                         : "not one that the Databricks SDKs know") +
                    "; use one of: " + known);
}

const Chain::Candidate* Chain::next() {
  while (at_ < sources_.size()) {
    const CredentialSource* source = sources_[at_++].get();
    // It may throw, and then it is the one that is told about.
    candidate_.source = source;
    auto found = source->identify(context_);
    if (auto* principal = std::get_if<Principal>(&found)) {
      candidate_.principal = std::move(*principal);
      return &candidate_;
    }
    declined(std::get<NotConfigured>(found).why);
  }
  return nullptr;
}

void Chain::declined(const std::string& why) {
  reasons_.append(reasons_.empty() ? "" : "; ").append(candidate_.source->name());
  reasons_.append(": ").append(why);
}

std::string Chain::profile() const {
  const std::string& profile = context_.settings.profile();
  return profile.empty() ? "no profile used" : "profile " + profile;
}

std::string Chain::story() const {
  std::string story = " (signing in by " + std::string(candidate_.source->name()) + " to " +
                      context_.settings.workspace() + ", " + profile();
  if (!reasons_.empty()) story += "; passed over were " + reasons_;
  return story + ")";
}

void Chain::throw_exhausted() const {
  const Settings& settings = context_.settings;
  const Setting* chosen = settings.find("auth_type");
  // The reasons are many, and last: where a sentence is cut, the next step still stands there.
  throw ConfigError("no way to sign in to " + settings.workspace() + " is configured; " +
                    (chosen != nullptr
                         ? "set what it lacks, or unset auth_type (from " + chosen->origin() + ")"
                         : "set DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or "
                           "DATABRICKS_TOKEN, or name a "
                           "profile that has them") +
                    " (" + profile() + "; " + reasons_ + ")");
}

}  // namespace pglakebase
