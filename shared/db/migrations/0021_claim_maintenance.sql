-- S-113: ends claims that ran out and that nobody has ended, because everything crashed.
-- Locks nothing that exists: one function, and the right to read and end claims.
set local lock_timeout = '5s';

grant select (tenant_id, id, status, expires_at), update (status, ended_at)
  on conversation_claims to tidegate_system;
create policy system_expiry_read on conversation_claims for select to tidegate_system using (true);
-- Others than active ones that ran out cannot be touched, and nothing but their end be written.
create policy system_expiry on conversation_claims for update to tidegate_system
  using (status = 'active' and expires_at <= clock_timestamp())
  with check (status = 'expired');

-- Ends at most so many claims that ran out so long ago. Passes over those that someone works on: who
-- extends a claim just now is asked for its end again. Returns how many.
create function expire_stale_claims(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select c.tenant_id, c.id from public.conversation_claims c
    where c.status = 'active'
      and c.expires_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
    order by c.expires_at limit rows_max
    for update skip locked
  ), expired as (
    update public.conversation_claims c set status = 'expired', ended_at = clock_timestamp()
    from due
    where c.tenant_id = due.tenant_id and c.id = due.id
    returning 1
  )
  select count(*)::integer from expired
$$;
revoke all on function expire_stale_claims(bigint, integer) from public;
grant execute on function expire_stale_claims(bigint, integer) to tidegate_app;

grant create on schema public to tidegate_system;
alter function expire_stale_claims(bigint, integer) owner to tidegate_system;
revoke create on schema public from tidegate_system;
