-- What the automation API works on: visitors, conversations with their messages and claims, articles
-- in collections, outbound messages, and tickets as the API sees them. Every reference is a composite
-- foreign key that begins with the tenant (S-117).
-- Moments that lists are sorted by are kept to the millisecond, as the API shows them: a caller who
-- asks for what is newer than a moment it was shown does not get that row again (S-114).
-- Rewrites tickets: about ten seconds at a million rows, during which no ticket is written. Everything
-- else is new.
set local lock_timeout = '5s';

-- Visitors -----------------------------------------------------------------------------------------

create table visitors (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  session_id uuid not null,
  email text check (length(email) between 3 and 320),
  -- What the filter by address compares with: under the wall an index serves no function of a column.
  email_key text generated always as (lower(email)) stored,
  name text check (length(name) between 1 and 255),
  external_user_id text check (length(external_user_id) between 1 and 255),
  location jsonb check (jsonb_typeof(location) = 'object'),
  device jsonb check (jsonb_typeof(device) = 'object'),
  referrer text,
  current_url text,
  custom_attributes jsonb not null default '{}' check (jsonb_typeof(custom_attributes) = 'object'),
  identity_verified boolean not null default false,
  first_seen_at timestamptz(3) not null default clock_timestamp(),
  last_seen_at timestamptz(3) not null default clock_timestamp(),
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, id)
);
select protect_tenant_table('visitors');
-- Serves the list, newest first.
create index visitors_newest on visitors (tenant_id, last_seen_at desc, id desc);
-- Serve the filters of the lists of visitors and conversations.
create index visitors_by_email on visitors (tenant_id, email_key, last_seen_at desc, id desc)
  where email_key is not null;
create index visitors_by_external_id
  on visitors (tenant_id, external_user_id, last_seen_at desc, id desc)
  where external_user_id is not null;

-- The custom attributes of visitors once more, a row each, for the filters of lists: under the wall the
-- planner takes an index for the equality of texts, but not for what a JSON document holds.
create table visitor_attributes (
  tenant_id uuid not null,
  visitor_id uuid not null,
  name text not null,
  -- The first 200 characters of the value as text. Objects and lists are left out.
  value text not null,
  primary key (tenant_id, visitor_id, name),
  foreign key (tenant_id, visitor_id) references visitors (tenant_id, id) on delete cascade
);
select protect_tenant_table('visitor_attributes');
-- Serves the filters by attribute.
create index visitor_attributes_by_value
  on visitor_attributes (tenant_id, name, value, visitor_id);

create function keep_visitor_attributes() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if new.custom_attributes = old.custom_attributes then
      return new;
    end if;
    delete from visitor_attributes a where a.tenant_id = new.tenant_id and a.visitor_id = new.id;
  end if;
  insert into visitor_attributes (tenant_id, visitor_id, name, value)
  select new.tenant_id, new.id, e.name, left(coalesce(e.value #>> '{}', 'null'), 200)
  from jsonb_each(new.custom_attributes) e(name, value)
  where jsonb_typeof(e.value) not in ('object', 'array');
  return new;
end
$$;
create trigger keep_attributes after insert or update of custom_attributes on visitors
  for each row execute function keep_visitor_attributes();

-- Conversations ------------------------------------------------------------------------------------

--   open, snoozed, closed: each can follow any other. What a visitor writes opens it again.
create table conversations (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  visitor_id uuid,
  -- The user it is assigned to.
  assigned_agent_id uuid,
  status text not null default 'open' check (status in ('open', 'closed', 'snoozed')),
  channel text not null default 'chat' check (channel in ('chat', 'email')),
  subject text check (length(subject) between 1 and 500),
  -- What the built-in assistant does with it.
  ai_workflow_state text not null default 'none'
    check (ai_workflow_state in ('none', 'ai_handled', 'handoff')),
  ai_handoff_reason text,
  unread_by_agent integer not null default 0 check (unread_by_agent >= 0),
  unread_by_visitor integer not null default 0 check (unread_by_visitor >= 0),
  last_message_at timestamptz(3),
  last_inbound_message_at timestamptz(3),
  -- The first 200 characters of the visitor's last message.
  last_inbound_message_preview text check (length(last_inbound_message_preview) <= 200),
  -- Counts the claims it has had: the number of the present one is what a stale holder cannot show.
  claim_fence bigint not null default 0 check (claim_fence >= 0),
  resolved_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, id),
  -- Set exactly while it is closed.
  check ((status = 'closed') = (resolved_at is not null)),
  foreign key (tenant_id, visitor_id) references visitors (tenant_id, id),
  foreign key (tenant_id, assigned_agent_id)
    references users (tenant_id, id) on delete set null (assigned_agent_id)
);
select protect_tenant_table('conversations');
-- Serve the list, newest first, and its filters.
create index conversations_newest on conversations (tenant_id, updated_at desc, id desc);
create index conversations_by_status
  on conversations (tenant_id, status, updated_at desc, id desc);
create index conversations_by_assignee
  on conversations (tenant_id, assigned_agent_id, updated_at desc, id desc)
  where assigned_agent_id is not null;
create index conversations_by_visitor
  on conversations (tenant_id, visitor_id, updated_at desc, id desc);

-- Messages are never changed: the application may add and read them.
create table messages (
  tenant_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  -- The visitor's or user's id, or the name of who spoke for a program: `automation:<actor>`.
  sender_id text not null check (length(sender_id) between 1 and 300),
  sender_type text not null check (sender_type in ('user', 'visitor', 'agent', 'bot')),
  content text not null check (length(content) between 1 and 20000),
  automation_credential_id uuid,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, id),
  foreign key (tenant_id, conversation_id)
    references conversations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, automation_credential_id)
    references automation_credentials (tenant_id, id) on delete set null (automation_credential_id)
);
select protect_tenant_table('messages');
revoke update, delete on messages from tidegate_app;
-- Serves the messages of a conversation, oldest first.
create index messages_of_conversation on messages (tenant_id, conversation_id, created_at, id);
-- Serves the foreign key when a credential is removed.
create index messages_by_credential on messages (tenant_id, automation_credential_id)
  where automation_credential_id is not null;

-- External ids of other systems go with what they stand for.
create trigger forget after delete on visitors
  for each row execute function forget_entity('visitor');
create trigger forget after delete on conversations
  for each row execute function forget_entity('conversation');
create trigger forget after delete on messages
  for each row execute function forget_entity('message');

-- S-110 to S-113: who alone may write to a conversation, and until when.
--   active ──▶ released | escalated | expired
create table conversation_claims (
  tenant_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  -- Null when the credential is gone.
  credential_id uuid,
  -- The number of this claim among those of its conversation; larger ones came later.
  fence bigint not null check (fence > 0),
  -- Names the request that made it, so that who asked can tell whether it was made.
  request_id uuid not null,
  status text not null default 'active'
    check (status in ('active', 'released', 'escalated', 'expired')),
  -- By the clock of the database; a renewal and each send move it.
  expires_at timestamptz not null,
  ended_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, conversation_id, fence),
  check ((status = 'active') = (ended_at is null)),
  foreign key (tenant_id, conversation_id)
    references conversations (tenant_id, id) on delete cascade,
  foreign key (tenant_id, credential_id)
    references automation_credentials (tenant_id, id) on delete set null (credential_id)
);
select protect_tenant_table('conversation_claims');
-- Of many who claim at once one wins.
create unique index conversation_claims_one on conversation_claims (tenant_id, conversation_id)
  where status = 'active';
-- Serves the job that ends what has run out.
create index conversation_claims_stale on conversation_claims (expires_at) where status = 'active';
-- Serves the foreign key when a credential is removed.
create index conversation_claims_by_credential on conversation_claims (tenant_id, credential_id)
  where credential_id is not null;

-- Tickets ------------------------------------------------------------------------------------------

-- A ticket of an action is on a board, whose statuses and priorities are rows of the tenant; one of
-- the API has none. Both have a status and a priority of four values each, which a board's rows stand
-- for: by what they say here, or by what they are.
alter table ticket_statuses add column category text
  check (category in ('submitted', 'in_progress', 'waiting_on_customer', 'resolved'));
alter table ticket_priorities add column level text
  check (level in ('low', 'normal', 'high', 'urgent'));

-- What a status of a board stands for: closed is resolved, the first one that is open is submitted.
create function ticket_status_category(wanted_tenant uuid, wanted_status uuid) returns text
language sql stable as $$
  select coalesce(s.category, case
    when s.is_closed then 'resolved'
    when exists (select from ticket_statuses b where b.tenant_id = s.tenant_id
      and b.board_id = s.board_id and not b.is_closed and b.position < s.position) then 'in_progress'
    else 'submitted' end)
  from ticket_statuses s where s.tenant_id = wanted_tenant and s.id = wanted_status
$$;
-- What a priority stands for: by its name where it says nothing.
create function ticket_priority_level(wanted_tenant uuid, wanted_priority uuid) returns text
language sql stable as $$
  select coalesce(p.level, case
    when p.name ~* '^(urgent|critical|emergency)' then 'urgent'
    when p.name ~* '^high' then 'high'
    when p.name ~* '^low' then 'low'
    else 'normal' end)
  from ticket_priorities p where p.tenant_id = wanted_tenant and p.id = wanted_priority
$$;

alter table tickets
  alter column client_id drop not null,
  alter column board_id drop not null,
  alter column status_id drop not null,
  alter column priority_id drop not null,
  alter column created_at type timestamptz(3),
  alter column created_at set default clock_timestamp(),
  alter column updated_at type timestamptz(3),
  alter column updated_at set default clock_timestamp(),
  add column status text not null default 'submitted'
    check (status in ('submitted', 'in_progress', 'waiting_on_customer', 'resolved')),
  add column priority text not null default 'normal'
    check (priority in ('low', 'normal', 'high', 'urgent')),
  add column visitor_id uuid,
  add column conversation_id uuid,
  add column form_data jsonb check (jsonb_typeof(form_data) = 'object'),
  add column resolution_summary text check (length(resolution_summary) <= 20000),
  add column resolved_at timestamptz(3),
  -- A ticket is on a board with all that a board asks for, or on none.
  add constraint tickets_board_is_whole check (
    num_nonnulls(client_id, board_id, status_id, priority_id) in (0, 4)),
  add foreign key (tenant_id, visitor_id) references visitors (tenant_id, id),
  add foreign key (tenant_id, conversation_id) references conversations (tenant_id, id);

-- The owner, too, is held by the wall; it is let down for this one statement.
alter table tickets no force row level security;
alter table ticket_statuses no force row level security;
alter table ticket_priorities no force row level security;
update tickets t set
  status = ticket_status_category(t.tenant_id, t.status_id),
  priority = ticket_priority_level(t.tenant_id, t.priority_id),
  resolved_at = case when ticket_status_category(t.tenant_id, t.status_id) = 'resolved'
    then t.updated_at end;
alter table tickets force row level security;
alter table ticket_statuses force row level security;
alter table ticket_priorities force row level security;
alter table tickets add constraint tickets_resolved_check
  check ((status = 'resolved') = (resolved_at is not null));

-- Keeps a board's row and the value it stands for in step, whichever of the two a writer changes, and
-- stamps the moment of the resolution. A value that no row of the board stands for is refused.
create function keep_ticket_in_step() returns trigger language plpgsql as $$
begin
  if new.status_id is not null then
    if tg_op = 'INSERT' or new.status_id is distinct from old.status_id then
      new.status := ticket_status_category(new.tenant_id, new.status_id);
    elsif new.status <> old.status then
      select s.id into new.status_id from ticket_statuses s
      where s.tenant_id = new.tenant_id and s.board_id = new.board_id
        and ticket_status_category(s.tenant_id, s.id) = new.status
      order by s.position limit 1;
      if new.status_id is null then
        raise exception 'no status of the board stands for %', new.status
          using errcode = 'check_violation', constraint = 'tickets_status_on_board';
      end if;
    end if;
    if tg_op = 'INSERT' or new.priority_id is distinct from old.priority_id then
      new.priority := ticket_priority_level(new.tenant_id, new.priority_id);
    elsif new.priority <> old.priority then
      select p.id into new.priority_id from ticket_priorities p
      where p.tenant_id = new.tenant_id
        and ticket_priority_level(p.tenant_id, p.id) = new.priority
      order by p.position limit 1;
      if new.priority_id is null then
        raise exception 'no priority of the tenant stands for %', new.priority
          using errcode = 'check_violation', constraint = 'tickets_priority_on_board';
      end if;
    end if;
  end if;
  -- A status that a foreign key is about to refuse stands for nothing.
  new.status := coalesce(new.status, 'submitted');
  new.priority := coalesce(new.priority, 'normal');
  if new.status <> 'resolved' then
    new.resolved_at := null;
  elsif tg_op = 'INSERT' or old.status <> 'resolved' then
    new.resolved_at := clock_timestamp();
  end if;
  return new;
end
$$;
create trigger keep_in_step before insert or update on tickets
  for each row execute function keep_ticket_in_step();

-- Serve the list, newest first, and its filters.
create index tickets_newest on tickets (tenant_id, updated_at desc, id desc);
create index tickets_by_status on tickets (tenant_id, status, updated_at desc, id desc);
create index tickets_by_assignee on tickets (tenant_id, assigned_to, updated_at desc, id desc)
  where assigned_to is not null;
-- Serves the foreign keys.
create index tickets_by_conversation on tickets (tenant_id, conversation_id)
  where conversation_id is not null;
create index tickets_by_visitor on tickets (tenant_id, visitor_id) where visitor_id is not null;

-- Knowledge base -----------------------------------------------------------------------------------

create table collections (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 120),
  description text check (length(description) <= 2000),
  icon text check (length(icon) between 1 and 64),
  -- Null for a root.
  parent_id uuid,
  position integer not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, slug),
  check (parent_id <> id),
  -- No "on delete": one that holds others cannot go (S-121).
  foreign key (tenant_id, parent_id) references collections (tenant_id, id)
);
select protect_tenant_table('collections');
-- Serves the list, newest first.
create index collections_newest on collections (tenant_id, updated_at desc, id desc);
-- Serves the filter of the list, and the foreign key.
create index collections_by_parent on collections (tenant_id, parent_id, updated_at desc, id desc);
-- Serves the highest sibling, and keeps two siblings from one place.
create unique index collections_order on collections (tenant_id, parent_id, position)
  nulls not distinct;

create table articles (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  collection_id uuid,
  title text not null check (length(title) between 1 and 500),
  slug text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 120),
  content text not null check (length(content) <= 200000),
  visibility text not null default 'public' check (visibility in ('public', 'internal')),
  status text not null default 'draft' check (status in ('draft', 'published', 'archived')),
  position integer not null,
  tags text[] not null default '{}' check (cardinality(tags) <= 50),
  -- When it was last published; an archived one keeps it, a draft has none.
  published_at timestamptz(3),
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, slug),
  check (status <> 'published' or published_at is not null),
  check (status <> 'draft' or published_at is null),
  foreign key (tenant_id, collection_id) references collections (tenant_id, id)
);
select protect_tenant_table('articles');
-- Serve the list, newest first, and its filters; the last one also the foreign key.
create index articles_newest on articles (tenant_id, updated_at desc, id desc);
create index articles_by_status on articles (tenant_id, status, updated_at desc, id desc);
create index articles_by_collection on articles (tenant_id, collection_id, updated_at desc, id desc);
-- Serves the highest in a collection, and keeps two articles of it from one place.
create unique index articles_order on articles (tenant_id, collection_id, position)
  nulls not distinct;

-- S-120: what the search finds. One entry for each published article, as one of two kinds, because
-- what is internal must not reach a visitor.
create table article_index (
  tenant_id uuid not null,
  article_id uuid not null,
  content_type text not null check (content_type in ('article', 'internalArticle')),
  document tsvector not null,
  indexed_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, article_id),
  foreign key (tenant_id, article_id) references articles (tenant_id, id) on delete cascade
);
select protect_tenant_table('article_index');
-- Serves search_article_index, and nobody else: see there.
create index article_index_document on article_index using gin (document);

-- The words of an article: those of the title weigh most, then the tags, then the content. The tenant's
-- id is one of them, so that one index finds the words within one tenant. A text with more different
-- words than a document holds (1 MiB of them) is indexed by its first half, or the half of that.
create function article_document(tenant uuid, title text, tags text[], content text)
returns tsvector language plpgsql stable as $$
begin
  return setweight(to_tsvector('english', title), 'A')
    || setweight(to_tsvector('english', array_to_string(tags, ' ')), 'B')
    || to_tsvector('english', content)
    || array_to_tsvector(array[tenant::text]);
exception when program_limit_exceeded then
  return article_document(tenant, title, tags, left(content, length(content) / 2));
end
$$;

-- The best entries of the tenant for a query. Under the wall the planner must test the tenant of each row
-- before it may match words, and so cannot use the index: it would read every document of the tenant.
-- This function stands behind the wall, names the tenant itself, and asks the index for both at once. A
-- query without a word, such as one of stop words only, finds nothing.
grant select on article_index to tidegate_system;
create policy system_search on article_index for select to tidegate_system using (true);

create function search_article_index(wanted tsquery, wanted_type text, at_most integer)
returns table (article_id uuid, rank real)
language sql stable security definer set search_path = pg_catalog, public as $$
  select i.article_id, ts_rank(i.document, wanted, 1) as rank
  from public.article_index i
  where i.tenant_id = nullif(current_setting('app.tenant', true), '')::uuid
    and i.document @@ (
      wanted && quote_literal(nullif(current_setting('app.tenant', true), '')::uuid)::tsquery)
    and numnode(wanted) > 0
    and (wanted_type is null or i.content_type = wanted_type)
  order by rank desc, i.article_id desc
  limit at_most
$$;
revoke all on function search_article_index(tsquery, text, integer) from public;
grant execute on function search_article_index(tsquery, text, integer) to tidegate_app;

grant create on schema public to tidegate_system;
alter function search_article_index(tsquery, text, integer) owner to tidegate_system;
revoke create on schema public from tidegate_system;

-- Outbound messages --------------------------------------------------------------------------------

--   draft ──▶ active ◀──▶ paused; any ──▶ archived
create table outbound_messages (
  tenant_id uuid not null references tenants (id) on delete cascade,
  id uuid not null,
  -- S-118: the API shows those of type chat only.
  type text not null default 'chat' check (type in ('chat', 'post', 'banner')),
  name text not null check (length(name) between 1 and 255),
  content jsonb not null check (jsonb_typeof(content) = 'object'),
  targeting jsonb check (jsonb_typeof(targeting) = 'object'),
  triggers jsonb check (jsonb_typeof(triggers) = 'object'),
  frequency text check (frequency in ('once', 'once_per_session', 'always')),
  scheduling jsonb check (jsonb_typeof(scheduling) = 'object'),
  status text not null default 'draft'
    check (status in ('draft', 'active', 'paused', 'archived')),
  priority integer,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, id)
);
select protect_tenant_table('outbound_messages');
-- Serves the list, newest first, with its filter by status.
create index outbound_messages_newest
  on outbound_messages (tenant_id, type, updated_at desc, id desc);
