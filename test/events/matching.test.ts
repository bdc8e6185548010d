import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributesOf } from '../../shared/events/attributes.ts';
import { eventTypeNames } from '../../shared/events/catalogue.ts';
import { checkFilters, checkTypePatterns } from '../../shared/events/filters.ts';
import {
  matches,
  typeMatches,
  type EndpointFilter,
  type FilterableEvent,
} from '../../shared/events/matching.ts';
import { isDeliverableTo, isFailureReported } from '../../shared/events/operational.ts';

const mail: FilterableEvent = {
  type: 'email.received',
  resourceType: 'message',
  ownerId: 'agent_3',
  conversationId: 'conv_7',
  messageId: 'msg_1',
  labels: ['urgent', 'invoice'],
};
const chat: FilterableEvent = {
  type: 'message.created',
  resourceType: 'message',
  channel: 'chat',
  aiWorkflowState: 'handoff',
  conversationId: 'conv_8',
};

const report: FilterableEvent = { type: 'endpoint.failing', resourceType: 'endpoint' };

const cases: [string, EndpointFilter, FilterableEvent, boolean][] = [
  ['S-085 no filter lets all through', {}, mail, true],
  [
    'S-085 empty lists let all through',
    { eventTypes: [], channels: [], filters: { labels: [] } },
    mail,
    true,
  ],
  ['S-085 a listed type passes', { eventTypes: ['ticket.created', 'email.received'] }, mail, true],
  ['S-085 another type does not', { eventTypes: ['email.sent'] }, mail, false],
  ['a star passes every type', { eventTypes: ['*'] }, mail, true],
  ['a pattern passes its family', { eventTypes: ['email.*'] }, mail, true],
  ['no filter passes no event about deliveries', {}, report, false],
  ['a star passes no event about deliveries', { eventTypes: ['*'] }, report, false],
  [
    'a family passes its events about deliveries',
    { eventTypes: ['*', 'endpoint.*'] },
    report,
    true,
  ],
  ['a name passes its event about deliveries', { eventTypes: ['endpoint.failing'] }, report, true],
  ['a pattern passes no other family', { eventTypes: ['ticket.*'] }, mail, false],
  ['a pattern is not a prefix of a word', { eventTypes: ['mail.*', 'emai.*'] }, mail, false],
  ['S-085 a listed resource type passes', { resourceTypes: ['message'] }, mail, true],
  ['S-085 another resource type does not', { resourceTypes: ['ticket'] }, mail, false],
  ['S-085 a listed channel passes', { channels: ['email', 'chat'] }, chat, true],
  ['S-085 another channel does not', { channels: ['email'] }, chat, false],
  ['S-085 a listed AI state passes', { aiWorkflowStates: ['handoff'] }, chat, true],
  ['S-085 another AI state does not', { aiWorkflowStates: ['none'] }, chat, false],
  ['S-086 a channel filter passes no event without one', { channels: ['email'] }, mail, false],
  [
    'S-086 an owner filter passes no event without one',
    { filters: { owners: ['agent_3'] } },
    chat,
    false,
  ],
  [
    'S-086 a label filter passes no event without labels',
    { filters: { labels: ['urgent'] } },
    chat,
    false,
  ],
  ['S-086 one of several labels is enough', { filters: { labels: ['x', 'invoice'] } }, mail, true],
  [
    'S-086 kinds combine with AND',
    { filters: { owners: ['agent_3'], conversations: ['conv_7'], labels: ['urgent'] } },
    mail,
    true,
  ],
  [
    'S-086 one kind that does not hold is enough to refuse',
    { filters: { owners: ['agent_3'], conversations: ['conv_9'], labels: ['urgent'] } },
    mail,
    false,
  ],
  [
    'S-086 null is no attribute',
    { filters: { owners: ['null'] } },
    { ...mail, ownerId: null },
    false,
  ],
];

describe('a filter', () => {
  test.for(cases)('%s', ([, filter, event, wanted]) => {
    expect(matches(filter, event)).toBe(wanted);
  });

  test('S-085 S-086 agrees with a naive restatement', () => {
    const value = fc.constantFrom('a', 'b', 'c');
    const list = fc.option(fc.array(value, { maxLength: 3 }), { nil: undefined });
    const type = fc.constantFrom('t.a', 't.b', 'u.a', 't.a.b', 'replay.a');
    const filters = fc.record({
      eventTypes: fc.option(
        fc.array(fc.constantFrom('t.a', 't.b', 'u.a', 't.*', 'u.*', 't.a.*', 'replay.*', '*'), {
          maxLength: 3,
        }),
        { nil: undefined },
      ),
      resourceTypes: list,
      channels: list,
      aiWorkflowStates: list,
      owners: list,
      conversations: list,
      labels: list,
    });
    const maybe = fc.option(value, { nil: null });
    const events = fc.record({
      type,
      resourceType: value,
      channel: maybe,
      aiWorkflowState: maybe,
      ownerId: maybe,
      conversationId: maybe,
      labels: fc.option(fc.array(value, { maxLength: 3 }), { nil: null }),
    });
    fc.assert(
      fc.property(filters, events, (lists, event) => {
        const { owners, conversations, labels, ...plain } = lists;
        const nested = withoutAbsent({ owners, conversations, labels });
        const filter: EndpointFilter = { ...withoutAbsent(plain), filters: nested };
        expect(matches(filter, event)).toBe(naive(lists, event));
      }),
      { numRuns: 2_000 },
    );
  });
});

type Lists = Readonly<Record<string, readonly string[] | undefined>>;

/** Goes through the lists the other way round: what would refuse the event? */
function naive(lists: Lists, event: FilterableEvent): boolean {
  const carried: Record<string, (string | null | undefined)[]> = {
    eventTypes: [event.type, '*', ...wildcardsOf(event.type)],
    resourceTypes: [event.resourceType],
    channels: [event.channel],
    aiWorkflowStates: [event.aiWorkflowState],
    owners: [event.ownerId],
    conversations: [event.conversationId],
    labels: [...(event.labels ?? [])],
  };
  for (const [kind, wanted] of Object.entries(lists)) {
    const isAbout = kind === 'eventTypes' && event.type.startsWith('replay.');
    if (isAbout && !wanted?.includes('replay.*')) return false;
    if (wanted === undefined || wanted.length === 0) continue;
    const common = (carried[kind] ?? []).filter((value) => new Set<unknown>(wanted).has(value));
    if (common.length === 0) return false;
  }
  return true;
}

function wildcardsOf(type: string): string[] {
  const words = type.split('.');
  return words.slice(1).map((_, index) => `${words.slice(0, index + 1).join('.')}.*`);
}

function withoutAbsent(lists: Lists): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(lists).flatMap(([name, list]) => (list === undefined ? [] : [[name, list]])),
  );
}

describe('a type pattern', () => {
  test('is a name unless it ends in a star', () => {
    expect(typeMatches('ticket.created', 'ticket.created')).toBe(true);
    expect(typeMatches('ticket.*', 'ticket')).toBe(false);
    expect(typeMatches('tick*', 'ticket.created')).toBe(false);
  });
});

const fifty = Array.from({ length: 50 }, (_, index) => `e${index}`);
const refused: [string, unknown, string][] = [
  ['51 owners', { filters: { owners: [...fifty, 'x'] } }, '/filters/owners'],
  ['51 channels', { channels: [...fifty, 'x'] }, '/channels'],
  ['an entry of 201 characters', { filters: { owners: ['x'.repeat(201)] } }, '/filters/owners/0'],
  ['an empty entry', { resourceTypes: [''] }, '/resourceTypes/0'],
  [
    'a conversation with a blank',
    { filters: { conversations: ['a b'] } },
    '/filters/conversations/0',
  ],
  ['a label in upper case', { filters: { labels: ['ok', 'Urgent'] } }, '/filters/labels/1'],
  ['a label of 65 characters', { filters: { labels: ['x'.repeat(65)] } }, '/filters/labels/0'],
  ['a label with a line break', { filters: { labels: ['urgent\n'] } }, '/filters/labels/0'],
  ['a text for a list', { channels: 'chat' }, '/channels'],
  ['a member that is none', { filters: { agents: [] } }, '/filters'],
];

describe('filters of an endpoint', () => {
  test.for(refused)('S-086 %s is refused', ([, input, pointer]) => {
    const verdict = checkFilters(input);
    expect(verdict.ok ? [] : verdict.issues.map((issue) => issue.pointer)).toContain(pointer);
  });

  test('S-086 50 entries of 200 characters pass, counted in characters', () => {
    const owners = fifty.map(() => '💶'.repeat(200));
    const filter = { filters: { owners, labels: ['a:b_c-9'], conversations: ['A_z-9'] } };
    expect(checkFilters(filter)).toEqual({ ok: true, filter });
  });

  test('S-085 an explicit empty list stays empty', () => {
    const filter = { channels: [], filters: { labels: [] } };
    expect(checkFilters(filter)).toEqual({ ok: true, filter });
  });

  test('S-087 unknown types are refused with all that are allowed', () => {
    const patterns = ['ticket.created', 'ticket.*', '*', 'order.shipped'];
    expect(checkTypePatterns(patterns, ['order.shipped'])).toEqual([]);
    const [issue, ...more] = checkTypePatterns(['ticket.created', 'nope.*'], ['order.shipped']);
    expect(more).toEqual([]);
    expect(issue?.pointer).toBe('/eventTypes/1');
    for (const name of [...eventTypeNames, 'order.shipped']) expect(issue?.message).toContain(name);
  });
});

describe('attributes', () => {
  test('S-085 are read from the data by their usual names', () => {
    const data = {
      channel: 'chat',
      aiWorkflowState: 'none',
      clientId: 'c1',
      conversation_id: 'conv_1',
      messageId: 'm1',
      labels: ['a', 7],
    };
    expect(attributesOf({ resourceType: 'order', resourceId: 'o1', data })).toEqual({
      channel: 'chat',
      aiWorkflowState: 'none',
      ownerId: 'c1',
      conversationId: 'conv_1',
      messageId: 'm1',
      labels: ['a'],
    });
  });

  test('S-086 are absent where the data has none, and what is known comes first', () => {
    const happening = {
      resourceType: 'conversation',
      resourceId: 'conv_2',
      data: { clientId: null, channel: 7, labels: [] },
    };
    expect(attributesOf(happening)).toEqual({ conversationId: 'conv_2' });
    expect(attributesOf(happening, { ownerId: 'a', conversationId: 'x', channel: null })).toEqual({
      conversationId: 'x',
      ownerId: 'a',
    });
  });
});

describe('events about deliveries', () => {
  const about = (type: string, endpointId: string) => ({
    type,
    resourceId: endpointId,
    data: { endpointId },
  });

  test.for(['endpoint.failing', 'endpoint.disabled', 'delivery.failed'])(
    '%s goes to every endpoint but the one it is about',
    (type) => {
      expect(isDeliverableTo(about(type, 'wh_1'), 'wh_1')).toBe(false);
      expect(isDeliverableTo(about(type, 'wh_1'), 'wh_2')).toBe(true);
    },
  );

  test('S-092 a test goes to the endpoint that is tested and to no other', () => {
    expect(isDeliverableTo(about('test.ping', 'wh_1'), 'wh_1')).toBe(true);
    expect(isDeliverableTo(about('test.ping', 'wh_1'), 'wh_2')).toBe(false);
  });

  test('anything else goes to every endpoint, whatever its data says', () => {
    expect(isDeliverableTo(about('ticket.created', 'wh_1'), 'wh_1')).toBe(true);
  });

  test('failed deliveries of reports and of tests are not reported', () => {
    const reported = eventTypeNames.filter(isFailureReported);
    expect(reported).toContain('ticket.created');
    expect(reported.filter((name) => /^(endpoint|delivery|replay|test)\./.test(name))).toEqual([]);
    expect(reported.length).toBe(eventTypeNames.length - 9);
  });
});
