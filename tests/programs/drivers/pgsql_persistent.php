<?php
while (fgets(STDIN) !== false) {
    $c = pg_pconnect('service=orders');
    echo pg_fetch_result(pg_query($c, 'select current_user'), 0, 0), "\n";
    // Its server process ends; the next call finds that out and resets the connection (PQreset).
    @pg_query($c, 'select pg_terminate_backend(pg_backend_pid())');
}
