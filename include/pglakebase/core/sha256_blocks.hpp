#pragma once

#include <cstdint>

namespace pglakebase {

/// The constants of the 64 rounds (FIPS 180-4, 4.2.2).
extern const std::uint32_t k_sha256_rounds[64];

/// Takes one block of 64 bytes into the state. Both do the same.
void sha256_compress_portable(std::uint32_t* state, const unsigned char* block);

#if defined(__x86_64__)
/// By the processor's own instructions, six times as fast. Only where has_sha256_instructions().
void sha256_compress_native(std::uint32_t* state, const unsigned char* block);
bool has_sha256_instructions();
#endif

}  // namespace pglakebase
