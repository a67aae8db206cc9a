#pragma once

namespace pglakebase {

/// Does this file name an authority that the system trusts, too? Such a one vouches for servers of
/// anybody's, so that a server's name has to be looked at. A file of 16 KiB or more is taken for a
/// list of such authorities, and so is what cannot be read or compared; one that is not there names
/// none.
bool names_public_authority(const char* path);

}  // namespace pglakebase
