-- What the API shows of the service desk. Lists are sorted by moments that are kept to the millisecond,
-- as the API shows them: a caller who asks for what is newer than a moment it was shown does not get
-- that row again (S-114). The moments are those of the statement, not of the transaction: of two writers
-- of one row the later one leaves the later moment.
-- Rewrites clients, contacts, ticket_comments, assets, invoices, projects, project_tasks and
-- time_entries: about ten seconds each at a million rows, during which none of them is read or written.
set local lock_timeout = '5s';

alter table clients
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp(),
  alter column updated_at type timestamptz(3),
  alter column updated_at set default clock_timestamp();
alter table contacts
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp(),
  alter column updated_at type timestamptz(3),
  alter column updated_at set default clock_timestamp();
alter table assets
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp(),
  alter column updated_at type timestamptz(3),
  alter column updated_at set default clock_timestamp();
alter table invoices
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp(),
  alter column updated_at type timestamptz(3),
  alter column updated_at set default clock_timestamp();
alter table project_tasks
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp(),
  alter column updated_at type timestamptz(3),
  alter column updated_at set default clock_timestamp();
-- These are never changed: they are listed by when they were made.
alter table projects
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp();
alter table time_entries
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp();
alter table ticket_comments
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp();

-- Serve the lists, newest first.
create index clients_newest on clients (tenant_id, updated_at desc, id desc);
create index contacts_newest on contacts (tenant_id, updated_at desc, id desc);
create index assets_newest on assets (tenant_id, updated_at desc, id desc);
create index invoices_newest on invoices (tenant_id, updated_at desc, id desc);
create index projects_newest on projects (tenant_id, created_at desc, id desc);
create index project_tasks_newest on project_tasks (tenant_id, updated_at desc, id desc);
create index time_entries_newest on time_entries (tenant_id, created_at desc, id desc);

-- Serve the filters of those lists, and the foreign keys to clients and projects.
create index contacts_by_client on contacts (tenant_id, client_id, updated_at desc, id desc);
create index assets_by_client on assets (tenant_id, client_id, updated_at desc, id desc)
  where client_id is not null;
create index invoices_by_client on invoices (tenant_id, client_id, updated_at desc, id desc);
create index invoices_by_status on invoices (tenant_id, status, updated_at desc, id desc);
create index projects_newest_of_client on projects (tenant_id, client_id, created_at desc, id desc);
create index project_tasks_by_project
  on project_tasks (tenant_id, project_id, updated_at desc, id desc);
create index project_tasks_by_assignee
  on project_tasks (tenant_id, assigned_to, updated_at desc, id desc)
  where assigned_to is not null;
create index time_entries_by_user on time_entries (tenant_id, user_id, created_at desc, id desc);
create index time_entries_by_work_item
  on time_entries (tenant_id, work_item_id, created_at desc, id desc)
  where work_item_id is not null;

-- Serves the filter of the list of tickets, beside those of 0020.
create index tickets_by_priority on tickets (tenant_id, priority, updated_at desc, id desc);
-- Serves the comments of a ticket, oldest first, and the foreign key.
create index ticket_comments_of_ticket
  on ticket_comments (tenant_id, ticket_id, created_at, id);
