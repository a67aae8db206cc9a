library(RPostgreSQL)
input <- file("stdin", "r")
while (length(readLines(input, n = 1)) > 0) {
  connection <- dbConnect(PostgreSQL(), dbname = "service=orders", host = "", user = "", password = "")
  cat(dbGetQuery(connection, "select current_user as me")$me, "\n", sep = "")
  flush(stdout())
  dbDisconnect(connection)
}
