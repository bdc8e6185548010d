import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { findEventType } from '../../shared/events/catalogue.ts';
import { mapEmailEvent } from '../../shared/events/sources/email-events.ts';
import { validateEventData } from '../../shared/events/validate.ts';
import { mailSystem } from '../../tools/pages/event-sources.ts';
import vectors from '../fixtures/vectors.json' with { type: 'json' };

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const agent = { id: 'agent_3', email: 'support@agents.example', domain: 'agents.example' };

const sent = 'message_id provider_message_id method from to cc bcc subject type conversation_id';

const listed: [type: string, members: string[]][] = (
  [
    [
      'email.received',
      'message_id conversation_id agent from to cc reply_to recipient subject raw_message auth_headers received_at',
    ],
    ['email.sent', sent],
    [
      'email.pending_approval',
      'message_id from to cc bcc subject type conversation_id approval_expires_at',
    ],
    ['email.approved', `${sent} edited reviewed_by_user_id`],
    ['email.rejected', 'message_id type rejection_reason reviewed_by_user_id'],
  ] as const
).map(([type, members]) => [type, members.split(' ')]);

/** A report with the members of the catalogue's example, and more. */
function reportOf(type: string) {
  const example = findEventType(type)?.examples[0];
  return {
    ...example?.data,
    conversation_id: 'conv_7',
    event: type,
    agent: { ...agent, api_key: 'internal' },
    labels: ['urgent'],
    queue: 'internal',
  };
}

function eventOf(payload: unknown) {
  const verdict = mapEmailEvent(payload, sha256);
  if (!('events' in verdict)) throw new Error(JSON.stringify(verdict));
  return verdict.events[0];
}

describe('a report on mail', () => {
  test.for(listed)('S-097 %s carries exactly its listed data', ([type, names]) => {
    const event = eventOf(reportOf(type));
    expect(event.type).toBe(type);
    expect(Object.keys(event.data).toSorted()).toEqual(names.toSorted());
    expect(JSON.stringify(event.data)).not.toContain('internal');
    expect(validateEventData(type, event.data).ok).toBe(true);
  });

  test.for(listed)(
    'S-086 %s can be filtered by agent, conversation, message and labels',
    ([type]) => {
      expect(eventOf(reportOf(type))).toMatchObject({
        resourceType: 'message',
        resourceId: 'msg_demo_1',
        awaitsReceipt: false,
        attributes: {
          ownerId: 'agent_3',
          conversationId: 'conv_7',
          messageId: 'msg_demo_1',
          labels: ['urgent'],
        },
      });
    },
  );

  test.for(vectors.deterministicEventIds)(
    'S-097 of $type has the id of the published vector',
    ({ type, id }) => {
      expect(eventOf(reportOf(type)).id).toBe(id);
      expect(eventOf({ ...reportOf(type), labels: null }).id).toBe(id);
    },
  );

  test('S-097 another type of the same message has another id', () => {
    const ids = new Set(listed.map(([type]) => eventOf(reportOf(type)).id));
    expect(ids.size).toBe(5);
  });

  test('S-097 of another kind is ignored', () => {
    expect(mapEmailEvent({ ...reportOf('email.sent'), event: 'email.bounced' }, sha256)).toEqual({
      ignored: expect.any(String),
    });
    const inherited = { ...reportOf('email.sent'), event: 'toString' };
    expect(mapEmailEvent(inherited, sha256)).toHaveProperty('ignored');
  });

  test.for<[string, object, string]>([
    ['email.received', { raw_message: 'not base64!' }, '/raw_message'],
    ['email.sent', { to: 'ada@customer.example' }, '/to'],
    ['email.rejected', { message_id: '' }, '/message_id'],
    ['email.approved', { edited: 'yes' }, '/edited'],
    ['email.sent', { agent: undefined }, '/agent'],
  ])('S-097 %s with %j is refused at %s', ([type, change, field]) => {
    expect(mapEmailEvent({ ...reportOf(type), ...change }, sha256)).toEqual({
      refused: { field, message: expect.any(String) },
    });
  });

  test('S-142 those that the page shows become events', () => {
    for (const shown of mailSystem)
      expect(validateEventData(eventOf(shown).type, eventOf(shown).data).ok).toBe(true);
  });
});
