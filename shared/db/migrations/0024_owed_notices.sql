-- S-077: that the owner of an endpoint which was disabled automatically is to be told by mail stands in
-- its row, written together with the disabling, until a mail server has taken the mail.
-- Locks endpoints for the moment in which the columns are added and an index over none of its rows is
-- built; no row is rewritten.
set local lock_timeout = '5s';

alter table endpoints
  -- When the mail is to be tried; null where none is owed.
  add column notice_due_at timestamptz,
  -- How often that was begun.
  add column notice_tries integer not null default 0 check (notice_tries >= 0),
  -- HTTP status of the last failure before it was disabled; null when there was no answer.
  add column notice_last_status integer,
  -- Who has enabled it again need not be told.
  add constraint endpoints_notice_of_disabled check (notice_due_at is null or status = 'disabled');
-- Serves owed_notices.
create index endpoints_owed_notices on endpoints (notice_due_at) where notice_due_at is not null;

grant select (notice_due_at) on endpoints to tidegate_system;

create function owed_notices(rows_max integer)
returns table (tenant_id uuid, endpoint_id uuid)
language sql stable security definer set search_path = pg_catalog, public as $$
  select e.tenant_id, e.id from public.endpoints e
  where e.notice_due_at <= statement_timestamp()
  order by e.notice_due_at limit rows_max
$$;
revoke all on function owed_notices(integer) from public;
grant execute on function owed_notices(integer) to tidegate_app;

grant create on schema public to tidegate_system;
alter function owed_notices(integer) owner to tidegate_system;
revoke create on schema public from tidegate_system;
