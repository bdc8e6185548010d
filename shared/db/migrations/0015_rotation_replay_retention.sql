-- Rotations of endpoint secrets, endpoints that fail for too long, replays in bulk, and what outbound
-- delivery keeps for how long.
-- Locks endpoint_secrets and endpoints for a moment, and outbound_deliveries against writes while four
-- indexes over a few of its rows are built: about a second for each million rows. Waits at most 5 s for
-- each lock.
set local lock_timeout = '5s';

-- S-069: a secret that was brought along from another system may stand here in plain text until the
-- maintenance job has sealed it. Deliveries are signed with it meanwhile.
alter table endpoint_secrets
  alter column sealed drop not null,
  add column legacy_plaintext text check (length(legacy_plaintext) between 32 and 512),
  add constraint endpoint_secrets_sealed_or_legacy
    check ((sealed is null) <> (legacy_plaintext is null)),
  -- When the owner is told that the old secret ends soon (S-070); null once that was done.
  add column warn_at timestamptz,
  -- When the run of the rotation was first seen at work; until then a job starts it.
  add column watched_at timestamptz,
  add constraint endpoint_secrets_warned_of_end check (warn_at is null or warn_at <= expires_at);
-- Serves due_rotations; endpoint_secrets_expired serves what has ended.
create index endpoint_secrets_to_warn on endpoint_secrets (warn_at) where warn_at is not null;
-- Serves legacy_secrets and count_legacy_secrets.
create index endpoint_secrets_legacy on endpoint_secrets (tenant_id, endpoint_id, id)
  where sealed is null;

-- Failures from before an endpoint was enabled again do not count against it.
alter table endpoints add column enabled_at timestamptz;

-- Serves failing_endpoints without a look at the table.
create index outbound_deliveries_failed
  on outbound_deliveries (settled_at, tenant_id, endpoint_id) where status = 'failed';
-- Serves replays of what failed or was canceled; replays of what arrived use the log's own index.
create index outbound_deliveries_replayable
  on outbound_deliveries (tenant_id, created_at, id) where status in ('failed', 'canceled');
-- A job sends each event to each endpoint once, however often its page is repeated. Serves the count
-- of what became of a job's deliveries as well.
create unique index outbound_deliveries_replayed
  on outbound_deliveries (tenant_id, replay_job_id, event_id, endpoint_id)
  where replay_job_id is not null;
-- Serves old_open_deliveries.
create index outbound_deliveries_open_since on outbound_deliveries (created_at) where settled_at is null;

-- Deliveries, or events that never had one, that are sent again in bulk.
--
--   running ◀──▶ paused
--      │           │
--      ▼           ▼
--  completed    canceled      also from running
create table replay_jobs (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  state text not null default 'running'
    check (state in ('running', 'paused', 'completed', 'canceled')),
  -- What is replayed, as it was asked for: shared/domain/replay.ts.
  filter jsonb not null check (jsonb_typeof(filter) = 'object'),
  per_second integer not null check (per_second between 1 and 1000),
  -- How many were found when it began, how many have been scheduled, and how many passed over.
  total integer not null check (total >= 0),
  done integer not null default 0 check (done >= 0),
  skipped integer not null default 0 check (skipped >= 0),
  -- The last row of the page before: its time, to the microsecond, and its id.
  cursor_at timestamptz,
  cursor_id uuid,
  created_by uuid,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  primary key (tenant_id, id),
  check ((cursor_at is null) = (cursor_id is null)),
  check ((state in ('completed', 'canceled')) = (finished_at is not null))
);
select protect_tenant_table('replay_jobs');
-- Serves the list of jobs, newest first.
create index replay_jobs_newest on replay_jobs (tenant_id, created_at desc, id desc);
-- Serves stalled_replays.
create index replay_jobs_running on replay_jobs (updated_at) where state = 'running';

-- The jobs find across tenants what is due, and then work on it tenant by tenant. The functions show
-- ids, and counts of failures; two delete what is past its time.
grant select (tenant_id, endpoint_id, id, sealed, expires_at, warn_at, watched_at)
  on endpoint_secrets to tidegate_system;
create policy system_rotation on endpoint_secrets for select to tidegate_system using (true);
grant select (tenant_id, id, status, enabled_at) on endpoints to tidegate_system;
create policy system_health on endpoints for select to tidegate_system using (true);
grant select (tenant_id, endpoint_id, told_percent) on endpoint_gates to tidegate_system;
create policy system_health on endpoint_gates for select to tidegate_system using (true);
grant select (tenant_id, id, state, updated_at) on replay_jobs to tidegate_system;
create policy system_replay on replay_jobs for select to tidegate_system using (true);
grant select (status, created_at, settled_at), delete on outbound_deliveries to tidegate_system;
-- The sweeper's policy admits every command. This one is a must for each delete.
create policy system_retention_only on outbound_deliveries as restrictive
  for delete to tidegate_system using (settled_at is not null);
grant select (tenant_id, id, occurred_at), delete on events to tidegate_system;
create policy system_retention on events to tidegate_system using (true);

-- Endpoints whose owners are to be told of the end of an old secret, or whose old secret has ended.
create function due_rotations(rows_max integer)
returns table (tenant_id uuid, endpoint_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select s.tenant_id, s.endpoint_id from public.endpoint_secrets s
  where s.expires_at <= statement_timestamp()
  union
  select s.tenant_id, s.endpoint_id from public.endpoint_secrets s
  where s.warn_at <= statement_timestamp()
  limit rows_max
$$;

-- Rotations whose run was not yet seen at work.
create function unwatched_rotations(rows_max integer)
returns table (tenant_id uuid, endpoint_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select distinct s.tenant_id, s.endpoint_id from public.endpoint_secrets s
  where s.expires_at > statement_timestamp() and s.watched_at is null
  limit rows_max
$$;

create function legacy_secrets(rows_max integer)
returns table (tenant_id uuid, endpoint_id uuid, id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select s.tenant_id, s.endpoint_id, s.id from public.endpoint_secrets s
  where s.sealed is null
  order by s.tenant_id, s.endpoint_id, s.id limit rows_max
$$;

create function count_legacy_secrets() returns bigint
language sql stable security definer set search_path = pg_catalog, public as $$
  select count(*) from public.endpoint_secrets s where s.sealed is null
$$;

-- S-077: active endpoints to which nothing arrived within the window, and of whose failures there is
-- news: they have reached a higher step towards the limit than their owner has been told of.
-- shared/domain/endpoint-health.ts knows the steps; the decision is made again under the lock.
create function failing_endpoints(window_ms bigint, failures_max integer, steps integer[],
  rows_max integer)
returns table (tenant_id uuid, endpoint_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select f.tenant_id, f.endpoint_id
  from (
    select d.tenant_id, d.endpoint_id, count(*) filter (
      where d.settled_at > coalesce(e.enabled_at, '-infinity')) as failures
    from public.outbound_deliveries d
    join public.endpoints e on e.tenant_id = d.tenant_id and e.id = d.endpoint_id
    where d.status = 'failed' and e.status = 'active'
      and d.settled_at > statement_timestamp() - make_interval(secs => window_ms / 1000.0)
    group by d.tenant_id, d.endpoint_id
  ) f
  join public.endpoint_gates g on g.tenant_id = f.tenant_id and g.endpoint_id = f.endpoint_id
  where exists (
      select from unnest(steps) step
      where step > g.told_percent and f.failures * 100 >= step * failures_max)
    and not exists (
      select from public.outbound_deliveries d
      where d.tenant_id = f.tenant_id and d.endpoint_id = f.endpoint_id and d.status = 'delivered'
        and d.settled_at > statement_timestamp() - make_interval(secs => window_ms / 1000.0))
  order by f.tenant_id, f.endpoint_id
  limit rows_max
$$;

create function stalled_replays(older_than_ms bigint, rows_max integer)
returns table (tenant_id uuid, job_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select j.tenant_id, j.id from public.replay_jobs j
  where j.state = 'running'
    and j.updated_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
  order by j.updated_at limit rows_max
$$;

-- S-137: deletes events; their deliveries stay. Returns how many.
create function remove_old_events(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select e.tenant_id, e.id from public.events e
    where e.occurred_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
    order by e.occurred_at limit rows_max
  ), removed as (
    delete from public.events e using due
    where e.tenant_id = due.tenant_id and e.id = due.id
    returning 1
  )
  select count(*)::integer from removed
$$;

-- S-137: deletes settled deliveries with their attempts. Returns how many.
create function remove_old_deliveries(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select d.tenant_id, d.id from public.outbound_deliveries d
    where d.settled_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
    order by d.settled_at limit rows_max
  ), removed as (
    delete from public.outbound_deliveries d using due
    where d.tenant_id = due.tenant_id and d.id = due.id
    returning 1
  )
  select count(*)::integer from removed
$$;

-- Deliveries that are still open after all that time: held by an endpoint that never came back.
create function old_open_deliveries(older_than_ms bigint, rows_max integer)
returns table (tenant_id uuid, delivery_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select d.tenant_id, d.id from public.outbound_deliveries d
  where d.settled_at is null
    and d.created_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
  order by d.created_at limit rows_max
$$;

grant create on schema public to tidegate_system;
do $$
declare
  signature text;
begin
  foreach signature in array array[
    'due_rotations(integer)',
    'unwatched_rotations(integer)',
    'legacy_secrets(integer)',
    'count_legacy_secrets()',
    'failing_endpoints(bigint, integer, integer[], integer)',
    'stalled_replays(bigint, integer)',
    'remove_old_events(bigint, integer)',
    'remove_old_deliveries(bigint, integer)',
    'old_open_deliveries(bigint, integer)'
  ] loop
    execute format('revoke all on function %s from public', signature);
    execute format('grant execute on function %s to tidegate_app', signature);
    execute format('alter function %s owner to tidegate_system', signature);
  end loop;
end
$$;
revoke create on schema public from tidegate_system;
