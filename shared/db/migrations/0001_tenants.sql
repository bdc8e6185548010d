-- Tenants, their data keys, and the wall between them.
-- Locks nothing that exists: everything here is new.

-- Puts the wall around a tenant table: row-level security that binds even the owner, one policy on
-- the tenant of the transaction, and the rights of the application role. An empty or absent setting
-- matches no row.
create function protect_tenant_table(target regclass, tenant_column text default 'tenant_id')
returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy tenant_wall on %s to tidegate_app'
    ' using (%2$I = nullif(current_setting(''app.tenant'', true), '''')::uuid)'
    ' with check (%2$I = nullif(current_setting(''app.tenant'', true), '''')::uuid)',
    target, tenant_column);
  execute format('grant select, insert, update, delete on %s to tidegate_app', target);
end
$$;

create table tenants (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[0-9a-f]{12}$'),
  name text not null check (length(name) between 1 and 255),
  -- The receiver answers 404 to everyone while this is false (S-140).
  inbound_enabled boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
select protect_tenant_table('tenants', 'id');

create table tenant_data_keys (
  tenant_id uuid primary key references tenants (id) on delete cascade,
  wrapped_key bytea not null,
  -- Which master key wrapped it; boot refuses to run without that key.
  master_key_id text not null,
  created_at timestamptz not null default now()
);
select protect_tenant_table('tenant_data_keys');

-- Counters that a tenant's own rows are numbered by. Row locks make the numbers unique.
create table tenant_counters (
  tenant_id uuid not null references tenants (id) on delete cascade,
  name text not null check (name in ('ticket_number')),
  value bigint not null check (value > 0),
  primary key (tenant_id, name)
);
select protect_tenant_table('tenant_counters');

-- The receiver knows a slug before it knows a tenant. This function is the only way from one to the
-- other: it runs as tidegate_system, which may read these three columns and nothing else.
grant select (id, slug, inbound_enabled) on tenants to tidegate_system;
create policy system_lookup on tenants for select to tidegate_system using (true);

create function resolve_tenant(wanted_slug text)
returns table (id uuid, inbound_enabled boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.id, t.inbound_enabled from public.tenants t where t.slug = wanted_slug
$$;
revoke all on function resolve_tenant(text) from public;
grant execute on function resolve_tenant(text) to tidegate_app;

grant create on schema public to tidegate_system;
alter function resolve_tenant(text) owner to tidegate_system;
revoke create on schema public from tidegate_system;
