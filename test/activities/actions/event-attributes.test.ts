import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validateEventData } from '../../../shared/events/validate.ts';
import { makeActionBench, type ActionBench, type DeskHook } from '../../support/action-bench.ts';
import { leastTicket } from '../../support/desk.ts';

let bench: ActionBench;
let hook: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
  hook = await bench.hook();
});
afterAll(() => bench.close());

/** The last event of a type, as it was recorded. */
const lastEvent = async (type: string) => {
  const rows = await bench.rows(
    hook,
    `select data, channel, owner_id, matched_endpoint_ids from events
     where tenant_id = $1 and type = $2 order by id desc limit 1`,
    [type],
  );
  return rows[0];
};

const addEndpoint = async (filter: 'channels' | 'owner_ids', value: string): Promise<string> => {
  const id = randomUUID();
  await bench.database.admin.query(
    `insert into endpoints (tenant_id, id, name, url, ${filter})
     values ($1, $2, $3, 'https://example.test/', array[$4])`,
    [hook.tenant.id, id, id.slice(0, 8), value],
  );
  return id;
};

describe('an event of an action', () => {
  test('S-093 about a ticket has what all events of its type have, beside the rows of its board', async () => {
    const { clientId, boardId, priorityId, statusIds, userId } = hook.desk;
    const external_id = 'all-members';
    await bench.run(hook, 'createTicket', { ...leastTicket(hook.desk), external_id });
    expect((await lastEvent('ticket.created'))?.['data']).toEqual({
      channel: 'support_ticket',
      status: 'submitted',
      priority: 'high',
      number: expect.any(Number),
      clientId,
      boardId,
      statusId: statusIds.open,
      priorityId,
    });
    const move = { external_id, status_id: statusIds.closed };
    await bench.run(hook, 'changeTicketStatusByExternalId', move);
    expect((await lastEvent('ticket.updated'))?.['data']).toEqual({
      channel: 'support_ticket',
      status: 'resolved',
      priority: 'high',
      assigneeId: null,
      updatedFields: ['status_id'],
      statusId: statusIds.closed,
      priorityId,
    });
    const said = { external_id, content: 'Seen', is_internal: false, author_id: userId };
    await bench.run(hook, 'addTicketCommentByExternalId', said);
    expect((await lastEvent('ticket.comment_added'))?.['data']).toEqual({
      channel: 'support_ticket',
      commentId: expect.any(String),
      authorType: 'agent',
      isResolution: false,
    });
    for (const type of ['ticket.created', 'ticket.updated', 'ticket.comment_added']) {
      const event = await lastEvent(type);
      expect(validateEventData(type, event?.['data']), type).toMatchObject({ ok: true });
    }
  });

  test('S-093 says visitor of a contact who comments', async () => {
    const external_id = 'by-contact';
    await bench.run(hook, 'createTicket', { ...leastTicket(hook.desk), external_id });
    const { contactId: contact_id } = hook.desk;
    const said = { external_id, content: 'Still broken', is_internal: false, contact_id };
    await bench.run(hook, 'addTicketCommentByExternalId', said);
    expect(await lastEvent('ticket.comment_added')).toMatchObject({
      data: { authorType: 'visitor' },
    });
  });

  test('S-085 S-086 about a ticket reaches endpoints that filter by its channel or its client, and no others', async () => {
    const byChannel = await addEndpoint('channels', 'support_ticket');
    const byOwner = await addEndpoint('owner_ids', hook.desk.clientId);
    await addEndpoint('channels', 'chat');
    await addEndpoint('owner_ids', randomUUID());
    const external_id = 'filtered';
    await bench.run(hook, 'createTicket', { ...leastTicket(hook.desk), external_id });
    await bench.run(hook, 'updateTicketByExternalId', { external_id, title: 'New title' });
    const said = { external_id, content: 'Hello', is_internal: false };
    await bench.run(hook, 'addTicketCommentByExternalId', said);
    for (const type of ['ticket.created', 'ticket.updated', 'ticket.comment_added']) {
      const event = await lastEvent(type);
      const matched = event?.['matched_endpoint_ids'] as readonly string[] | undefined;
      expect(matched?.toSorted(), type).toEqual([byChannel, byOwner].toSorted());
    }
  });

  test('S-086 about a client, or about what names its client, belongs to the client', async () => {
    const client = await bench.run(hook, 'upsertClientByExternalId', {
      external_id: 'c',
      client_name: 'C Ltd',
    });
    const clientId = client.status === 'dispatched' ? client.entityId : undefined;
    expect(await lastEvent('client.created')).toMatchObject({ owner_id: clientId });
    await bench.run(hook, 'upsertContactByExternalId', {
      external_id: 'p',
      full_name: 'Pat',
      email: 'pat@example.test',
      client_id: clientId,
    });
    expect(await lastEvent('contact.created')).toMatchObject({ owner_id: clientId });
    await bench.run(hook, 'upsertAssetByExternalId', { external_id: 'a', client_id: clientId });
    expect(await lastEvent('asset.created')).toMatchObject({ owner_id: clientId });
    const entity_type = 'client';
    const tagged = { entity_type, external_id: 'c', tag_text: 'vip' };
    await bench.run(hook, 'addTagToEntityByExternalId', tagged);
    expect(await lastEvent('tag.added')).toMatchObject({ owner_id: clientId });
  });
});
