-- What a dispatch reads and what it notes, each as one call. Locks nothing that exists: both functions are
-- new.

-- A delivery with the current handler of its hook. It names the tenant of its transaction itself, so that
-- nothing has to be sent around it, and runs with the rights of its caller.
create function find_dispatchable_delivery(of_tenant uuid, of_delivery uuid)
returns table (outcome jsonb, body bytea, request_headers jsonb, request_query jsonb,
  received_at timestamptz, idempotency_key text, handler_workflow_id text, handler_version integer,
  hook_slug text, handler_type text, handler_config jsonb, language_level text, is_form_taken boolean)
language plpgsql as $$
#variable_conflict use_column
begin
  perform set_config('app.tenant', of_tenant::text, true);
  return query
  select d.outcome, d.body, d.request_headers, d.request_query, d.received_at, d.idempotency_key,
    d.handler_workflow_id, d.handler_version,
    coalesce(h.slug, split_part(d.workflow_id, '/', 3)),
    h.handler_type, h.handler_config, h.language_level, h.auth_type = 'verifier'
  from public.inbound_deliveries d
  left join public.hooks h on h.tenant_id = d.tenant_id and h.id = d.hook_id
  where d.tenant_id = of_tenant and d.id = of_delivery;
end
$$;
revoke all on function find_dispatchable_delivery(uuid, uuid) from public;
grant execute on function find_dispatchable_delivery(uuid, uuid) to tidegate_app;

-- Notes the outcome of a pending delivery, in the transaction of its effect; a failure frees its idempotency
-- key. Raises when the delivery is not pending, so that whoever sends the commit along with this keeps no
-- effect that nobody noted. Of a replay or a test there is no sender to answer: what one would have been
-- told is noted here.
create function note_outcome(of_tenant uuid, of_delivery uuid, state text, of_outcome jsonb,
  answer_status integer)
returns void language plpgsql as $$
declare
  of_hook uuid;
  of_key text;
begin
  update public.inbound_deliveries
  set dispatch_status = state, outcome = of_outcome, dispatched_at = clock_timestamp(),
    response_status = case when is_replay or is_test then answer_status else response_status end,
    duration_ms = case when is_replay or is_test
      then (extract(epoch from clock_timestamp() - received_at) * 1000)::integer
      else duration_ms end
  where tenant_id = of_tenant and id = of_delivery and dispatch_status = 'pending'
  returning hook_id, idempotency_key into of_hook, of_key;
  if not found then
    raise exception 'delivery % is not pending', of_delivery;
  end if;
  if state = 'failed' and of_key is not null then
    update public.inbound_reservations set is_released = true
    where tenant_id = of_tenant and hook_id = of_hook and key = of_key
      and delivery_id = of_delivery;
  end if;
end
$$;
revoke all on function note_outcome(uuid, uuid, text, jsonb, integer) from public;
grant execute on function note_outcome(uuid, uuid, text, jsonb, integer) to tidegate_app;
