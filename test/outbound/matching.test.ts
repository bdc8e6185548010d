import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  option,
  record,
  uniqueArray,
  type Arbitrary,
} from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { matches, type FilterableEvent } from '../../shared/events/matching.ts';
import { publishEvent } from '../../shared/outbound/publish-event.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeFactory, type Factory } from '../support/factory.ts';
import { makeEndpoint } from '../support/outbound.ts';

/**
 * The database decides which endpoints hear of an event; shared/events/matching.ts says the rule. Random
 * endpoints and events from a small vocabulary meet often, and both must say the same of each pair.
 */
const masterKeys = `k:${Buffer.alloc(32, 1).toString('base64')}`;
let database: TestDatabase;
let factory: Factory;
beforeAll(async () => {
  database = await createTestDatabase();
  factory = makeFactory(database.appUrl, masterKeys);
});
afterAll(async () => {
  await factory.close();
  await database.drop();
});

const some = <Value>(...values: readonly Value[]) =>
  uniqueArray(constantFrom(...values), { maxLength: 2 });
const endpoints = record({
  eventTypes: some('ticket.created', 'ticket.*', '*', 'ticketing.opened', 'endpoint.*'),
  resourceTypes: some('ticket', 'card'),
  channels: some('chat', 'email'),
  aiWorkflowStates: some('none', 'handoff'),
  ownerIds: some('o1', 'o2'),
  conversationIds: some('c1', 'c2'),
  labels: some('vip', 'eu', 'us'),
});
const maybe = (...values: readonly string[]) => option(constantFrom(...values), { nil: undefined });
const events = record({
  type: constantFrom('ticket.created', 'ticket.updated', 'ticketing.opened', 'endpoint.failing'),
  objectType: constantFrom('ticket', 'card', 'endpoint'),
  channel: maybe('chat', 'email'),
  aiWorkflowState: maybe('none', 'handoff'),
  ownerId: maybe('o1', 'o2', 'o3'),
  conversationId: maybe('c1', 'c2'),
  labels: some('vip', 'eu', 'us'),
});

test('S-085 S-086 the statement that fans out lets through exactly what the rule does', async () => {
  await assert(
    asyncProperty(
      array(endpoints, { minLength: 1, maxLength: 4 }),
      array(events, { minLength: 1, maxLength: 4 }),
      async (wanted, happened) => {
        const tenant = await factory.tenant();
        const made = await Promise.all(
          wanted.map(async (filter) => ({
            filter,
            ...(await makeEndpoint(factory.withTenant, masterKeys, tenant.id, {
              url: 'https://receiver.example/',
              ...filter,
            })),
          })),
        );
        for (const { type, objectType, ...attributes } of happened) {
          const published = await factory.withTenant(tenant.id, (tx) =>
            publishEvent(tx, {
              type,
              objectType,
              objectId: '1',
              deliveryId: null,
              data: {},
              attributes,
            }),
          );
          const { rows } = await database.admin.query<{ endpoint_id: string }>(
            'select endpoint_id from outbound_deliveries where event_id = $1',
            [published?.id],
          );
          const expected = made.filter(({ filter }) =>
            hears(filter, { type, resourceType: objectType, ...attributes }),
          );
          expect(rows.map(({ endpoint_id }) => endpoint_id).toSorted()).toEqual(
            expected.map(({ id }) => id as string).toSorted(),
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

type Filter = typeof endpoints extends Arbitrary<infer Value> ? Value : never;

function hears(filter: Filter, event: FilterableEvent): boolean {
  const { ownerIds, conversationIds, labels, ...lists } = filter;
  return matches(
    { ...lists, filters: { owners: ownerIds, conversations: conversationIds, labels } },
    event,
  );
}
