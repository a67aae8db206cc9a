use strict;
use DBI;
$| = 1;
while (<STDIN>) {
  my $db = DBI->connect("dbi:Pg:service=orders", undef, undef, {RaiseError => 1});
  print $db->selectrow_array("select current_user"), "\n";
  $db->disconnect;
}
