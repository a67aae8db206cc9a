// As unit.hpp, for the part whose headers read JSON.
#include <nlohmann/json.hpp>

#include "unit.hpp"
