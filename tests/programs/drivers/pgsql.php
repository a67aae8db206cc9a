<?php
while (fgets(STDIN) !== false) {
    $c = pg_connect('service=orders', PGSQL_CONNECT_FORCE_NEW);
    echo pg_fetch_result(pg_query($c, 'select current_user'), 0, 0), "\n";
    pg_close($c);
}
