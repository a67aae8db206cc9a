<?php
while (fgets(STDIN) !== false) {
    $c = new PDO('pgsql:service=orders');
    echo $c->query('select current_user')->fetchColumn(), "\n";
    $c = null;
}
