-- The lock of a dispatch as a call whose answer nobody has to wait for. Locks nothing that exists: the
-- function is new.

-- Locks a delivery of which nothing has been decided, until the transaction ends. Of one that has an outcome
-- or a run already it raises TG001, so that whatever was sent behind this call is undone with it.
create function lock_undecided_delivery(of_tenant uuid, of_delivery uuid)
returns void language plpgsql as $$
declare
  is_decided boolean;
begin
  select outcome is not null or handler_workflow_id is not null into is_decided
  from public.inbound_deliveries
  where tenant_id = of_tenant and id = of_delivery
  for update;
  if not found then
    raise exception 'delivery % is gone', of_delivery;
  end if;
  if is_decided then
    raise exception 'delivery % is decided', of_delivery using errcode = 'TG001';
  end if;
end
$$;
revoke all on function lock_undecided_delivery(uuid, uuid) from public;
grant execute on function lock_undecided_delivery(uuid, uuid) to tidegate_app;
