require "pg"
$stdout.sync = true
connection = PG::Connection.new
while $stdin.gets
  connection.reset
  puts connection.async_exec("select current_user").getvalue(0, 0)
end
