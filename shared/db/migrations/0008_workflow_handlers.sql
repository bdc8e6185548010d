-- Hooks that run an engineer's workflow: which ones a tenant has published, which run a delivery
-- owns, and what the actions of a run have done.
-- Locks hooks and inbound_deliveries for as long as a catalogue change takes: new columns have no
-- rewrite, and the checks are read once over both tables, a matter of seconds at a million rows.
set local lock_timeout = '5s';

alter table hooks drop constraint if exists hooks_handler_type_check;
alter table hooks add constraint hooks_handler_type_check
  check (handler_type in ('direct_action', 'workflow'));

-- The workflows of the installation that a tenant may select for its hooks (S-038). The code itself
-- is registered by the operator; a row without registered code is allowed and selects nothing.
create table published_workflows (
  tenant_id uuid not null references tenants (id) on delete cascade,
  workflow_id text not null check (length(workflow_id) between 1 and 64),
  -- The user who published it; null when the installation did.
  published_by uuid,
  published_at timestamptz not null default now(),
  primary key (tenant_id, workflow_id)
);
select protect_tenant_table('published_workflows');

-- The run of a handler workflow (S-036). Id and version are written before the start and never
-- change after it: whoever repeats the dispatch starts the same run. The run's own id follows with
-- the outcome.
alter table inbound_deliveries
  add column handler_workflow_id text,
  add column handler_version integer check (handler_version > 0),
  add column handler_run_id text,
  -- How often the engine answered the start with something that is neither a yes nor an absence.
  add column start_faults integer not null default 0,
  add constraint inbound_deliveries_handler_check check (
    (handler_workflow_id is null) = (handler_version is null)
    and (handler_run_id is null or handler_workflow_id is not null)
  );

-- Serves resolve_handler_run.
create unique index inbound_deliveries_handler_run on inbound_deliveries (handler_workflow_id)
  where handler_workflow_id is not null;

-- What the actions of a run did, one row for each of its steps, in the transaction of the effect. A
-- delivery has one run, so the delivery names the run.
create table action_runs (
  tenant_id uuid not null,
  delivery_id uuid not null,
  step text not null check (length(step) between 1 and 128),
  action text not null,
  -- Tells a repeated call from a second one that was given the same name by mistake.
  fields_sha256 bytea not null check (length(fields_sha256) = 32),
  outcome jsonb not null,
  acted_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, delivery_id, step),
  foreign key (tenant_id, delivery_id) references inbound_deliveries (tenant_id, id)
    on delete cascade
);
select protect_tenant_table('action_runs');

-- A worker knows the id of the run that calls it, and nothing of tenants: this function is the only
-- way from one to the other, so a run can act for no tenant but that of its own delivery.
grant select (handler_workflow_id) on inbound_deliveries to tidegate_system;
create policy system_handler_runs on inbound_deliveries for select to tidegate_system
  using (handler_workflow_id is not null);

create function resolve_handler_run(wanted_workflow_id text)
returns table (tenant_id uuid, delivery_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select d.tenant_id, d.id from public.inbound_deliveries d
  where d.handler_workflow_id = wanted_workflow_id
$$;
revoke all on function resolve_handler_run(text) from public;
grant execute on function resolve_handler_run(text) to tidegate_app;

grant create on schema public to tidegate_system;
alter function resolve_handler_run(text) owner to tidegate_system;
revoke create on schema public from tidegate_system;
