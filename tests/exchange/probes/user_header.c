/* The header, for a compiler of 1989. */
#include <pglakebase/pglakebase.h>

int main(void) {
  return pglakebase_set_user_token("token") == 0 && pglakebase_set_user_token(0) == 0 ? 0 : 1;
}
