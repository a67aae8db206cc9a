"""Tests of the local Lakebase itself."""
