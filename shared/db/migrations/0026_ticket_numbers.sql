-- Tickets get their numbers from a sequence of their tenant. With a row that counts, each ticket held back
-- every other of its tenant until its commit, and all of their connections with it.
-- Waits for transactions that are numbering a ticket, and holds back others while it adds the trigger.

create schema ticket_numbers;
grant usage, create on schema ticket_numbers to tidegate_system;

grant select (tenant_id, name, value) on tenant_counters to tidegate_system;
create policy system_counters on tenant_counters for select to tidegate_system using (true);

-- Draws the next number of the tenant of the transaction. It is used up, whatever becomes of the
-- transaction. The first one makes the sequence, where the numbers of the row that counted end.
create function next_ticket_number(of_tenant uuid)
returns bigint language plpgsql volatile security definer set search_path = pg_catalog, public as $$
declare
  numbers regclass := to_regclass(format('ticket_numbers.%I', of_tenant));
begin
  if of_tenant is distinct from nullif(current_setting('app.tenant', true), '')::uuid then
    raise exception 'a tenant draws its own numbers only';
  end if;
  if numbers is null then
    -- Until the commit: of several first tickets one makes it, and the others find it.
    perform pg_advisory_xact_lock(hashtextextended('ticket_numbers.' || of_tenant, 0));
    execute format('create sequence if not exists ticket_numbers.%I start %s', of_tenant, 1 + coalesce(
      (select value from public.tenant_counters
       where tenant_id = of_tenant and name = 'ticket_number'), 0));
    numbers := format('ticket_numbers.%I', of_tenant)::regclass;
  end if;
  return nextval(numbers);
end
$$;
revoke all on function next_ticket_number(uuid) from public;
grant execute on function next_ticket_number(uuid) to tidegate_app;

grant create on schema public to tidegate_system;
alter function next_ticket_number(uuid) owner to tidegate_system;
revoke create on schema public from tidegate_system;

-- A gateway of an older version still asks the row. It gets numbers of the same sequence.
create function draw_counted_number() returns trigger language plpgsql as $$
begin
  new.value := public.next_ticket_number(new.tenant_id);
  return new;
end
$$;
create trigger draw_number before insert or update on tenant_counters
  for each row when (new.name = 'ticket_number') execute function draw_counted_number();
