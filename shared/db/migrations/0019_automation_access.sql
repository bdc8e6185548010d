-- Automation credentials and how often they may ask.
-- Locks nothing that exists: everything here is new.

-- S-102: bearer keys of programs. Only the SHA-256 is kept: a key has more entropy than any search.
--   active ──▶ disabled ──▶ active        an expiry in the past refuses either, and is read, not stored
create table automation_credentials (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  -- Who speaks in messages and in the audit log when this key is used.
  actor_name text not null check (length(actor_name) between 1 and 255),
  secret_sha256 bytea not null check (length(secret_sha256) = 32),
  -- The first characters, by which people tell keys apart.
  secret_prefix text not null check (length(secret_prefix) = 12),
  -- S-105: fixed when the key is made; there is no wildcard.
  scopes text[] not null check (
    scopes <@ array['conversations.read', 'conversations.write', 'messages.read', 'messages.write',
      'visitors.read', 'visitors.write', 'tickets.read', 'tickets.write', 'events.read',
      'events.write', 'articles.read', 'articles.write', 'collections.read', 'collections.write',
      'outbound.read', 'outbound.write', 'webhooks.manage', 'claims.manage']
    and cardinality(scopes) between 1 and 18
  ),
  status text not null default 'active' check (status in ('active', 'disabled')),
  expires_at timestamptz,
  last_used_at timestamptz,
  -- The user who made it; null when that user is gone.
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, created_by)
    references users (tenant_id, id) on delete set null (created_by)
);
select protect_tenant_table('automation_credentials');
-- Serves resolve_automation_credential, which looks before it knows a tenant.
create unique index automation_credentials_sha256 on automation_credentials (secret_sha256);
-- Serves the list, newest first.
create index automation_credentials_newest
  on automation_credentials (tenant_id, created_at desc, id desc);

grant select (tenant_id, id, actor_name, secret_sha256, scopes, status, expires_at, last_used_at)
  on automation_credentials to tidegate_system;
create policy system_lookup on automation_credentials for select to tidegate_system using (true);

-- A request names its key before it names a tenant. The only way across (as for personal tokens).
create function resolve_automation_credential(wanted_sha256 bytea)
returns table (tenant_id uuid, tenant_slug text, credential_id uuid, actor_name text, scopes text[],
  status text, is_expired boolean, automation_enabled boolean, last_used_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
  select c.tenant_id, t.slug, c.id, c.actor_name, c.scopes, c.status,
    coalesce(c.expires_at <= clock_timestamp(), false), t.automation_enabled, c.last_used_at
  from public.automation_credentials c
  join public.tenants t on t.id = c.tenant_id
  where c.secret_sha256 = wanted_sha256
$$;
revoke all on function resolve_automation_credential(bytea) from public;
grant execute on function resolve_automation_credential(bytea) to tidegate_app;

grant create on schema public to tidegate_system;
alter function resolve_automation_credential(bytea) owner to tidegate_system;
revoke create on schema public from tidegate_system;

-- S-106: requests of a key, and of all keys of a tenant (its row names the tenant itself), in their
-- current window. One row each, so nothing is there twice and nothing can be reset by a race.
create table automation_rate_windows (
  tenant_id uuid not null references tenants (id) on delete cascade,
  subject_id uuid not null,
  started_at timestamptz not null,
  requests integer not null check (requests >= 0),
  primary key (tenant_id, subject_id)
);
select protect_tenant_table('automation_rate_windows');

-- Counts one request, or refuses it. Both rows are locked, the tenant's first, before either is
-- looked at, and both are counted up or neither: what one limit refuses does not use up the other.
create function admit_automation_request(
  wanted_tenant uuid, wanted_credential uuid, credential_max integer, tenant_max integer,
  window_ms integer)
returns table (is_admitted boolean, credential_left integer, tenant_left integer,
  credential_ends_in_ms double precision, tenant_ends_in_ms double precision)
language plpgsql volatile security invoker as $$
declare
  span constant interval := make_interval(secs => window_ms / 1000.0);
  moment timestamptz;
  of_tenant automation_rate_windows%rowtype;
  of_credential automation_rate_windows%rowtype;
begin
  insert into automation_rate_windows (tenant_id, subject_id, started_at, requests)
  values (wanted_tenant, wanted_tenant, clock_timestamp(), 0) on conflict do nothing;
  insert into automation_rate_windows (tenant_id, subject_id, started_at, requests)
  values (wanted_tenant, wanted_credential, clock_timestamp(), 0) on conflict do nothing;
  select * into strict of_tenant from automation_rate_windows w
  where w.tenant_id = wanted_tenant and w.subject_id = wanted_tenant for no key update;
  select * into strict of_credential from automation_rate_windows w
  where w.tenant_id = wanted_tenant and w.subject_id = wanted_credential for no key update;
  moment := clock_timestamp();
  if of_tenant.started_at + span <= moment then
    of_tenant.started_at := moment;
    of_tenant.requests := 0;
  end if;
  if of_credential.started_at + span <= moment then
    of_credential.started_at := moment;
    of_credential.requests := 0;
  end if;
  is_admitted := of_tenant.requests < tenant_max and of_credential.requests < credential_max;
  if is_admitted then
    of_tenant.requests := of_tenant.requests + 1;
    of_credential.requests := of_credential.requests + 1;
    update automation_rate_windows w set started_at = of_tenant.started_at,
      requests = of_tenant.requests
    where w.tenant_id = wanted_tenant and w.subject_id = wanted_tenant;
    update automation_rate_windows w set started_at = of_credential.started_at,
      requests = of_credential.requests
    where w.tenant_id = wanted_tenant and w.subject_id = wanted_credential;
  end if;
  credential_left := credential_max - of_credential.requests;
  tenant_left := tenant_max - of_tenant.requests;
  credential_ends_in_ms := extract(epoch from of_credential.started_at + span - moment) * 1000;
  tenant_ends_in_ms := extract(epoch from of_tenant.started_at + span - moment) * 1000;
  return next;
end
$$;
revoke all on function
  admit_automation_request(uuid, uuid, integer, integer, integer) from public;
grant execute on function
  admit_automation_request(uuid, uuid, integer, integer, integer) to tidegate_app;
