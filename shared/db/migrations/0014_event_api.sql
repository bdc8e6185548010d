-- Events over the API: the order in which a stream tells them, lists by message and by object, and what
-- keeps redelivery from happening twice.
-- The column is added in an instant. Each index is built under a lock that lets reads pass and holds
-- whatever records an event: about two seconds at a million rows each.
set local lock_timeout = '5s';

-- The transaction that recorded the event. Neither time nor id will do for the order of a stream: a
-- transaction may commit after one that began later. Everything below the oldest transaction that still
-- runs is there for good, so a stream that reads up to it, in this order, passes nothing by.
-- Null for events from before this column; a stream does not go back that far.
alter table events add column written_in xid8;
alter table events alter column written_in set default pg_current_xact_id();
-- For events out of a dump: the numbers of another server mean nothing on this one.
grant update (written_in) on events to tidegate_app;

-- Serves the stream.
create index events_as_written on events (tenant_id, written_in, id);
-- Serve the lists that name a message or an object, and the receipt that names a purchase.
create index events_by_message on events (tenant_id, message_id, occurred_at desc, id desc)
  where message_id is not null;
create index events_by_object on events (tenant_id, object_id, occurred_at desc, id desc);

-- What a call to redeliver an event was answered, for as long as a repeat gets the same (S-053). The
-- key lets one of any number of calls at once through.
create table event_redeliveries (
  tenant_id uuid not null references tenants (id) on delete cascade,
  -- Not a foreign key: the row outlives neither its window nor the next call by much.
  event_id uuid not null,
  -- The endpoint that was named; all zeros for all of them.
  target uuid not null,
  called_at timestamptz not null default clock_timestamp(),
  answer jsonb not null default '[]' check (jsonb_typeof(answer) = 'array'),
  primary key (tenant_id, event_id, target)
);
select protect_tenant_table('event_redeliveries');
-- Serves the removal of rows whose window is over.
create index event_redeliveries_called on event_redeliveries (tenant_id, called_at);

-- When an endpoint was last redelivered to since a moment: once a minute, over all replicas (S-054).
create table endpoint_redeliveries (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  called_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, endpoint_id),
  foreign key (tenant_id, endpoint_id) references endpoints (tenant_id, id) on delete cascade
);
select protect_tenant_table('endpoint_redeliveries');
