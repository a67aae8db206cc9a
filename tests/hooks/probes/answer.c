// The module's own library, which has a function that the program has as well.
int answer(void) {
  return 1;
}
