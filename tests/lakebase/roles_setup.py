"""Roles, labels and the databricks_auth stand-in of the local database."""

from __future__ import annotations

import secrets

from . import inventory
from .gateway.roles import Verifier
from .inventory import ESTATES
from .pgclient import Connection, identifier, literal
from .world import World

# The real labels are kept by an extension's provider. Here the functions write the catalog directly, which leaves the
# same rows in pg_seclabels; the pg_extension row makes "create extension if not exists" succeed.
_AUTH_EXTENSION = """
create schema databricks_auth;
create table databricks_auth.identities (name text primary key, id text not null, type text not null);
create function databricks_auth.set_label(role_name text, label text) returns void language sql security definer
 set search_path = pg_catalog as $$
 delete from pg_shseclabel where objoid = (select oid from pg_authid where rolname = role_name)
  and classoid = 'pg_authid'::regclass and provider = 'databricks_auth';
 insert into pg_shseclabel select oid, 'pg_authid'::regclass, 'databricks_auth', label
  from pg_authid where rolname = role_name $$;
revoke execute on function databricks_auth.set_label from public;
create function public.databricks_create_role(role_name text, identity_type text) returns void language plpgsql
 security definer set search_path = pg_catalog as $$
declare found_id text;
begin
 select i.id into found_id from databricks_auth.identities i where i.name = role_name and i.type = identity_type;
 if found_id is null then
  raise exception '% "%" was not found in the workspace', identity_type, role_name;
 end if;
 execute format('create role %I login', role_name);
 perform databricks_auth.set_label(role_name, 'id=' || found_id || ',type=' || identity_type);
end $$;
insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
 select 90001, 'databricks_auth', 10, oid, false, '1.0' from pg_namespace where nspname = 'databricks_auth';
"""


async def create_database(path: str) -> Connection:
    """Makes databricks_postgres; returns the superuser's connection to it."""
    admin = await Connection.open(path, "postgres")
    await admin.query(f"create database {inventory.DATABASE}")
    await admin.close()
    return await Connection.open(path, inventory.DATABASE)


async def populate(connection: Connection, world: World) -> None:
    await connection.query(_AUTH_EXTENSION)
    identities = [(p.name, p.scim_id, p.kind) for e in ESTATES for p in e.principals]
    identities += [(name, scim_id, "GROUP") for e in ESTATES for name, scim_id in e.group_ids.items()]
    values = ",".join(f"({literal(n)},{literal(i)},{literal(t)})" for n, i, t in identities)
    await connection.query(f"insert into databricks_auth.identities values {values}")
    unlike = (inventory.GUEST.name, inventory.MIXED.name)
    for name, _, kind in identities:
        if name not in unlike:
            await connection.query(f"select databricks_create_role({literal(name)}, {literal(kind)})")
    await add_role(connection, inventory.GUEST.name)
    await add_role(connection, inventory.MIXED.name, label=label_of(inventory.BATCH.name))
    await add_role(connection, inventory.NATIVE_ROLE, password=world.native_password)
    await add_role(connection, inventory.PLAIN_ROLE, password=world.plain_password)
    # The owner of a project may create databases, roles and schemas.
    owner, app = identifier(inventory.DEV.name), identifier(inventory.APP.name)
    await connection.query(f"alter role {owner} createdb createrole;"
                           f"alter database {inventory.DATABASE} owner to {owner};"
                           f"grant connect, create on database {inventory.DATABASE} to {app};"
                           "grant usage, create on schema public to public")


def label_of(identity: str) -> str:
    for estate in ESTATES:
        for principal in estate.principals:
            if principal.name == identity:
                return f"id={principal.scim_id},type={principal.kind}"
        if identity in estate.group_ids:
            return f"id={estate.group_ids[identity]},type=GROUP"
    raise ValueError(f"no identity {identity!r}")


async def add_role(connection: Connection, name: str, label: str = "", password: str = "") -> None:
    """Creates a role, or gives an existing one another label or password."""
    if not await connection.query(f"select 1 from pg_roles where rolname = {literal(name)}"):
        await connection.query(f"create role {identifier(name)} login")
    if password:
        # A verifier instead of the password: statements can end up in the server's log.
        verifier = Verifier.make(password, secrets.token_bytes(16))
        await connection.query(f"alter role {identifier(name)} password {literal(str(verifier))}")
    if label:
        await connection.query(f"select databricks_auth.set_label({literal(name)}, {literal(label)})")
