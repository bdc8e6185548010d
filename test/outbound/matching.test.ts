import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isOperationalType } from '../../shared/domain/events.ts';
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
  fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 });
const endpoints = fc.record({
  eventTypes: some('ticket.created', 'ticket.*', '*', 'ticketing.opened', 'endpoint.*'),
  resourceTypes: some('ticket', 'card'),
  channels: some('chat', 'email'),
  aiWorkflowStates: some('none', 'handoff'),
  ownerIds: some('o1', 'o2'),
  conversationIds: some('c1', 'c2'),
  labels: some('vip', 'eu', 'us'),
});
const maybe = (...values: readonly string[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined });
const events = fc.record({
  type: fc.constantFrom('ticket.created', 'ticket.updated', 'ticketing.opened', 'endpoint.failing'),
  objectType: fc.constantFrom('ticket', 'card', 'endpoint'),
  channel: maybe('chat', 'email'),
  aiWorkflowState: maybe('none', 'handoff'),
  ownerId: maybe('o1', 'o2', 'o3'),
  conversationId: maybe('c1', 'c2'),
  labels: some('vip', 'eu', 'us'),
});

test('S-085 S-086 the statement that fans out lets through exactly what the rule does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(endpoints, { minLength: 1, maxLength: 4 }),
      fc.array(events, { minLength: 1, maxLength: 4 }),
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

type Filter = typeof endpoints extends fc.Arbitrary<infer Value> ? Value : never;

/** The rule, and that operational events must be asked for by name. */
function hears(filter: Filter, event: FilterableEvent): boolean {
  const asked = isOperationalType(event.type)
    ? filter.eventTypes.filter((pattern) => pattern !== '*')
    : filter.eventTypes;
  if (isOperationalType(event.type) && asked.length === 0) return false;
  return matches(
    {
      ...filter,
      eventTypes: asked,
      filters: {
        owners: filter.ownerIds,
        conversations: filter.conversationIds,
        labels: filter.labels,
      },
    },
    event,
  );
}
