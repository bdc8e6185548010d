-- The entities behind the catalogue of actions. Every reference is a composite foreign key that
-- begins with the tenant, so that no row can point into another tenant; where one entity belongs to
-- another (a phase to its project), the key carries both, so that the pair must fit.
-- Locks clients, tickets and external_entity_mappings against writes while columns, foreign keys and
-- one index are added: for a scan of each, seconds at a million rows. Everything else is new.

-- Clients and what is made with each -------------------------------------------------------------

alter table clients
  add column client_type text not null default 'company'
    check (client_type in ('company', 'individual')),
  add column url text,
  add column phone_no text,
  add column email text,
  add column address text,
  add column address_2 text,
  add column city text,
  add column state text,
  add column zip text,
  add column country text,
  add column default_currency_code text check (default_currency_code ~ '^[A-Z]{3}$'),
  add column notes text,
  add column is_inactive boolean not null default false,
  add column properties jsonb not null default '{}' check (jsonb_typeof(properties) = 'object'),
  add column updated_at timestamptz not null default now();

create table client_billing_profiles (
  tenant_id uuid not null,
  client_id uuid not null,
  payment_terms_days integer not null default 30 check (payment_terms_days >= 0),
  created_at timestamptz not null default now(),
  primary key (tenant_id, client_id),
  foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
select protect_tenant_table('client_billing_profiles');

create table client_tax_settings (
  tenant_id uuid not null,
  client_id uuid not null,
  is_tax_exempt boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_id, client_id),
  foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
select protect_tenant_table('client_tax_settings');

create table client_contracts (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  is_default boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
select protect_tenant_table('client_contracts');

-- At most one default contract for each client.
create unique index client_contracts_default on client_contracts (tenant_id, client_id)
  where is_default;

create table client_locations (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  primary key (tenant_id, id),
  -- Lets a ticket's location be tied to the ticket's client.
  unique (tenant_id, client_id, id),
  foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
select protect_tenant_table('client_locations');

create table contacts (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  full_name text not null check (length(full_name) between 1 and 255),
  email text not null check (length(email) between 3 and 320),
  role text,
  notes text,
  phone text,
  is_inactive boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
select protect_tenant_table('contacts');

-- One contact for each e-mail address of a tenant, whatever its case.
create unique index contacts_email on contacts (tenant_id, lower(email));

-- Tickets ------------------------------------------------------------------------------------------

create table teams (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  primary key (tenant_id, id)
);
select protect_tenant_table('teams');

create table ticket_categories (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  primary key (tenant_id, id)
);
select protect_tenant_table('ticket_categories');

create table ticket_subcategories (
  tenant_id uuid not null,
  id uuid not null,
  category_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  primary key (tenant_id, id),
  -- Lets a ticket's subcategory be tied to the ticket's category.
  unique (tenant_id, category_id, id),
  foreign key (tenant_id, category_id)
    references ticket_categories (tenant_id, id) on delete cascade
);
select protect_tenant_table('ticket_subcategories');

alter table tickets
  add column assigned_to uuid,
  add column assigned_team_id uuid,
  add column category_id uuid,
  add column subcategory_id uuid,
  add column contact_id uuid,
  add column location_id uuid,
  add foreign key (tenant_id, assigned_to)
    references users (tenant_id, id) on delete set null (assigned_to),
  add foreign key (tenant_id, assigned_team_id) references teams (tenant_id, id),
  add foreign key (tenant_id, category_id) references ticket_categories (tenant_id, id),
  add foreign key (tenant_id, category_id, subcategory_id)
    references ticket_subcategories (tenant_id, category_id, id),
  add foreign key (tenant_id, contact_id) references contacts (tenant_id, id),
  add foreign key (tenant_id, client_id, location_id)
    references client_locations (tenant_id, client_id, id),
  -- A foreign key with a null in it is not checked: without its category any subcategory would do.
  add constraint tickets_subcategory_has_category
    check (subcategory_id is null or category_id is not null);

create table ticket_comments (
  tenant_id uuid not null,
  id uuid not null,
  ticket_id uuid not null,
  content text not null check (content <> ''),
  is_internal boolean not null,
  is_resolution boolean not null,
  author_type text not null check (author_type in ('contact', 'internal', 'system')),
  author_id uuid,
  contact_id uuid,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  check ((author_type = 'contact') = (contact_id is not null)),
  -- The author of an internal comment may be gone.
  check (author_id is null or author_type = 'internal'),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, author_id)
    references users (tenant_id, id) on delete set null (author_id),
  foreign key (tenant_id, contact_id) references contacts (tenant_id, id)
);
select protect_tenant_table('ticket_comments');

-- Assets -------------------------------------------------------------------------------------------

create table assets (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  -- Null for a device that nobody has given to a client yet.
  client_id uuid,
  asset_type text not null,
  name text not null check (length(name) between 1 and 500),
  asset_tag text,
  serial_number text,
  status text not null,
  location text,
  external_scope_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, client_id) references clients (tenant_id, id)
);
select protect_tenant_table('assets');

create table ticket_assets (
  tenant_id uuid not null,
  ticket_id uuid not null,
  asset_id uuid not null,
  relation text not null check (relation in ('affected')),
  primary key (tenant_id, ticket_id, asset_id),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, asset_id) references assets (tenant_id, id)
);
select protect_tenant_table('ticket_assets');

-- What remote-monitoring providers call an asset, and the last thing each said of it. The primary
-- key makes a device one asset, whichever hooks report it.
create table rmm_devices (
  tenant_id uuid not null,
  provider text not null check (
    provider in ('ninjaone', 'tacticalrmm', 'tanium', 'levelio', 'datto', 'connectwise_automate', 'huntress')
  ),
  device_id text not null check (length(device_id) between 1 and 500),
  asset_id uuid not null,
  snapshot jsonb not null check (jsonb_typeof(snapshot) = 'object'),
  last_seen_at timestamptz not null default now(),
  primary key (tenant_id, provider, device_id),
  foreign key (tenant_id, asset_id) references assets (tenant_id, id) on delete cascade
);
select protect_tenant_table('rmm_devices');

-- Invoices -----------------------------------------------------------------------------------------

create table invoices (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  client_id uuid not null,
  number text not null check (length(number) between 1 and 100),
  status text not null default 'draft' check (
    status in ('draft', 'sent', 'paid', 'overdue', 'cancelled', 'pending', 'prepayment', 'partially_applied')
  ),
  -- Set exactly while the invoice is paid.
  paid_at timestamptz,
  payment_reference text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, number),
  check ((status = 'paid') = (paid_at is not null)),
  check (status = 'paid' or payment_reference is null),
  foreign key (tenant_id, client_id) references clients (tenant_id, id)
);
select protect_tenant_table('invoices');

-- Projects -----------------------------------------------------------------------------------------

create table services (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  primary key (tenant_id, id)
);
select protect_tenant_table('services');

create table projects (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  client_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, client_id) references clients (tenant_id, id)
);
select protect_tenant_table('projects');

create table project_phases (
  tenant_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  position integer not null,
  primary key (tenant_id, id),
  -- Lets a task's phase be tied to the task's project.
  unique (tenant_id, project_id, id),
  unique (tenant_id, project_id, position),
  foreign key (tenant_id, project_id) references projects (tenant_id, id) on delete cascade
);
select protect_tenant_table('project_phases');

-- The statuses that the tasks of a project can have.
create table project_status_mappings (
  tenant_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  name text not null check (length(name) between 1 and 255),
  position integer not null,
  primary key (tenant_id, id),
  -- Lets a task's status be tied to the task's project.
  unique (tenant_id, project_id, id),
  unique (tenant_id, project_id, position),
  foreign key (tenant_id, project_id) references projects (tenant_id, id) on delete cascade
);
select protect_tenant_table('project_status_mappings');

create table project_tasks (
  tenant_id uuid not null,
  id uuid not null,
  project_id uuid not null,
  phase_id uuid not null,
  project_status_mapping_id uuid not null,
  name text not null check (length(name) between 1 and 500),
  description text,
  task_type_key text not null,
  assigned_to uuid,
  priority_id uuid,
  service_id uuid,
  due_date timestamptz,
  estimated_hours numeric(8, 2) check (estimated_hours >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id) on delete cascade,
  foreign key (tenant_id, project_id, phase_id)
    references project_phases (tenant_id, project_id, id),
  constraint project_tasks_status_of_project
    foreign key (tenant_id, project_id, project_status_mapping_id)
    references project_status_mappings (tenant_id, project_id, id),
  foreign key (tenant_id, assigned_to)
    references users (tenant_id, id) on delete set null (assigned_to),
  foreign key (tenant_id, priority_id) references ticket_priorities (tenant_id, id),
  foreign key (tenant_id, service_id) references services (tenant_id, id)
);
select protect_tenant_table('project_tasks');

-- Time ---------------------------------------------------------------------------------------------

create table interactions (
  tenant_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  title text not null check (length(title) between 1 and 500),
  primary key (tenant_id, id),
  foreign key (tenant_id, client_id) references clients (tenant_id, id) on delete cascade
);
select protect_tenant_table('interactions');

create table non_billable_categories (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  primary key (tenant_id, id)
);
select protect_tenant_table('non_billable_categories');

-- The spans that time sheets are kept by. Days are days in UTC; the last one is not included.
create table time_periods (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  start_date date not null,
  end_date date not null,
  primary key (tenant_id, id),
  unique (tenant_id, start_date),
  check (start_date < end_date)
);
select protect_tenant_table('time_periods');

-- One sheet for each user and period. Only a draft takes entries.
create table time_sheets (
  tenant_id uuid not null,
  id uuid not null,
  time_period_id uuid not null,
  user_id uuid not null,
  status text not null default 'DRAFT' check (status in ('DRAFT', 'SUBMITTED', 'APPROVED')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, time_period_id, user_id),
  -- Lets an entry's sheet be tied to the entry's user.
  unique (tenant_id, user_id, id),
  foreign key (tenant_id, time_period_id) references time_periods (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id)
);
select protect_tenant_table('time_sheets');

-- The generated columns let the one work item of an entry have a foreign key for each of its types.
create table time_entries (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  time_sheet_id uuid not null,
  user_id uuid not null,
  work_item_type text not null check (
    work_item_type in ('ticket', 'project_task', 'non_billable_category', 'ad_hoc', 'interaction')
  ),
  work_item_id uuid,
  ticket_id uuid generated always as
    (case when work_item_type = 'ticket' then work_item_id end) stored,
  project_task_id uuid generated always as
    (case when work_item_type = 'project_task' then work_item_id end) stored,
  category_id uuid generated always as
    (case when work_item_type = 'non_billable_category' then work_item_id end) stored,
  interaction_id uuid generated always as
    (case when work_item_type = 'interaction' then work_item_id end) stored,
  service_id uuid not null,
  start_time timestamptz not null,
  duration_minutes integer not null check (duration_minutes between 1 and 1440),
  billable_minutes integer not null,
  notes text,
  tax_region text,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  check ((work_item_type = 'ad_hoc') = (work_item_id is null)),
  check (billable_minutes between 0 and duration_minutes),
  foreign key (tenant_id, user_id, time_sheet_id) references time_sheets (tenant_id, user_id, id),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
  foreign key (tenant_id, project_task_id) references project_tasks (tenant_id, id),
  foreign key (tenant_id, category_id) references non_billable_categories (tenant_id, id),
  foreign key (tenant_id, interaction_id) references interactions (tenant_id, id),
  foreign key (tenant_id, service_id) references services (tenant_id, id)
);
select protect_tenant_table('time_entries');

-- Tags ---------------------------------------------------------------------------------------------

create table tags (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  text text not null check (length(text) between 1 and 50),
  background_color text check (length(background_color) between 1 and 32),
  text_color text check (length(text_color) between 1 and 32),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
select protect_tenant_table('tags');

-- One tag for each text of a tenant, whatever its case.
create unique index tags_text on tags (tenant_id, lower(text));

create table tag_links (
  tenant_id uuid not null,
  entity_type text not null check (
    entity_type in ('client', 'contact', 'ticket', 'project', 'project_task')
  ),
  entity_id uuid not null,
  tag_id uuid not null,
  created_by uuid,
  created_at timestamptz not null default now(),
  primary key (tenant_id, entity_type, entity_id, tag_id),
  foreign key (tenant_id, tag_id) references tags (tenant_id, id) on delete cascade,
  foreign key (tenant_id, created_by)
    references users (tenant_id, id) on delete set null (created_by)
);
select protect_tenant_table('tag_links');

-- External ids and tag links name entities of many tables, so no foreign key can hold them. They go
-- with their entity.
create index external_entity_mappings_entity
  on external_entity_mappings (tenant_id, entity_type, entity_id);

create function forget_entity() returns trigger language plpgsql as $$
begin
  delete from external_entity_mappings
  where tenant_id = old.tenant_id and entity_type = tg_argv[0] and entity_id = old.id;
  delete from tag_links
  where tenant_id = old.tenant_id and entity_type = tg_argv[0] and entity_id = old.id;
  return old;
end
$$;

create trigger forget after delete on clients
  for each row execute function forget_entity('client');
create trigger forget after delete on contacts
  for each row execute function forget_entity('contact');
create trigger forget after delete on tickets
  for each row execute function forget_entity('ticket');
create trigger forget after delete on assets
  for each row execute function forget_entity('asset');
create trigger forget after delete on invoices
  for each row execute function forget_entity('invoice');
create trigger forget after delete on projects
  for each row execute function forget_entity('project');
create trigger forget after delete on project_tasks
  for each row execute function forget_entity('project_task');
create trigger forget after delete on time_entries
  for each row execute function forget_entity('time_entry');
