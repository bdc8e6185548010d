-- What is kept for how long, and what operators need to know of the whole installation: the
-- functions of the maintenance jobs, of the key rotation, and of the readiness check.
-- Locks inbound_deliveries and inbound_reservations against writes while three indexes are built:
-- about a second for each million rows. Waits at most 5 s for either lock.
set local lock_timeout = '5s';

-- Set when the body was cut: `body` then holds its first 1,024 bytes only, and body_sha256 is still
-- that of the whole. Not validated against the rows that are there: all of them are uncut.
alter table inbound_deliveries
  add column body_truncated_at timestamptz,
  add constraint inbound_deliveries_cut_is_settled
    check (body_truncated_at is null or dispatch_status <> 'pending') not valid;

-- Serves cut_inbound_bodies. Bodies that are no longer than the head are never cut.
create index inbound_deliveries_uncut on inbound_deliveries (received_at)
  where body_truncated_at is null and octet_length(body) > 1024 and dispatch_status <> 'pending';
-- Serves purge_rejected_deliveries.
create index inbound_deliveries_rejected on inbound_deliveries (received_at)
  where auth_status <> 'verified';
-- Serves remove_expired_reservations.
create index inbound_reservations_expired on inbound_reservations (expires_at);

-- The jobs work across tenants, so they go through functions that run as tidegate_system. What that
-- role may do is as narrow as they are: cut what is settled, delete what was never let in, delete
-- reservations.
grant select (received_at, dispatched_at, auth_status, body, body_truncated_at),
  update (body, body_truncated_at), delete on inbound_deliveries to tidegate_system;
create policy system_retention_read on inbound_deliveries for select to tidegate_system
  using (dispatch_status <> 'pending');
create policy system_retention_cut on inbound_deliveries for update to tidegate_system
  using (dispatch_status <> 'pending' and body_truncated_at is null)
  with check (dispatch_status <> 'pending' and body_truncated_at is not null);
create policy system_retention_purge on inbound_deliveries for delete to tidegate_system
  using (auth_status <> 'verified');
-- The sweeper's policy admits every command on pending rows. This one is a must for each delete.
create policy system_retention_purge_only on inbound_deliveries as restrictive
  for delete to tidegate_system using (auth_status <> 'verified');
grant select (tenant_id, hook_id, key, delivery_id, expires_at), delete on inbound_reservations
  to tidegate_system;
create policy system_retention on inbound_reservations to tidegate_system using (true);

-- S-136: cuts raw bodies to a fixed head. Status, keys and the SHA-256 stay. Returns how many.
create function cut_inbound_bodies(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select d.tenant_id, d.id from public.inbound_deliveries d
    where d.body_truncated_at is null and octet_length(d.body) > 1024
      and d.dispatch_status <> 'pending'
      and d.received_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
    order by d.received_at
    limit rows_max
    for update skip locked
  ), cut as (
    update public.inbound_deliveries d
    set body = substring(d.body from 1 for 1024), body_truncated_at = clock_timestamp()
    from due where d.tenant_id = due.tenant_id and d.id = due.id
    returning 1
  )
  select count(*)::integer from cut
$$;

-- S-012: deletes requests that were not let in, which anyone can make. Returns how many.
create function purge_rejected_deliveries(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select d.tenant_id, d.id from public.inbound_deliveries d
    where d.auth_status <> 'verified'
      and d.received_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
    order by d.received_at
    limit rows_max
  ), purged as (
    delete from public.inbound_deliveries d using due
    where d.tenant_id = due.tenant_id and d.id = due.id and d.auth_status <> 'verified'
    returning 1
  )
  select count(*)::integer from purged
$$;

-- Deletes reservations whose window is past. A reservation also counts the uses of its key, and the
-- count is part of the workflow id; without it the next use would get the id of the first one. So a
-- reservation must outlive the run of its delivery in Temporal: it goes when both its window and its
-- delivery's outcome are older than the given age. One that is taken over meanwhile has a new
-- delivery and stays. Returns how many.
create function remove_expired_reservations(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select r.tenant_id, r.hook_id, r.key, r.delivery_id from public.inbound_reservations r
    where r.expires_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
      and not exists (
        select from public.inbound_deliveries d
        where d.tenant_id = r.tenant_id and d.id = r.delivery_id
          and (d.dispatch_status = 'pending' or d.dispatched_at
            > statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)))
    order by r.expires_at
    limit rows_max
  ), removed as (
    delete from public.inbound_reservations r using due
    where r.tenant_id = due.tenant_id and r.hook_id = due.hook_id and r.key = due.key
      and r.delivery_id = due.delivery_id
    returning 1
  )
  select count(*)::integer from removed
$$;

-- The key rotation has to find every tenant's data key, and the boot check to know which master keys
-- are in use. Neither function shows a key.
grant select (tenant_id, master_key_id) on tenant_data_keys to tidegate_system;
create policy system_rotation on tenant_data_keys for select to tidegate_system using (true);
-- Serves count_data_keys and tenants_not_wrapped_with.
create index tenant_data_keys_master on tenant_data_keys (master_key_id);

create function count_data_keys()
returns table (master_key_id text, tenants bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
  select k.master_key_id, count(*) from public.tenant_data_keys k
  group by k.master_key_id order by k.master_key_id
$$;

create function tenants_not_wrapped_with(primary_key_id text, rows_max integer)
returns table (tenant_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select k.tenant_id from public.tenant_data_keys k
  where k.master_key_id <> primary_key_id limit rows_max
$$;

-- The readiness check compares what ran with what the code wants.
grant select (name) on schema_migrations to tidegate_app;

do $$
declare
  signature text;
begin
  foreach signature in array array[
    'cut_inbound_bodies(bigint, integer)',
    'purge_rejected_deliveries(bigint, integer)',
    'remove_expired_reservations(bigint, integer)',
    'count_data_keys()',
    'tenants_not_wrapped_with(text, integer)'
  ] loop
    execute format('revoke all on function %s from public', signature);
    execute format('grant execute on function %s to tidegate_app', signature);
  end loop;
end
$$;

grant create on schema public to tidegate_system;
alter function cut_inbound_bodies(bigint, integer) owner to tidegate_system;
alter function purge_rejected_deliveries(bigint, integer) owner to tidegate_system;
alter function remove_expired_reservations(bigint, integer) owner to tidegate_system;
alter function count_data_keys() owner to tidegate_system;
alter function tenants_not_wrapped_with(text, integer) owner to tidegate_system;
revoke create on schema public from tidegate_system;
