// The largest header by far that this part's files include, read once.
#include <nlohmann/json.hpp>
