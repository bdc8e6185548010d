-- accept_deliveries tells as well when each delivery was received, so that a gateway knows of what it has just
-- stored all that its dispatch needs. Nothing else about it changes (migration 0016 says what it does).
-- Locks nothing that exists but the function, for as long as this takes.

drop function accept_deliveries(uuid, jsonb, bytea);
create function accept_deliveries(of_tenant uuid, requests jsonb, bodies bytea)
returns table (delivery_id uuid, original_id uuid, started_as text, accepted_at timestamptz)
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
  returning d.id, d.duplicate_of, d.workflow_id, d.received_at;
end
$$;
revoke all on function accept_deliveries(uuid, jsonb, bytea) from public;
grant execute on function accept_deliveries(uuid, jsonb, bytea) to tidegate_app;
