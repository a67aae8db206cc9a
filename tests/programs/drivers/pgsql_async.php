<?php
while (fgets(STDIN) !== false) {
    $c = pg_connect('service=orders', PGSQL_CONNECT_FORCE_NEW | PGSQL_CONNECT_ASYNC);
    do {
        $state = pg_connect_poll($c);
        usleep(2000);
    } while ($state !== PGSQL_POLLING_OK && $state !== PGSQL_POLLING_FAILED);
    echo pg_fetch_result(pg_query($c, 'select current_user'), 0, 0), "\n";
    pg_close($c);
}
