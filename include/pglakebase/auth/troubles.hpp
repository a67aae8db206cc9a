#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pglakebase {

/// Troubles that people meet again and again, by the words of the server or program that reports
/// them. Sources: Databricks' and Microsoft's documentation, and users' reports of them.
struct Trouble {
  std::string_view text;    ///< a part of the report; letters of either case
  std::string_view remedy;  ///< what to do: completes a sentence behind a semicolon
};

/// All that are known; of several that fit a report the first counts.
std::span<const Trouble> troubles();

/// The remedy for a report: an answer's body, or what a program wrote to its standard error. Empty
/// if it is none that is known. Nothing of the report stands in it.
std::string_view known_remedy(std::string_view report);

/// Entra's code in a report, `AADSTS` and digits; empty if there is none.
std::string entra_code(std::string_view report);

}  // namespace pglakebase
