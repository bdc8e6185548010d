-- Everything that managing hooks and reading their log needs.
-- Locks hooks, hook_secrets and inbound_deliveries briefly: added columns have constant defaults, so
-- no row is rewritten. The two indexes are built under a lock that lets reads pass and holds writes;
-- on a log of a million rows that takes about two seconds.
set local lock_timeout = '10s';

alter table hooks
  drop constraint hooks_auth_type_check,
  drop constraint hooks_handler_type_check,
  add constraint hooks_auth_type_check check (
    auth_type in ('hmac_sha256', 'bearer', 'ip_allowlist', 'path_token', 'verifier')),
  add constraint hooks_handler_type_check check (handler_type in ('direct_action', 'workflow')),
  add column description text check (length(description) <= 2000),
  add column rate_limit_per_minute integer not null default 600
    check (rate_limit_per_minute between 1 and 60000),
  -- Largest body in bytes; null: the ceiling of the installation.
  add column body_limit_bytes integer check (body_limit_bytes between 1024 and 5242880),
  -- How much of JSONata the expressions of the hook may use.
  add column language_level text not null default 'full'
    check (language_level in ('full', 'strict')),
  -- The first verified body after arming, as received. Customer data: for administrators only.
  add column sample_body bytea,
  add column sample_headers jsonb,
  add column sample_query jsonb,
  add column sample_captured_at timestamptz,
  add column sample_capture_expires_at timestamptz,
  add column auto_disabled_at timestamptz,
  -- Not a foreign key: a hook outlives the account that made it.
  add column created_by uuid;
-- Serves the list of hooks, newest first.
create index hooks_newest on hooks (tenant_id, created_at desc, id desc);

-- Which check of the hook's verifier a secret is for.
alter table hook_secrets
  add column slot text not null default 'default' check (slot ~ '^[a-z][a-z0-9_]{0,31}$');

alter table inbound_deliveries
  add column user_agent text,
  -- What the sender was told, and how long that took. Null while the sender waits, or when the
  -- process that answered died before it could note it.
  add column response_status integer check (response_status between 100 and 599),
  add column duration_ms integer check (duration_ms >= 0),
  add column is_replay boolean not null default false,
  add column replayed_from uuid,
  -- Sent by an administrator from the management API rather than by the sender.
  add column is_test boolean not null default false,
  add constraint inbound_deliveries_replay_check check (is_replay = (replayed_from is not null));
-- Serves the log of a hook, newest first, and its date filters.
create index inbound_deliveries_by_hook
  on inbound_deliveries (tenant_id, hook_id, received_at desc, id desc);
-- Serves the same log filtered to what went wrong, which is rare among many.
create index inbound_deliveries_troubled
  on inbound_deliveries (tenant_id, hook_id, dispatch_status, received_at desc, id desc)
  where dispatch_status in ('failed', 'duplicate');
-- Serves the replay links of a delivery.
create index inbound_deliveries_replays on inbound_deliveries (tenant_id, replayed_from)
  where replayed_from is not null;

-- Token buckets of hooks. Unlogged: after a crash of the database every bucket is full again, which
-- harms nobody, and a decision costs no write-ahead log.
create unlogged table hook_rate_buckets (
  tenant_id uuid not null,
  hook_id uuid not null,
  tokens double precision not null,
  refilled_at timestamptz not null,
  primary key (tenant_id, hook_id)
);
select protect_tenant_table('hook_rate_buckets');
