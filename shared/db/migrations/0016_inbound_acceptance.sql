-- The acceptance of requests as one statement, so that an answer waits for one round trip.
-- Locks nothing that exists: both functions are new.

-- Names what a request to a hook is judged by at this moment: its row, its live secrets, and whether
-- its next body becomes the sample. A row's xmin is the transaction that wrote it, so any change gives
-- another name, whoever makes it; an end of a secret that passes does too. Null: there is no such hook.
create function receiving_hook_version(of_tenant uuid, of_hook uuid)
returns text language sql stable as $$
  select concat_ws(' ', h.xmin,
    coalesce(h.sample_capture_expires_at > clock_timestamp(), false),
    (select string_agg(s.id || ':' || s.xmin, ' ' order by s.id)
     from public.hook_secrets s
     where s.tenant_id = of_tenant and s.hook_id = of_hook
       and (s.expires_at is null or s.expires_at > clock_timestamp())))
  from public.hooks h
  where h.tenant_id = of_tenant and h.id = of_hook
$$;
revoke all on function receiving_hook_version(uuid, uuid) from public;
grant execute on function receiving_hook_version(uuid, uuid) to tidegate_app;

-- Reserves the idempotency keys of requests of one tenant and stores their deliveries, in one statement,
-- except those whose hook is no longer what they were judged by. `requests` is a list of objects, no two
-- of them with one key of one hook; `bodies` has their bodies one after the other.
--
-- It names the tenant of its transaction itself and is bound by the wall like any statement of the
-- application: it runs with the rights of its caller.
--
-- Of any number of concurrent requests with one key, the primary key of inbound_reservations lets
-- one insert; the others wait for its commit and then read its delivery id (S-017). The reservation
-- is taken over when its window is past or its delivery failed (S-016). The update branch writes
-- even for a plain duplicate, because only a written row is returned from it. Keys are reserved in
-- order, so that two lists cannot wait for each other.
create function accept_deliveries(of_tenant uuid, requests jsonb, bodies bytea)
returns table (delivery_id uuid, original_id uuid, started_as text)
language plpgsql as $$
#variable_conflict use_column
begin
  perform set_config('app.tenant', of_tenant::text, true);
  return query
  with request as materialized (
    select q.* from jsonb_to_recordset(requests) as q (
      id uuid, hook uuid, judged_by text, method text, path text, query jsonb, headers jsonb,
      ip inet, agent text, body_at integer, body_bytes integer, body_sha256 text, run_id text,
      key text, window_seconds integer, grace_ms integer, status integer, is_test boolean,
      replay_of uuid)
  ), unchanged as materialized (
    select h.hook, public.receiving_hook_version(of_tenant, h.hook) as version
    from (select distinct hook from request where judged_by is not null) h
  ), fresh as materialized (
    select q.* from request q left join unchanged u on u.hook = q.hook
    where q.judged_by is null or q.judged_by = u.version
  ), reservation as (
    insert into public.inbound_reservations as r (tenant_id, hook_id, key, delivery_id, expires_at)
    select of_tenant, q.hook, q.key, q.id,
      statement_timestamp() + make_interval(secs => q.window_seconds)
    from fresh q where q.key is not null order by q.hook, q.key
    on conflict (tenant_id, hook_id, key) do update set
      delivery_id = case when r.is_released or r.expires_at <= statement_timestamp()
        then excluded.delivery_id else r.delivery_id end,
      uses = case when r.is_released or r.expires_at <= statement_timestamp()
        then r.uses + 1 else r.uses end,
      expires_at = case when r.is_released or r.expires_at <= statement_timestamp()
        then excluded.expires_at else r.expires_at end,
      is_released = false
    returning r.hook_id, r.key, r.delivery_id as holder, r.uses
  )
  insert into public.inbound_deliveries as d (tenant_id, id, hook_id, request_method,
    request_path, request_query, request_headers, source_ip, user_agent, body, body_sha256,
    auth_status, idempotency_key, key_use, dispatch_status, duplicate_of, workflow_id,
    start_due_at, response_status, is_test, is_replay, replayed_from)
  select of_tenant, q.id, q.hook, q.method, q.path, q.query, q.headers, q.ip, q.agent,
    substring(bodies from q.body_at + 1 for q.body_bytes), decode(q.body_sha256, 'hex'),
    'verified', q.key, coalesce(r.uses, 1),
    case when r.holder <> q.id then 'duplicate' else 'pending' end,
    nullif(r.holder, q.id),
    q.run_id || case when r.uses > 1 then '~' || r.uses else '' end,
    clock_timestamp() + make_interval(secs => q.grace_ms / 1000.0),
    case when r.holder <> q.id then 200 else q.status end,
    q.is_test, q.replay_of is not null, q.replay_of
  from fresh q left join reservation r on r.hook_id = q.hook and r.key = q.key
  returning d.id, d.duplicate_of, d.workflow_id;
end
$$;
revoke all on function accept_deliveries(uuid, jsonb, bytea) from public;
grant execute on function accept_deliveries(uuid, jsonb, bytea) to tidegate_app;
