-- Hooks, what they accepted, and the keys that were used on them.
-- Locks nothing that exists: everything here is new.

create table hooks (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  slug text not null
    check (slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
  name text not null check (length(name) between 1 and 255),
  auth_type text not null check (auth_type in ('hmac_sha256')),
  auth_config jsonb not null default '{}',
  -- {"type": "header" | "jsonata", "value": text}, or null when deliveries are not de-duplicated.
  idempotency_source jsonb,
  idempotency_window_seconds integer not null default 86400
    check (idempotency_window_seconds between 1 and 2592000),
  handler_type text not null check (handler_type in ('direct_action')),
  handler_config jsonb not null,
  response_mode text not null default 'outcome' check (response_mode in ('outcome', 'accepted')),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, slug)
);
select protect_tenant_table('hooks');

-- The keys a hook accepts, sealed. Several may be live at once while one replaces another.
create table hook_secrets (
  tenant_id uuid not null,
  hook_id uuid not null,
  id uuid not null,
  sealed bytea not null,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, hook_id, id),
  foreign key (tenant_id, hook_id) references hooks (tenant_id, id) on delete cascade
);
select protect_tenant_table('hook_secrets');

-- One row for each request that reached a tenant.
--
--   pending ──▶ dispatched      the action or workflow took it
--      └──────▶ failed          with a code, for good; frees the idempotency key
--   duplicate                   never dispatched: `duplicate_of` names the delivery that was
--
-- The status leaves `pending` exactly once, in the transaction of the effect.
create table inbound_deliveries (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  -- Not a foreign key: deliveries outlive their hook (S-136). Null when the hook was unknown.
  hook_id uuid,
  received_at timestamptz not null default clock_timestamp(),
  request_method text not null,
  request_path text not null,
  request_query jsonb not null default '{}',
  request_headers jsonb not null default '{}',
  -- The bytes as received and their SHA-256, so that a delivery can be verified again.
  body bytea,
  body_sha256 bytea check (length(body_sha256) = 32),
  source_ip inet,
  auth_status text not null check (
    auth_status in ('verified', 'rejected_signature', 'rejected_bearer', 'rejected_ip', 'rejected_no_auth')
  ),
  dispatch_status text not null check (
    dispatch_status in ('pending', 'dispatched', 'duplicate', 'failed')
  ),
  idempotency_key text check (length(idempotency_key) between 1 and 255),
  -- Which use of the key this delivery is, counted from 1.
  key_use integer not null default 1 check (key_use > 0),
  duplicate_of uuid,
  outcome jsonb,
  -- Started as this workflow. Made when the row is: a later rename of the hook must not change it.
  workflow_id text,
  -- When the sweeper may start the workflow if nobody else did, and how often it has tried.
  start_due_at timestamptz,
  start_attempts integer not null default 0,
  dispatched_at timestamptz,
  primary key (tenant_id, id),
  check ((dispatch_status = 'duplicate') = (duplicate_of is not null)),
  check ((dispatch_status in ('dispatched', 'failed')) = (outcome is not null)),
  check (auth_status = 'verified' or (dispatch_status = 'failed' and body is null)),
  check (dispatch_status <> 'pending' or workflow_id is not null)
);
select protect_tenant_table('inbound_deliveries');

-- Serves claim_unstarted_deliveries, and stays as small as the backlog.
create index inbound_deliveries_unstarted on inbound_deliveries (start_due_at)
  where dispatch_status = 'pending';

-- Who holds an idempotency key. The primary key is what makes 200 concurrent copies one effect.
create table inbound_reservations (
  tenant_id uuid not null,
  hook_id uuid not null,
  key text not null,
  delivery_id uuid not null,
  uses integer not null default 1 check (uses > 0),
  expires_at timestamptz not null,
  -- Set when the delivery failed: the next request with the key dispatches afresh (S-016).
  is_released boolean not null default false,
  primary key (tenant_id, hook_id, key),
  foreign key (tenant_id, hook_id) references hooks (tenant_id, id) on delete cascade
);
select protect_tenant_table('inbound_reservations');

-- The sweeper works across tenants, so it goes through this function: it takes deliveries that are
-- due and pushes each one's next due time out by a growing wait, in one statement. Rows that another
-- replica is taking at this moment are skipped.
grant select (tenant_id, id, workflow_id, dispatch_status, start_due_at, start_attempts),
  update (start_due_at, start_attempts) on inbound_deliveries to tidegate_system;
create policy system_sweep on inbound_deliveries to tidegate_system
  using (dispatch_status = 'pending') with check (dispatch_status = 'pending');

create function claim_unstarted_deliveries(rows_max integer, wait_base_ms integer)
returns table (tenant_id uuid, delivery_id uuid, workflow_id text, start_attempts integer)
language sql volatile security definer set search_path = pg_catalog, public as $$
  update public.inbound_deliveries d
  set start_attempts = d.start_attempts + 1,
      start_due_at = clock_timestamp()
        + make_interval(secs => wait_base_ms / 1000.0 * power(2, least(d.start_attempts, 6)))
  from (
    select c.tenant_id, c.id from public.inbound_deliveries c
    where c.dispatch_status = 'pending' and c.start_due_at <= clock_timestamp()
    order by c.start_due_at
    limit rows_max
    for update skip locked
  ) due
  where d.tenant_id = due.tenant_id and d.id = due.id
  returning d.tenant_id, d.id, d.workflow_id, d.start_attempts
$$;
revoke all on function claim_unstarted_deliveries(integer, integer) from public;
grant execute on function claim_unstarted_deliveries(integer, integer) to tidegate_app;

grant create on schema public to tidegate_system;
alter function claim_unstarted_deliveries(integer, integer) owner to tidegate_system;
revoke create on schema public from tidegate_system;
