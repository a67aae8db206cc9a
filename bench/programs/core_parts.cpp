// The parts of a warm connection that are core's own, each by itself.
#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/request.hpp"
#include "pglakebase/core/sha256.hpp"
#include "pglakebase/core/variables.hpp"

namespace {

using namespace pglakebase;

constexpr std::string_view k_host =
    "ep-cool-breeze-a1b2c3d4.database.us-east-1.cloud.databricks.com";

// Of the size that real ones have.
Credential credential() {
  Credential made;
  made.token.assign(std::string(1100, 't'));
  made.identity.assign(std::string(64, 'a'));
  made.user.assign("1f0c8a52-0000-4000-8000-000000000000");
  made.issued_ms = wall_clock_ms();
  made.expires_ms = made.issued_ms + 3'600'000;
  return made;
}

class Places : public benchmark::Fixture {
 public:
  void SetUp(benchmark::State&) override {
    char path[] = "/tmp/core-parts-XXXXXX";
    if (::mkdtemp(path) != nullptr) path_ = path;
    const Cache cache = Cache::open_at(path_);
    Text record;
    credential().append_record(record);
    cache.write(k_kind_credential, cache.name("one"), record.view());
  }
  void TearDown(benchmark::State&) override {
    const Cache cache = Cache::open_at(path_);
    cache.remove(k_kind_credential, cache.name("one"));
    ::unlinkat(cache.fd(), "key", 0);
    ::rmdir(path_.c_str());
  }

 protected:
  std::string path_;
};

void hashing(benchmark::State& state) {
  const std::string message(static_cast<std::size_t>(state.range(0)), 'm');
  for (auto _ : state) benchmark::DoNotOptimize(hmac_sha256("key", message));
}
BENCHMARK(hashing)->Arg(100)->Arg(500)->Arg(2000);

void parsing_a_record(benchmark::State& state) {
  Text record;
  credential().append_record(record);
  for (auto _ : state) {
    Credential parsed;
    benchmark::DoNotOptimize(parsed.parse(record.view()));
  }
}
BENCHMARK(parsing_a_record);

void reading_the_environment(benchmark::State& state) {
  for (auto _ : state) {
    Variables variables;
    variables.read();
    benchmark::DoNotOptimize(variables.all().size());
  }
}
BENCHMARK(reading_the_environment);

BENCHMARK_F(Places, opening_the_cache)(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Cache::open_at(path_).valid());
}

BENCHMARK_F(Places, looking_into_the_cache)(benchmark::State& state) {
  const Cache cache = Cache::open_at(path_);
  const EntryName name = cache.name("one");
  for (auto _ : state) {
    Text record;
    benchmark::DoNotOptimize(cache.read(k_kind_credential, name, record));
  }
}

BENCHMARK_F(Places, building_a_request)(benchmark::State& state) {
  const Cache cache = Cache::open_at(path_);
  Directives directives;
  directives.add("profile", "PROD");
  directives.add("endpoint", "projects/shop/branches/production/endpoints/primary");
  for (auto _ : state)
    benchmark::DoNotOptimize(Request::build(k_host, "orders", directives, cache).ok());
}

}  // namespace

BENCHMARK_MAIN();
