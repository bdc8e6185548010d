-- Who may do what: users of a tenant, their tokens, what they did, and the requests they repeated.
-- Locks nothing that exists: everything here is new.

create table users (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  email text not null check (length(email) between 3 and 320),
  name text not null check (length(name) between 1 and 255),
  role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
  -- A member's own list, which replaces what the role allows; null: the role decides.
  permissions text[],
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
select protect_tenant_table('users');
-- One account for an address in a tenant. Tenant first, so that it tells nothing across tenants.
create unique index users_email on users (tenant_id, lower(email));

-- Bearer tokens of users. Only the SHA-256 is kept: the token has more entropy than any search.
create table personal_tokens (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  token_sha256 bytea not null check (length(token_sha256) = 32),
  -- The first characters, by which people tell their tokens apart.
  prefix text not null check (length(prefix) = 12),
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
select protect_tenant_table('personal_tokens');
-- Serves resolve_personal_token, which looks before it knows a tenant.
create unique index personal_tokens_sha256 on personal_tokens (token_sha256);

-- Administration, append-only: the application may add and read, nothing else.
create table audit_entries (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  occurred_at timestamptz not null default clock_timestamp(),
  actor_type text not null check (actor_type in ('user', 'operator', 'api', 'system')),
  -- Null for the operator of the installation and for the system itself.
  actor_id uuid,
  action text not null check (length(action) between 1 and 128),
  resource_type text not null check (length(resource_type) between 1 and 64),
  resource_id uuid,
  -- Facts about the change. Never a secret, never customer data.
  details jsonb not null default '{}',
  primary key (tenant_id, id)
);
select protect_tenant_table('audit_entries');
revoke update, delete on audit_entries from tidegate_app;
-- Serves the list of the audit log, newest first; its filters run over this order.
create index audit_entries_newest on audit_entries (tenant_id, occurred_at desc, id desc);

-- What a mutation with an Idempotency-Key answered. The row is written in the transaction of the
-- mutation itself, so there is never one whose effect did not happen.
create table idempotency_keys (
  tenant_id uuid not null references tenants (id) on delete cascade,
  caller_id uuid not null,
  key text not null check (length(key) between 1 and 255),
  -- SHA-256 over method, path and body: the same key with another request is a mistake.
  fingerprint bytea not null check (length(fingerprint) = 32),
  response_status integer not null check (response_status between 100 and 599),
  -- Sealed: an answer may carry a secret that is shown once.
  sealed_response bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (tenant_id, caller_id, key)
);
select protect_tenant_table('idempotency_keys');
-- Serves the hourly clean-up of expired answers.
create index idempotency_keys_expired on idempotency_keys (expires_at);

-- A request names its token before it names a tenant. These functions are the only ways across; they
-- run as tidegate_system, which may read these columns and nothing else.
grant select (tenant_id, id, email, name, role, permissions, is_active) on users to tidegate_system;
grant select (tenant_id, id, user_id, token_sha256, expires_at, last_used_at)
  on personal_tokens to tidegate_system;
grant select (name, created_at) on tenants to tidegate_system;
create policy system_lookup on users for select to tidegate_system using (true);
create policy system_lookup on personal_tokens for select to tidegate_system using (true);

create function resolve_personal_token(wanted_sha256 bytea)
returns table (tenant_id uuid, token_id uuid, user_id uuid, email text, name text, role text,
  permissions text[], is_active boolean, is_expired boolean, last_used_at timestamptz,
  tenant_slug text)
language sql stable security definer set search_path = pg_catalog, public as $$
  select u.tenant_id, p.id, u.id, u.email, u.name, u.role, u.permissions, u.is_active,
    coalesce(p.expires_at <= clock_timestamp(), false), p.last_used_at, t.slug
  from public.personal_tokens p
  join public.users u on u.tenant_id = p.tenant_id and u.id = p.user_id
  join public.tenants t on t.id = p.tenant_id
  where p.token_sha256 = wanted_sha256
$$;
revoke all on function resolve_personal_token(bytea) from public;
grant execute on function resolve_personal_token(bytea) to tidegate_app;

-- The installation's own list of tenants, for its operator.
create function list_tenants(after_created_at timestamptz, after_id uuid, rows_max integer)
returns table (id uuid, slug text, name text, inbound_enabled boolean, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.id, t.slug, t.name, t.inbound_enabled, t.created_at
  from public.tenants t
  where after_id is null or (t.created_at, t.id) < (after_created_at, after_id)
  order by t.created_at desc, t.id desc
  limit rows_max
$$;
revoke all on function list_tenants(timestamptz, uuid, integer) from public;
grant execute on function list_tenants(timestamptz, uuid, integer) to tidegate_app;

grant create on schema public to tidegate_system;
alter function resolve_personal_token(bytea) owner to tidegate_system;
alter function list_tenants(timestamptz, uuid, integer) owner to tidegate_system;
revoke create on schema public from tidegate_system;
