#include "pglakebase/core/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/text.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {

void log_line(std::string_view what, std::string_view about) {
  const char* file = environment("PGLAKEBASE_LOG");
  if (file == nullptr || file[0] != '/') return;
  const int error = errno;
  const UniqueFd fd(::open(
      file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600));
  if (fd.valid()) {
    Text line;
    line.append("time_ms=").append_number(wall_clock_ms());
    line.append(" pid=").append_number(::getpid()).append_char(' ');
    Text event;
    append_field(event, "event", what);
    line.append(slice(event.view(), 0, event.size() - 1));
    if (about.empty()) {
      line.append_char('\n');
    } else {
      append_field(line.append_char(' '), "about", about);
    }
    if (line.ok()) write_all(fd.get(), line.view());
  }
  errno = error;
}

}  // namespace pglakebase
