// Has functions of libpq's names, and is none: a wrapper that programs open by hand.
const char* PQconnectdb(const char* conninfo) {
  return conninfo;
}

int answer(void) {
  return 1;
}
