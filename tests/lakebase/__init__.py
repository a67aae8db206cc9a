"""A local Lakebase: a real PostgreSQL behind a TLS gateway, and a workspace API, on loopback."""
