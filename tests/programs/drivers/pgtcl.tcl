package require Pgtcl
fconfigure stdout -buffering line
while {[gets stdin line] >= 0} {
  set connection [pg_connect -conninfo "service=orders"]
  pg_select $connection "select current_user as me" row { puts $row(me) }
  pg_disconnect $connection
}
