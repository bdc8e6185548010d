import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeActionBench, type ActionBench, type DeskHook } from '../../support/action-bench.ts';
import { leastTicket } from '../../support/desk.ts';

let bench: ActionBench;
let hook: DeskHook;

beforeAll(async () => {
  bench = await makeActionBench();
  hook = await bench.hook();
});
afterAll(() => bench.close());

const create = (externalId: string, more: object = {}) =>
  bench.run(hook, 'createTicket', { ...leastTicket(hook.desk), external_id: externalId, ...more });

describe('addTicketCommentByExternalId', () => {
  const comment = async (fields: object) => {
    const outcome = await bench.run(hook, 'addTicketCommentByExternalId', {
      external_id: 'commented',
      content: 'Looks better',
      ...fields,
    });
    const id = outcome.status === 'dispatched' ? outcome.metadata?.['comment_id'] : undefined;
    const [stored] = await bench.rows(
      hook,
      'select * from ticket_comments where tenant_id = $1 and id = $2',
      [id],
    );
    return { outcome, stored };
  };
  beforeAll(() => create('commented'));

  test('S-026 is internal, no resolution and by the system unless mapped, and records no event', async () => {
    const events = await bench.events(hook);
    expect((await comment({})).stored).toMatchObject({
      content: 'Looks better',
      is_internal: true,
      is_resolution: false,
      author_type: 'system',
    });
    expect(await bench.events(hook)).toEqual(events);
  });

  test('S-026 takes the author type from the author that is mapped', async () => {
    const { userId, contactId } = hook.desk;
    const byUser = await comment({ author_id: userId });
    expect(byUser.stored).toMatchObject({ author_type: 'internal', author_id: userId });
    const byContact = await comment({ contact_id: contactId });
    expect(byContact.stored).toMatchObject({ author_type: 'contact', contact_id: contactId });
  });

  test('S-026 stores mapped flags, and an event for a comment that others may see', async () => {
    const { stored } = await comment({ is_internal: false, is_resolution: true });
    expect(stored).toMatchObject({ is_internal: false, is_resolution: true });
    expect((await bench.events(hook)).at(-1)).toMatchObject({
      type: 'ticket.comment_added',
      object_id: stored?.['ticket_id'],
      data: { commentId: stored?.['id'], authorType: 'system', isResolution: true },
    });
  });

  test('S-026 refuses two authors', async () => {
    const { outcome } = await comment({
      author_id: hook.desk.userId,
      contact_id: hook.desk.contactId,
    });
    expect(outcome).toMatchObject({ code: 'VALIDATION_ERROR', field: 'contact_id' });
  });
});
