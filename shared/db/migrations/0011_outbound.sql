-- Events as others may hear of them, the endpoints that do, and every delivery and attempt.
-- Rewrites events, because the ids of other systems' objects are not UUIDs: about ten seconds for a
-- million rows, during which nothing that records an event commits. Everything else is new.
set local lock_timeout = '5s';

-- S-139: while this is false nothing is recorded for the tenant, and its automation keys are refused.
alter table tenants add column automation_enabled boolean not null default true;

alter table events
  alter column object_id type text using object_id::text,
  -- As it was published, to the byte: jsonb would sort the members.
  drop constraint events_data_check,
  alter column data type json using data::text::json,
  add constraint events_data_check check (json_typeof(data) = 'object'),
  drop constraint events_type_check,
  add constraint events_type_check
    check (length(type) <= 100 and type ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$'),
  -- What the filters of endpoints look at.
  add column channel text,
  add column ai_workflow_state text,
  add column owner_id text,
  add column conversation_id text,
  add column message_id text,
  add column labels text[] not null default '{}',
  -- S-064: an event that waits for its receipt is delivered once after it; a reverted one never.
  --   none        needs no receipt
  --   awaiting ──▶ received | reverted
  add column receipt_state text not null default 'none'
    check (receipt_state in ('none', 'awaiting', 'received', 'reverted')),
  add column receipt jsonb,
  add constraint events_receipt_check check ((receipt_state = 'received') = (receipt is not null)),
  -- The endpoints it went to, as they were then: redelivery never routes anew. Null until fan-out.
  add column matched_endpoint_ids uuid[];
grant update (receipt_state, receipt, matched_endpoint_ids) on events to tidegate_app;

-- Serves the feed and the list of events, newest first; filters run over this order.
create index events_newest on events (tenant_id, occurred_at desc, id desc);
-- Serve the lists that name a type, an owner's or a conversation's events.
create index events_by_type on events (tenant_id, type, occurred_at desc, id desc);
create index events_by_owner on events (tenant_id, owner_id, occurred_at desc, id desc)
  where owner_id is not null;
create index events_by_conversation on events (tenant_id, conversation_id, occurred_at desc, id desc)
  where conversation_id is not null;
-- Serves remove_old_events.
create index events_occurred on events (occurred_at);

-- Event types of a tenant's own, each with the schema that its data must fit.
create table tenant_event_types (
  tenant_id uuid not null references tenants (id) on delete cascade,
  name text not null check (length(name) <= 100 and name ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$'),
  description text not null default '' check (length(description) <= 2000),
  data_schema jsonb not null check (jsonb_typeof(data_schema) = 'object'),
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
select protect_tenant_table('tenant_event_types');

create table endpoints (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (name ~ '^[a-z0-9-]{1,64}$'),
  url text not null check (length(url) between 1 and 2048),
  -- {event type: url}, in place of `url` (S-063).
  event_urls jsonb not null default '{}' check (jsonb_typeof(event_urls) = 'object'),
  description text check (length(description) <= 200 and description !~ '[\r\n]'),
  -- What it hears of (S-085, S-086). Empty means all; kinds are joined by AND, entries by OR.
  event_types text[] not null default '{}',
  resource_types text[] not null default '{}',
  channels text[] not null default '{}',
  ai_workflow_states text[] not null default '{}',
  owner_ids text[] not null default '{}',
  conversation_ids text[] not null default '{}',
  labels text[] not null default '{}',
  --   active ◀──▶ paused          by its owner; deliveries are held meanwhile
  --     ▲
  --     └──────▶ disabled         by its owner, a 410, or 72 hours without a success
  status text not null default 'active' check (status in ('active', 'paused', 'disabled')),
  disabled_reason text check (length(disabled_reason) <= 500),
  disabled_at timestamptz,
  auto_disabled_at timestamptz,
  signature_profile text not null default 'standard'
    check (signature_profile ~ '^[a-z0-9_]{1,32}$'),
  signature_header text check (signature_header ~ '^[A-Za-z0-9-]{1,64}$'),
  retry_profile text not null default 'standard' check (retry_profile ~ '^[A-Za-z]{1,32}$'),
  -- The waits of the profile `custom`, in milliseconds.
  retry_waits_ms bigint[],
  timeout_ms integer not null default 15000 check (timeout_ms between 1000 and 60000),
  max_in_flight integer not null default 1 check (max_in_flight between 1 and 100),
  rate_per_minute integer not null default 100 check (rate_per_minute between 1 and 60000),
  -- Names of the headers of its own, for people; the values are sealed, they may be credentials.
  header_names text[] not null default '{}',
  sealed_headers bytea,
  -- Set where endpoints belong to users (S-088).
  owner_user_id uuid,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, name),
  check (auto_disabled_at is null or status = 'disabled'),
  check ((retry_profile = 'custom') = (retry_waits_ms is not null)),
  check ((header_names = '{}') = (sealed_headers is null))
);
select protect_tenant_table('endpoints');
-- Serves the list of endpoints, newest first.
create index endpoints_newest on endpoints (tenant_id, created_at desc, id desc);

-- What an endpoint's deliveries are signed with, sealed. The one without an end is the current one;
-- during a rotation the one before it signs too, until its end (S-070).
create table endpoint_secrets (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('whsec', 'hex', 'ed25519')),
  sealed bytea not null,
  -- The first characters, by which people tell them apart; of a key pair, those of the public key.
  prefix text not null check (length(prefix) between 4 and 64),
  public_key text,
  expires_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, endpoint_id, id),
  foreign key (tenant_id, endpoint_id) references endpoints (tenant_id, id) on delete cascade
);
select protect_tenant_table('endpoint_secrets');
-- At most one current secret of a kind.
create unique index endpoint_secrets_current on endpoint_secrets (tenant_id, endpoint_id, kind)
  where expires_at is null;
-- Serves the janitor of old secrets.
create index endpoint_secrets_expired on endpoint_secrets (expires_at) where expires_at is not null;

-- The one row that every attempt at an endpoint locks for a moment: its rate, and how it fares.
-- Apart from endpoints, so that deliveries do not stamp the configuration.
create table endpoint_gates (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  -- Token bucket of rate_per_minute; below zero while deliveries hold a place in the future.
  tokens double precision not null,
  refilled_at timestamptz not null default clock_timestamp(),
  -- Failed attempts since the last success, and since when.
  failures_in_a_row integer not null default 0 check (failures_in_a_row >= 0),
  failing_since timestamptz,
  last_attempt_at timestamptz,
  last_delivered_at timestamptz,
  last_duration_ms integer,
  -- How much of the way to being disabled its owner has been told of: 0, 50, 70, 90 or 100 percent.
  told_percent integer not null default 0,
  primary key (tenant_id, endpoint_id),
  check ((failures_in_a_row = 0) = (failing_since is null)),
  foreign key (tenant_id, endpoint_id) references endpoints (tenant_id, id) on delete cascade
);
select protect_tenant_table('endpoint_gates');

-- One event on its way to one endpoint.
--
--   pending ──▶ delivered            a 2xx was recorded
--      │  ▲
--      ▼  │
--   retrying ─▶ failed               attempts used up, or a fault that no later try mends
--      │  ▲
--      ▼  │
--     held ───▶ canceled             by its owner, from any open state
--
-- Open: pending, retrying, held. A settled delivery never changes again; a replay is a new row.
create table outbound_deliveries (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  -- Neither is a foreign key: a delivery outlives both (S-137).
  endpoint_id uuid not null,
  event_id uuid not null,
  event_type text not null,
  -- Posted as it is here, on every attempt (S-056).
  body text not null,
  occurred_at timestamptz not null,
  origin text not null default 'event' check (origin in ('event', 'test', 'replay', 'redelivery')),
  replayed_from uuid,
  replay_job_id uuid,
  status text not null default 'pending'
    check (status in ('pending', 'retrying', 'held', 'delivered', 'failed', 'canceled')),
  hold_reason text check (hold_reason in ('endpoint_paused', 'endpoint_disabled', 'delivery_paused')),
  -- {"waitsMs": [...], "jitter": 0.1}: what was agreed when it was made.
  retry jsonb not null,
  -- Attempts that were begun, and how many of them used up a step of the schedule: one whose worker
  -- died did not.
  attempts integer not null default 0 check (attempts >= 0),
  failures integer not null default 0 check (failures between 0 and attempts),
  next_attempt_at timestamptz,
  -- A place in the rate of the endpoint, in the future.
  rate_slot_at timestamptz,
  -- Since when it waits for another delivery of the endpoint to finish.
  waiting_since timestamptz,
  last_status_code integer,
  last_error_class text,
  last_error text,
  -- Why it failed for good: a code of the error catalogue.
  failure_code text,
  last_attempt_at timestamptz,
  delivered_at timestamptz,
  settled_at timestamptz,
  -- When the sweeper starts or wakes its workflow, if nobody did before, and how often it has.
  wake_due_at timestamptz,
  wake_attempts integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  check ((status in ('delivered', 'failed', 'canceled')) = (settled_at is not null)),
  check ((status = 'delivered') = (delivered_at is not null)),
  check ((status = 'held') = (hold_reason is not null)),
  check ((status = 'failed') = (failure_code is not null)),
  check (settled_at is null or (wake_due_at is null and waiting_since is null))
);
select protect_tenant_table('outbound_deliveries');

-- S-055: each event reaches each endpoint in one delivery, however many publish it at once.
create unique index outbound_deliveries_once on outbound_deliveries (tenant_id, event_id, endpoint_id)
  where origin = 'event';
-- Serve the logs of the tenant and of an endpoint, newest first (S-047).
create index outbound_deliveries_newest on outbound_deliveries (tenant_id, created_at desc, id desc);
create index outbound_deliveries_of_endpoint
  on outbound_deliveries (tenant_id, endpoint_id, created_at desc, id desc);
-- Serves the log of one status, and "what is due next" (S-047).
create index outbound_deliveries_by_status
  on outbound_deliveries (tenant_id, status, next_attempt_at);
-- Serves an event's own deliveries; the replays of one too.
create index outbound_deliveries_of_event on outbound_deliveries (tenant_id, event_id);
-- Serves claim_due_wakes, and stays as small as what is due.
create index outbound_deliveries_due on outbound_deliveries (wake_due_at)
  where wake_due_at is not null;
-- Serves the next of those that wait for a place at an endpoint.
create index outbound_deliveries_waiting
  on outbound_deliveries (tenant_id, endpoint_id, waiting_since) where waiting_since is not null;
-- Serves the count of what an endpoint settled lately.
create index outbound_deliveries_settled on outbound_deliveries (tenant_id, endpoint_id, settled_at)
  where settled_at is not null;
-- Serves remove_old_deliveries.
create index outbound_deliveries_settled_at on outbound_deliveries (settled_at)
  where settled_at is not null;

-- One request to an endpoint. While it is under way its row is the place it takes up, and the lease
-- says until when: a worker that dies gives it back by the clock.
create table outbound_attempts (
  tenant_id uuid not null,
  delivery_id uuid not null,
  number integer not null check (number > 0),
  endpoint_id uuid not null,
  started_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz not null,
  finished_at timestamptz,
  -- lost: its worker never told what came of it. The receiver may have got it.
  outcome text check (outcome in ('delivered', 'failed', 'lost')),
  url text not null,
  status_code integer,
  error_class text,
  error text,
  duration_ms integer,
  response_headers jsonb not null default '{}',
  -- At most 8 KiB.
  response_body text,
  -- Prefixes of the secrets that signed it.
  signed_by text[] not null default '{}',
  primary key (tenant_id, delivery_id, number),
  check ((finished_at is null) = (outcome is null)),
  foreign key (tenant_id, delivery_id) references outbound_deliveries (tenant_id, id)
    on delete cascade
);
select protect_tenant_table('outbound_attempts');
-- Serves the count of what is under way at an endpoint.
create index outbound_attempts_under_way on outbound_attempts (tenant_id, endpoint_id)
  where finished_at is null;

-- The sweeper works across tenants, so it goes through this function: it takes deliveries that are due
-- and pushes each one's next time out by a growing wait, in one statement. Rows that another replica
-- is taking at this moment are skipped.
grant select (tenant_id, id, endpoint_id, event_type, retry, wake_due_at, wake_attempts),
  update (wake_due_at, wake_attempts) on outbound_deliveries to tidegate_system;
grant select (tenant_id, id, max_in_flight) on endpoints to tidegate_system;
create policy system_sweep on endpoints for select to tidegate_system using (true);
create policy system_sweep on outbound_deliveries to tidegate_system using (true) with check (true);

create function claim_due_wakes(rows_max integer, wait_base_ms integer)
returns table (tenant_id uuid, delivery_id uuid, endpoint_id uuid, event_type text, retry jsonb,
  wake_attempts integer, max_in_flight integer)
language sql volatile security definer set search_path = pg_catalog, public as $$
  update public.outbound_deliveries d
  set wake_attempts = d.wake_attempts + 1,
      wake_due_at = clock_timestamp()
        + make_interval(secs => wait_base_ms / 1000.0 * power(2, least(d.wake_attempts, 6)))
  from (
    select c.tenant_id, c.id from public.outbound_deliveries c
    where c.wake_due_at <= clock_timestamp()
    order by c.wake_due_at
    limit rows_max
    for update skip locked
  ) due
  where d.tenant_id = due.tenant_id and d.id = due.id
  returning d.tenant_id, d.id, d.endpoint_id, d.event_type, d.retry, d.wake_attempts,
    coalesce((
      select e.max_in_flight from public.endpoints e
      where e.tenant_id = d.tenant_id and e.id = d.endpoint_id), 1)
$$;
revoke all on function claim_due_wakes(integer, integer) from public;
grant execute on function claim_due_wakes(integer, integer) to tidegate_app;

-- How many deliveries are due, counted up to a bound: whether there is a backlog.
create function count_due_wakes(rows_max integer) returns integer
language sql stable security definer set search_path = pg_catalog, public as $$
  select count(*)::integer from (
    select from public.outbound_deliveries
    where wake_due_at <= clock_timestamp() limit rows_max) due
$$;
revoke all on function count_due_wakes(integer) from public;
grant execute on function count_due_wakes(integer) to tidegate_app;

grant create on schema public to tidegate_system;
alter function claim_due_wakes(integer, integer) owner to tidegate_system;
alter function count_due_wakes(integer) owner to tidegate_system;
revoke create on schema public from tidegate_system;
