require "pg"
$stdout.sync = true
while $stdin.gets
  connection = PG.connect
  puts connection.exec("select current_user").getvalue(0, 0)
  connection.close
end
