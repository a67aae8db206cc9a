"""The TLS gateway that stands where Lakebase's does: start-up, certificate, password, then a pipe to PostgreSQL."""
