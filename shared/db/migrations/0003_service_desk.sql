-- The entities that createTicket writes and refers to. Every reference is a composite foreign key,
-- so that no row can point into another tenant.
-- Locks nothing that exists: everything here is new.

create table clients (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
select protect_tenant_table('clients');

create table boards (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  primary key (tenant_id, id)
);
select protect_tenant_table('boards');

create table ticket_statuses (
  tenant_id uuid not null,
  id uuid not null,
  board_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  is_closed boolean not null default false,
  position integer not null,
  primary key (tenant_id, id),
  -- Lets a ticket's status be tied to the ticket's board.
  unique (tenant_id, board_id, id),
  unique (tenant_id, board_id, position),
  foreign key (tenant_id, board_id) references boards (tenant_id, id) on delete cascade
);
select protect_tenant_table('ticket_statuses');

create table ticket_priorities (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  position integer not null,
  primary key (tenant_id, id)
);
select protect_tenant_table('ticket_priorities');

create table tickets (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  number bigint not null,
  title text not null check (length(title) between 1 and 500),
  description text,
  client_id uuid not null,
  board_id uuid not null,
  status_id uuid not null,
  priority_id uuid not null,
  due_date timestamptz,
  attributes jsonb not null default '{}',
  source text not null default 'webhook',
  origin text not null default 'api',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, number),
  foreign key (tenant_id, client_id) references clients (tenant_id, id),
  foreign key (tenant_id, board_id) references boards (tenant_id, id),
  foreign key (tenant_id, board_id, status_id) references ticket_statuses (tenant_id, board_id, id),
  foreign key (tenant_id, priority_id) references ticket_priorities (tenant_id, id)
);
select protect_tenant_table('tickets');

-- Which entity an external id stands for. The primary key ties an external id of a hook to one
-- entity; the second constraint ties an entity to one external id of the hook.
create table external_entity_mappings (
  tenant_id uuid not null references tenants (id) on delete cascade,
  hook_slug text not null,
  entity_type text not null,
  external_id text not null check (length(external_id) between 1 and 500),
  entity_id uuid not null,
  last_synced_at timestamptz not null default now(),
  primary key (tenant_id, hook_slug, entity_type, external_id),
  unique (tenant_id, hook_slug, entity_type, entity_id)
);
select protect_tenant_table('external_entity_mappings');
