-- What happened, as others may hear of it. Written in the transaction of the change itself, so that
-- an event exists exactly when its change does.
-- Locks nothing that exists: everything here is new.

create table events (
  tenant_id uuid not null references tenants (id) on delete cascade,
  -- A UUIDv7: in the order of the ids, events are in the order of their time.
  id uuid not null,
  type text not null check (type ~ '^[a-z_]+(\.[a-z_]+)+$'),
  occurred_at timestamptz not null default clock_timestamp(),
  object_type text not null,
  object_id uuid not null,
  -- The inbound delivery it is an effect of. Not a foreign key: each is kept for a time of its own.
  delivery_id uuid,
  -- Ids and a few facts. Never free text, and nothing personal.
  data jsonb not null check (jsonb_typeof(data) = 'object'),
  schema_version text not null default '1',
  primary key (tenant_id, id)
);
select protect_tenant_table('events');

-- An event is never changed, and the application does not delete one.
revoke update, delete on events from tidegate_app;
