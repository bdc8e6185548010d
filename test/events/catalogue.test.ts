import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { attributesOf } from '../../shared/events/attributes.ts';
import {
  eventTypeNames,
  eventTypes,
  familyOf,
  findEventType,
  resourceTypes,
} from '../../shared/events/catalogue.ts';
import {
  anyEnvelopeSchema,
  dataJsonSchema,
  envelopeJsonSchema,
  webhookEnvelopeSchema,
} from '../../shared/events/envelope.ts';
import { eventAttributeNames, type EventType } from '../../shared/events/event-type.ts';
import { validateEventData } from '../../shared/events/validate.ts';
import { isOperationalType } from '../../shared/domain/events.ts';

const ajv = new Ajv2020({ strict: false, validateFormats: false });

const examples = eventTypes.flatMap((type) =>
  type.examples.map((example, index): [string, EventType, (typeof type.examples)[number]] => [
    `${type.name} ${index + 1}`,
    type,
    example,
  ]),
);

function envelopeOf(type: string, example: (typeof eventTypes)[number]['examples'][number]) {
  return {
    id: 'evt_018f2f6e9c007e209b664daf702e3b88',
    type,
    schema_version: '1',
    created_at: '2026-03-02T10:15:30.123Z',
    data: example.data,
    resource: example.resource,
  };
}

describe('the catalogue of events', () => {
  test('S-093 S-094 S-096 S-097 the types of every source are there', () => {
    const listed = `
      conversation.created conversation.updated message.created visitor.created visitor.updated
      ticket.created ticket.updated ticket.comment_added
      outbound.created outbound.updated outbound.deleted outbound.activated outbound.paused
      transaction.created transaction.updated transaction.completed card.updated user.updated
      card.viewed contact.saved test.ping
      email.received email.sent email.pending_approval email.approved email.rejected`;
    expect(eventTypeNames).toEqual(expect.arrayContaining(listed.trim().split(/\s+/)));
  });

  test('names are unique, and each has a family', () => {
    expect(new Set(eventTypeNames).size).toBe(eventTypeNames.length);
    for (const name of eventTypeNames) expect(familyOf(name), name).not.toBe('');
    expect(familyOf('nothing')).toBe('');
  });

  test('what events are about is listed once each', () => {
    expect(resourceTypes).toEqual([...new Set(resourceTypes)].toSorted());
    expect(resourceTypes).toContain('conversation');
  });

  test.for(examples)('example %s has the form of its type', ([, type, { resource, data }]) => {
    expect(validateEventData(type.name, data)).toEqual({ ok: true, data });
    expect(type.resourceTypes).toContain(resource.type);
  });

  test.for(examples)(
    'S-101 example %s fits the JSON Schema of its webhook',
    ([, type, example]) => {
      expect(ajv.validate(dataJsonSchema(type), example.data), ajv.errorsText()).toBe(true);
      const body = envelopeOf(type.name, example);
      expect(ajv.validate(envelopeJsonSchema(type), body), ajv.errorsText()).toBe(true);
      expect(webhookEnvelopeSchema(type).parse(body)).toEqual(body);
      expect(anyEnvelopeSchema.parse(body)).toEqual(body);
    },
  );

  test.for(examples)('S-101 example %s still fits with unknown members', ([, type, example]) => {
    const data = { ...example.data, somethingNew: { a: [1] } };
    expect(validateEventData(type.name, data)).toEqual({ ok: true, data });
    const body = { ...envelopeOf(type.name, { ...example, data }), also: 'new' };
    expect(webhookEnvelopeSchema(type).parse(body)).toEqual(body);
    expect(ajv.validate(envelopeJsonSchema(type), body), ajv.errorsText()).toBe(true);
  });

  test('S-101 an envelope of an unknown type validates, one of another version does not', () => {
    const body = envelopeOf('order.shipped', { resource: { type: 'order', id: '7' }, data: {} });
    expect(anyEnvelopeSchema.safeParse(body).success).toBe(true);
    expect(anyEnvelopeSchema.safeParse({ ...body, schema_version: '2' }).success).toBe(false);
  });

  test('S-064 a receipt has a block number and a transaction hash', () => {
    const type = findEventType('transaction.created');
    if (type === undefined) throw new Error('no such type');
    const body = envelopeOf(type.name, type.examples[0]);
    const isFine = (receipt: unknown) =>
      webhookEnvelopeSchema(type).safeParse({ ...body, receipt }).success;
    expect(isFine({ blockNumber: 21_000_000, transactionHash: '0xab12' })).toBe(true);
    expect(isFine({ blockNumber: '21', transactionHash: '0xab12' })).toBe(false);
    expect(isFine({ blockNumber: 21 })).toBe(false);
  });

  test.for(examples)('S-085 example %s shows only attributes of its type', ([, type, example]) => {
    const shown = attributesOf({
      resourceType: example.resource.type,
      resourceId: example.resource.id,
      data: example.data,
    });
    const names = Object.keys(shown).map((name) => name.replace(/Id$/, ''));
    for (const name of names) expect(type.attributes, name).toContain(name);
    for (const name of type.attributes) expect(eventAttributeNames).toContain(name);
  });

  test('operational types name their endpoint, except of replays, which may be to several', () => {
    const operational = eventTypes.filter(({ name }) => isOperationalType(name));
    expect(operational).toHaveLength(8);
    const named = operational.filter(({ name }) => familyOf(name) !== 'replay');
    for (const { name, examples: own } of named) {
      for (const { data } of own) {
        expect(validateEventData(name, { ...data, endpointId: undefined }).ok, name).toBe(false);
      }
    }
  });
});

const faulty: [string, unknown, string][] = [
  ['conversation.created', { channel: 'fax', status: 'open', visitorId: 'v' }, '/channel'],
  ['conversation.updated', {}, ''],
  ['visitor.updated', {}, '/visitorId'],
  ['message.created', { conversationId: 'c', senderType: 'cat', channel: 'chat' }, '/senderType'],
  ['outbound.activated', { status: 'paused', name: 'x' }, '/status'],
  ['card.updated', null, ''],
  [
    'email.rejected',
    { message_id: 'm', type: 'reply', rejection_reason: 'x' },
    '/reviewed_by_user_id',
  ],
  ['endpoint.failing', { percent: 60 }, '/percent'],
  ['no.such_type', {}, ''],
];

describe('data that is not of its type', () => {
  test.for(faulty)('S-093 of %s: %j is refused at %s', ([name, data, pointer]) => {
    const verdict = validateEventData(name, data);
    const pointers = verdict.ok ? [] : verdict.issues.map((issue) => issue.pointer);
    expect(pointers).toContain(pointer);
  });
});
