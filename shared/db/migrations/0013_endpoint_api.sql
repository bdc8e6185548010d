-- What the API of endpoints and their delivery log works with.
-- The two indexes on outbound_deliveries are built under a lock that lets reads pass and holds writes:
-- about two seconds at a million rows. Everything else takes a moment.
set local lock_timeout = '5s';

-- Who sees and changes endpoints: everyone of the tenant who may, or each user their own (S-088).
alter table tenants add column endpoint_ownership text not null default 'tenant'
  check (endpoint_ownership in ('tenant', 'user'));

-- The installation's own list of tenants, with both switches of outbound delivery.
grant select (automation_enabled, endpoint_ownership) on tenants to tidegate_system;
drop function list_tenants(timestamptz, uuid, integer);
create function list_tenants(after_created_at timestamptz, after_id uuid, rows_max integer)
returns table (id uuid, slug text, name text, inbound_enabled boolean, automation_enabled boolean,
  endpoint_ownership text, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.id, t.slug, t.name, t.inbound_enabled, t.automation_enabled, t.endpoint_ownership,
    t.created_at
  from public.tenants t
  where after_id is null or (t.created_at, t.id) < (after_created_at, after_id)
  order by t.created_at desc, t.id desc
  limit rows_max
$$;
revoke all on function list_tenants(timestamptz, uuid, integer) from public;
grant execute on function list_tenants(timestamptz, uuid, integer) to tidegate_app;

grant create on schema public to tidegate_system;
alter function list_tenants(timestamptz, uuid, integer) owner to tidegate_system;
revoke create on schema public from tidegate_system;

-- How often a user has read endpoints and deliveries in their current minute (S-108). Unlogged: after a
-- crash of the database everybody starts afresh, and a read costs no write-ahead log.
create unlogged table read_windows (
  tenant_id uuid not null,
  user_id uuid not null,
  started_at timestamptz not null,
  reads integer not null,
  primary key (tenant_id, user_id)
);
select protect_tenant_table('read_windows');

-- Serves the log of the statuses that are few among many, newest first (S-047).
create index outbound_deliveries_troubled
  on outbound_deliveries (tenant_id, status, created_at desc, id desc)
  where status in ('retrying', 'held', 'failed', 'canceled');
-- Serves what is still to be done for one endpoint, however long its history is: when it is deleted,
-- changed, resumed or enabled.
create index outbound_deliveries_open on outbound_deliveries (tenant_id, endpoint_id, created_at, id)
  where settled_at is null;
