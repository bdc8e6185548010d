-- Two more maintenance jobs: captured samples are cut like bodies, kept answers go after their day.
-- Locks hooks briefly: the index covers the few rows that have a sample.
set local lock_timeout = '5s';

-- Serves cut_hook_samples.
create index hooks_sampled on hooks (sample_captured_at) where sample_body is not null;

grant select (tenant_id, id, sample_captured_at, sample_body), update (sample_body, sample_headers,
  sample_query, sample_captured_at) on hooks to tidegate_system;
create policy system_retention_read on hooks for select to tidegate_system using (true);
create policy system_retention_cut on hooks for update to tidegate_system
  using (sample_body is not null) with check (sample_body is null);
grant select (tenant_id, caller_id, key, expires_at), delete on idempotency_keys to tidegate_system;
create policy system_retention on idempotency_keys to tidegate_system using (true);

-- S-136: a captured sample is customer data, and goes as a whole: a head of it could not be mapped.
create function cut_hook_samples(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select h.tenant_id, h.id from public.hooks h
    where h.sample_body is not null
      and h.sample_captured_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
    order by h.sample_captured_at
    limit rows_max
    for update skip locked
  ), cut as (
    update public.hooks h
    set sample_body = null, sample_headers = null, sample_query = null, sample_captured_at = null
    from due where h.tenant_id = due.tenant_id and h.id = due.id
    returning 1
  )
  select count(*)::integer from cut
$$;

-- Deletes answers of the API that are no longer given to repeats of their requests.
create function remove_expired_answers(older_than_ms bigint, rows_max integer)
returns integer language sql volatile security definer set search_path = pg_catalog, public as $$
  with due as materialized (
    select k.tenant_id, k.caller_id, k.key from public.idempotency_keys k
    where k.expires_at <= statement_timestamp() - make_interval(secs => older_than_ms / 1000.0)
    order by k.expires_at
    limit rows_max
  ), removed as (
    delete from public.idempotency_keys k using due
    where k.tenant_id = due.tenant_id and k.caller_id = due.caller_id and k.key = due.key
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
    'cut_hook_samples(bigint, integer)',
    'remove_expired_answers(bigint, integer)'
  ] loop
    execute format('revoke all on function %s from public', signature);
    execute format('grant execute on function %s to tidegate_app', signature);
    execute format('alter function %s owner to tidegate_system', signature);
  end loop;
end
$$;
revoke create on schema public from tidegate_system;
