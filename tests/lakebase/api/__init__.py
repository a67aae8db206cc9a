"""The workspace API: one module for each service, all named in server.py."""
