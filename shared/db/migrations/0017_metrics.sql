-- What the metrics of a process tell about the whole installation, in one look.
-- Locks nothing that exists: one function, and the right to read two columns.

grant select (status, auto_disabled_at) on endpoints to tidegate_system;

-- How far behind the sweepers are, and how the endpoints stand. Ages are of the oldest row that is due.
create function read_progress()
returns table (inbound_lag_seconds double precision, outbound_lag_seconds double precision,
  endpoints_active integer, endpoints_paused integer, endpoints_disabled integer,
  endpoints_auto_disabled integer)
language sql stable security definer set search_path = pg_catalog, public as $$
  select
    greatest(0, extract(epoch from clock_timestamp() - (
      select min(d.start_due_at) from public.inbound_deliveries d
      where d.dispatch_status = 'pending')))::double precision,
    greatest(0, extract(epoch from clock_timestamp() - (
      select min(o.wake_due_at) from public.outbound_deliveries o
      where o.wake_due_at is not null)))::double precision,
    (count(*) filter (where e.status = 'active'))::integer,
    (count(*) filter (where e.status = 'paused'))::integer,
    (count(*) filter (where e.status = 'disabled'))::integer,
    (count(*) filter (where e.auto_disabled_at is not null))::integer
  from public.endpoints e
$$;
revoke all on function read_progress() from public;
grant execute on function read_progress() to tidegate_app;

grant create on schema public to tidegate_system;
alter function read_progress() owner to tidegate_system;
revoke create on schema public from tidegate_system;
