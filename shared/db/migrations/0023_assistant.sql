-- The built-in assistant (S-113): each tenant's settings, and what became of each question.
-- Locks nothing that is in use: everything here is new.
set local lock_timeout = '5s';

-- A tenant without a row has the assistant switched off.
create table assistant_settings (
  tenant_id uuid primary key references tenants (id) on delete cascade,
  is_enabled boolean not null,
  -- Below it a question is handed to people.
  minimum_confidence double precision not null check (minimum_confidence between 0 and 1),
  -- Before the first answer in a conversation; empty: nothing.
  greeting text not null check (length(greeting) <= 1000),
  -- What the visitor reads when people take over; empty: nothing.
  handoff_text text not null check (length(handoff_text) <= 1000),
  updated_at timestamptz(3) not null default clock_timestamp()
);
select protect_tenant_table('assistant_settings');

-- What a visitor wrote while the assistant was on: one row for each message, made in its transaction.
--
--   pending ──▶ answered | handed_off | suppressed | skipped
create table assistant_runs (
  tenant_id uuid not null,
  message_id uuid not null,
  conversation_id uuid not null,
  state text not null default 'pending'
    check (state in ('pending', 'answered', 'handed_off', 'suppressed', 'skipped')),
  -- Where it ended: at which look for a claim, or where it wrote.
  stage text check (stage in ('start', 'handoff', 'message', 'persistence')),
  reason text check (reason in ('claimed', 'no_words', 'nothing_found', 'unsure', 'article_changed',
    'handed_off', 'assigned', 'with_agent', 'answered', 'not_open', 'switched_off')),
  -- Of the best article that was found.
  confidence double precision check (confidence between 0 and 1),
  -- What it wrote.
  reply_message_id uuid,
  -- The articles of the answer, the best first. They may be gone.
  article_ids uuid[] not null default '{}',
  -- The claim for which it kept silent. A trace: it may be gone.
  claim_id uuid,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  finished_at timestamptz(3),
  -- When the sweeper starts its workflow in case nobody else did, and how often it has.
  start_due_at timestamptz default clock_timestamp() + interval '10 s',
  starts integer not null default 0 check (starts >= 0),
  primary key (tenant_id, message_id),
  check ((state = 'pending') = (finished_at is null)),
  check ((state = 'pending') = (stage is null)),
  check ((state = 'pending') = (start_due_at is not null)),
  check ((state in ('pending', 'answered')) = (reason is null)),
  check ((state = 'suppressed') = (claim_id is not null)),
  check ((state = 'suppressed') = (reason is not distinct from 'claimed')),
  check ((state = 'answered') = (cardinality(article_ids) > 0)),
  check (state <> 'answered' or (reply_message_id is not null and confidence is not null)),
  check (reply_message_id is null or state in ('answered', 'handed_off')),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade,
  foreign key (tenant_id, reply_message_id) references messages (tenant_id, id) on delete cascade,
  foreign key (tenant_id, conversation_id)
    references conversations (tenant_id, id) on delete cascade
);
select protect_tenant_table('assistant_runs');
-- Traces go with their age, or with their conversation.
revoke delete on assistant_runs from tidegate_app;
-- Serve the list, last changed first, and its filters; the second one also the foreign key.
create index assistant_runs_newest on assistant_runs (tenant_id, updated_at desc, message_id desc);
create index assistant_runs_of_conversation
  on assistant_runs (tenant_id, conversation_id, updated_at desc, message_id desc);
create index assistant_runs_by_state
  on assistant_runs (tenant_id, state, updated_at desc, message_id desc);
-- One message of the assistant answers one question. Serves the foreign key as well.
create unique index assistant_runs_reply on assistant_runs (tenant_id, reply_message_id)
  where reply_message_id is not null;
-- Serves claim_due_assistant_runs, and stays as small as what is due.
create index assistant_runs_due on assistant_runs (start_due_at) where start_due_at is not null;
-- Serves remove_old_assistant_runs.
create index assistant_runs_finished on assistant_runs (finished_at) where finished_at is not null;

-- The sweeper and the job of retention work across tenants, through these two functions.
grant select (tenant_id, message_id, conversation_id, start_due_at, starts, finished_at),
  update (start_due_at, starts), delete on assistant_runs to tidegate_system;
create policy system_sweep on assistant_runs to tidegate_system using (true) with check (true);
create policy system_retention_only on assistant_runs as restrictive
  for delete to tidegate_system using (finished_at is not null);

-- Takes questions whose workflow is due to be started, and pushes each one's next time out by a growing
-- wait. Rows that another replica is taking at this moment are skipped.
create function claim_due_assistant_runs(rows_max integer, wait_base_ms integer)
returns table (tenant_id uuid, message_id uuid, conversation_id uuid)
language sql volatile security definer set search_path = pg_catalog, public as $$
  update public.assistant_runs r
  set starts = r.starts + 1,
      start_due_at = clock_timestamp()
        + make_interval(secs => wait_base_ms / 1000.0 * power(2, least(r.starts, 6)))
  from (
    select c.tenant_id, c.message_id from public.assistant_runs c
    where c.start_due_at <= clock_timestamp()
    order by c.start_due_at
    limit rows_max
    for update skip locked
  ) due
  where r.tenant_id = due.tenant_id and r.message_id = due.message_id
  returning r.tenant_id, r.message_id, r.conversation_id
$$;

-- S-137: deletes traces of questions that ended so long ago. Returns how many.
create function remove_old_assistant_runs(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select r.tenant_id, r.message_id from public.assistant_runs r
    where r.finished_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
    order by r.finished_at limit rows_max
  ), removed as (
    delete from public.assistant_runs r using due
    where r.tenant_id = due.tenant_id and r.message_id = due.message_id
    returning 1
  )
  select count(*)::integer from removed
$$;

grant create on schema public to tidegate_system;
do $$
declare
  signature text;
begin
  foreach signature in array array[
    'claim_due_assistant_runs(integer, integer)',
    'remove_old_assistant_runs(bigint, integer)'
  ] loop
    execute format('revoke all on function %s from public', signature);
    execute format('grant execute on function %s to tidegate_app', signature);
    execute format('alter function %s owner to tidegate_system', signature);
  end loop;
end
$$;
revoke create on schema public from tidegate_system;
