/* What a server exports for its extensions. */
int PostmasterPid;
