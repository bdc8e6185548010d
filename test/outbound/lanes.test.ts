import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import type { AttemptInput, AttemptResult } from '../../activities/delivery/contract.ts';
import { makeLaneActivities } from '../../activities/lane/activities.ts';
import type { DueWake } from '../../shared/db/queries/outbound-wakes.ts';
import {
  parseEndpointId,
  parseOutboundDeliveryId,
  parseTenantId,
  type EndpointId,
} from '../../shared/domain/ids.ts';
import { eventually } from '../support/eventually.ts';

const delivered: AttemptResult = {
  kind: 'settled',
  status: 'delivered',
  code: null,
  message: null,
};
const tenantId = parseTenantId(uuidv7());
const someEndpoint = (): EndpointId => parseEndpointId(uuidv7());

const due = (endpointId: EndpointId, maxInFlight = 10): DueWake => ({
  tenantId,
  endpointId,
  maxInFlight,
  deliveryId: parseOutboundDeliveryId(uuidv7()),
  eventType: 'ticket.created',
  retry: { waitsMs: [], jitter: 0 },
  attempts: 1,
});

/** A lane over a backlog in memory, whose attempts end as the test says. */
function lane(attempt: (input: AttemptInput) => Promise<AttemptResult>) {
  const backlog: DueWake[] = [];
  const seen = {
    claims: 0,
    attempted: [] as string[],
    putBack: [] as string[],
    linedUp: [] as string[],
    linedUpBehind: [] as string[],
    started: [] as string[],
    woken: [] as string[],
  };
  const ids = (deliveries: readonly { readonly deliveryId: string }[]) =>
    deliveries.map(({ deliveryId }) => deliveryId);
  let takeOn: (next: readonly DueWake[]) => void = () => undefined;
  const { drainDue } = makeLaneActivities({
    claim: (rowsMax) => {
      seen.claims += 1;
      return Promise.resolve(backlog.splice(0, rowsMax));
    },
    makeAttempt: (take) => {
      takeOn = take;
      return (input) => {
        seen.attempted.push(input.deliveryId);
        return attempt(input);
      };
    },
    lineUp: async (deliveries) => void seen.linedUp.push(...ids(deliveries)),
    lineUpBehind: async (deliveries) => {
      seen.linedUpBehind.push(...ids(deliveries));
      return [];
    },
    putBack: async (deliveries) => void seen.putBack.push(...ids(deliveries)),
    start: (deliveries) => void seen.started.push(...ids(deliveries)),
    wake: (deliveries) => void seen.woken.push(...ids(deliveries)),
    heartbeat: () => undefined,
  });
  return {
    seen,
    backlog,
    takeOn: (next: readonly DueWake[]) => takeOn(next),
    drain: (timeMaxMs: number) => drainDue({ rowsMax: 256, concurrencyMax: 256, timeMaxMs }),
  };
}

describe('a call of the burst lane', () => {
  test('S-059 goes on with other endpoints past its time while one of them hangs', async () => {
    const hanging = due(someEndpoint());
    let answer: (result: AttemptResult) => void = () => undefined;
    const { seen, backlog, drain } = lane(({ deliveryId }) =>
      deliveryId === hanging.deliveryId
        ? new Promise((resolve) => (answer = resolve))
        : Promise.resolve(delivered),
    );
    backlog.push(hanging);
    const drained = drain(1);
    // Its time is long over then, and it has looked for others.
    await eventually(() => expect(seen.claims).toBeGreaterThan(2), 10_000);
    const late = Array.from({ length: 5 }, () => due(someEndpoint()));
    backlog.push(...late);
    await eventually(() => expect(seen.attempted).toHaveLength(6), 5_000);
    answer(delivered);
    expect(await drained).toMatchObject({ taken: 6 });
  });

  test('S-059 works off those whose turn it is as many at a time as their endpoint takes', async () => {
    const endpoint = someEndpoint();
    let open = 0;
    let openMax = 0;
    const { seen, backlog, takeOn, drain } = lane(async () => {
      open += 1;
      openMax = Math.max(openMax, open);
      if (seen.attempted.length === 1) takeOn(Array.from({ length: 12 }, () => due(endpoint, 4)));
      await new Promise((resolve) => setTimeout(resolve, 20));
      open -= 1;
      return delivered;
    });
    backlog.push(due(endpoint, 4));
    await drain(1);
    expect(seen.attempted).toHaveLength(13);
    expect(openMax).toBe(4);
    expect(seen.woken).toEqual([]);
  });

  test('S-059 lines up the rest of an endpoint that is in trouble, and gives none of it a run', async () => {
    const endpoint = someEndpoint();
    const { seen, backlog, drain } = lane(() =>
      Promise.resolve({ kind: 'wait', reason: 'trouble', waitMs: 300_000 }),
    );
    const all = Array.from({ length: 50 }, () => due(endpoint, 4));
    backlog.push(...all);
    await drain(1);
    expect(seen.attempted.length).toBeLessThanOrEqual(4);
    expect([...seen.attempted, ...seen.linedUpBehind].toSorted()).toEqual(
      all.map(({ deliveryId }) => deliveryId).toSorted(),
    );
    expect(seen.started).toEqual([]);
  });

  test('S-059 gives an endpoint that is down one run, until that can have taken its place', async () => {
    const endpoint = someEndpoint();
    const { seen, backlog, drain } = lane(() =>
      Promise.resolve({ kind: 'turned_away', isDown: true }),
    );
    backlog.push(...Array.from({ length: 50 }, () => due(endpoint, 16)));
    await drain(1);
    expect(seen.started).toHaveLength(1);
    // Each of the others is kept, in the line or until later.
    expect(seen.linedUp.length + seen.putBack.length).toBe(49);
  });

  test('gives each delivery of a slow endpoint a run', async () => {
    const endpoint = someEndpoint();
    const { seen, backlog, drain } = lane(() =>
      Promise.resolve({ kind: 'turned_away', isDown: false }),
    );
    backlog.push(...Array.from({ length: 4 }, () => due(endpoint, 4)));
    await drain(1);
    expect(seen.started).toHaveLength(4);
  });

  test('S-059 takes the next batch when the others are done, though an endpoint hangs', async () => {
    const hanging = due(someEndpoint());
    let answer: (result: AttemptResult) => void = () => undefined;
    const { seen, backlog, drain } = lane(({ deliveryId }) => {
      if (deliveryId === hanging.deliveryId) return new Promise((resolve) => (answer = resolve));
      // Each brings another one with it, as a backlog of many batches would.
      if (seen.attempted.length < 12) backlog.push(due(someEndpoint()));
      return Promise.resolve(delivered);
    });
    backlog.push(hanging);
    const drained = drain(20_000);
    await eventually(() => expect(seen.claims).toBeGreaterThan(2), 10_000);
    backlog.push(due(someEndpoint()));
    // Eleven batches of two seconds each, if every one waited for it.
    await eventually(() => expect(seen.attempted).toHaveLength(12), 10_000);
    answer(delivered);
    await drained;
  });

  test('does not leaf through the backlog of an endpoint that hangs', async () => {
    const endpoint = someEndpoint();
    const answers: ((result: AttemptResult) => void)[] = [];
    const { seen, backlog, drain } = lane(() => new Promise((resolve) => answers.push(resolve)));
    backlog.push(due(endpoint, 1));
    const drained = drain(1);
    await eventually(() => expect(seen.claims).toBeGreaterThan(2), 10_000);
    const before = seen.claims;
    const size = 256;
    backlog.push(...Array.from({ length: 40 * size }, () => due(endpoint, 1)));
    await eventually(() => expect(seen.putBack.length).toBeGreaterThan(3 * size), 10_000);
    expect(seen.putBack.length / size).toBeLessThan(20);
    expect(seen.claims - before).toBeLessThan(20);
    backlog.splice(0);
    for (const answer of answers) answer(delivered);
    await drained;
  });
});
