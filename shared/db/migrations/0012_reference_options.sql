-- What pickers of references are listed by, where a tenant may have many.
-- Each index is built under a lock that lets reads pass and holds writes of its table: about two
-- seconds at a million rows.
set local lock_timeout = '5s';

-- Serve the options of shared/db/queries/reference-options.ts: the first page in order.
create index clients_by_name on clients (tenant_id, lower(name), id);
create index contacts_by_name on contacts (tenant_id, lower(full_name), id);
create index assets_by_name on assets (tenant_id, lower(name), id);
create index users_by_name on users (tenant_id, lower(name), id);
create index projects_by_name on projects (tenant_id, lower(name), id);
-- Serves the projects of each client, in the order of clients.
create index projects_by_client on projects (tenant_id, client_id, lower(name), id);
