#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// Goes through the sources in order: one that is not configured lets the next have its turn, one
/// that fails ends it, so that a broken principal never becomes another identity.
class Chain {
 public:
  struct Candidate {
    const CredentialSource* source;
    Principal principal;
  };

  /// Takes only the source that the setting auth_type chooses, where it is given; where a user's
  /// token is given, that and nothing else. Throws ConfigError where that cannot be had.
  Chain(std::vector<std::unique_ptr<CredentialSource>> sources, const SourceContext& context);

  /// The next source that is configured. Null when there is none left.
  const Candidate* next();
  /// Says why the candidate turned out not to be configured.
  void declined(const std::string& why);
  /// For the end of an error text: " (signing in by … to …)", with the profile, and the sources
  /// that were passed over, each with what it lacked.
  std::string story() const;
  /// Every source tried, what it lacked, and what to do. To be thrown when next() gave null.
  [[noreturn]] void throw_exhausted() const;

 private:
  std::string profile() const;

  std::vector<std::unique_ptr<CredentialSource>> sources_;
  const SourceContext& context_;
  std::size_t at_ = 0;
  Candidate candidate_{};
  std::string reasons_;
};

}  // namespace pglakebase
