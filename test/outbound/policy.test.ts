import { describe, expect, test } from 'vitest';
import { placesFor, placesOf } from '../../activities/delivery/places.ts';
import { decideOpening, judgeAttempt } from '../../activities/delivery/policy.ts';
import type { AttemptEndpoint } from '../../shared/db/queries/endpoint-gates.ts';
import type { LockedDelivery } from '../../shared/db/queries/outbound-deliveries.ts';
import { parseEndpointId, parseEventId, parseOutboundDeliveryId } from '../../shared/domain/ids.ts';
import type { EgressResult, FailureClass } from '../../shared/egress/result.ts';

const uuid = '018f0000-0000-7000-8000-000000000001';
const retry = { waitsMs: [1_000, 2_000], jitter: 0 };
const context = { nowMs: 0, random: 0.5 };

const answered = (status: number, headers: Record<string, string> = {}): EgressResult => ({
  kind: 'answered',
  status,
  headers,
  body: Buffer.alloc(0),
  isBodyCut: false,
  durationMs: 1,
});
const failed = (failure: FailureClass): EgressResult => ({
  kind: 'failed',
  class: failure,
  message: failure,
  detail: failure,
  durationMs: 1,
});

const delivery: LockedDelivery = {
  id: parseOutboundDeliveryId(uuid),
  endpointId: parseEndpointId(uuid),
  eventId: parseEventId(uuid),
  eventType: 'ticket.created',
  body: '{}',
  occurredAt: new Date(0),
  status: 'pending',
  holdReason: null,
  origin: 'event',
  retry,
  attempts: 0,
  failures: 0,
  failureCode: null,
  lastError: null,
  rateSlotInMs: null,
  nextAttemptInMs: null,
  isAskedFor: false,
};
const endpoint: AttemptEndpoint = {
  status: 'active',
  url: 'https://receiver.example/',
  signatureProfile: 'standard',
  signatureHeader: null,
  timeoutMs: 15_000,
  maxInFlight: 1,
  ratePerMinute: 60,
  sealedHeaders: null,
  secrets: [],
  tokens: 60,
  idleMs: 0,
  failuresInARow: 0,
  lastDurationMs: null,
  leaseLeftMs: null,
};

describe('what an answer means', () => {
  test.for([200, 201, 202, 204, 299])('S-057 %s is a success', (status) => {
    expect(judgeAttempt(answered(status), retry, 0, context)).toEqual({ kind: 'delivered' });
  });

  test.for([199, 300, 301, 302, 307, 308, 400, 401, 404, 408, 418, 429, 500, 502, 503, 504, 599])(
    'S-057 S-074 S-083 %s is a failure that is tried again',
    (status) => {
      expect(judgeAttempt(answered(status), retry, 1, context)).toEqual({
        kind: 'retry',
        waitMs: 1_000,
      });
    },
  );

  test.for(['dns', 'connect', 'tls', 'timeout', 'reset', 'protocol', 'too_large'] as const)(
    'S-057 S-074 no answer for the reason %s is a failure that is tried again',
    (failure) => {
      expect(judgeAttempt(failed(failure), retry, 2, context)).toEqual({
        kind: 'retry',
        waitMs: 2_000,
      });
    },
  );

  test('S-074 a refused address is final at once', () => {
    expect(judgeAttempt(failed('blocked'), retry, 1, context)).toMatchObject({
      kind: 'failed',
      code: 'address_refused',
    });
  });

  test.for([
    ['410', answered(410)],
    ['webhook-delivery: disable', answered(500, { 'webhook-delivery': 'disable' })],
  ] as const)('%s is final, and means that the endpoint is gone', ([, answer]) => {
    expect(judgeAttempt(answer, retry, 1, context)).toEqual({
      kind: 'failed',
      code: 'endpoint_gone',
      isEndpointGone: true,
    });
  });

  test('webhook-delivery: abort-message is final for this delivery only', () => {
    const answer = answered(500, { 'webhook-delivery': 'abort-message' });
    expect(judgeAttempt(answer, retry, 1, context)).toEqual({
      kind: 'failed',
      code: 'delivery_refused',
      isEndpointGone: false,
    });
  });

  test('the failure after the last wait ends the delivery', () => {
    expect(judgeAttempt(answered(500), retry, 3, context)).toMatchObject({
      kind: 'failed',
      code: 'attempts_exhausted',
    });
  });

  test('Retry-After makes the wait longer', () => {
    expect(judgeAttempt(answered(429, { 'retry-after': '90' }), retry, 1, context)).toEqual({
      kind: 'retry',
      waitMs: 90_000,
    });
  });
});

describe('an opening', () => {
  const decide = (
    change: Partial<AttemptEndpoint> = {},
    changed: Partial<LockedDelivery> = {},
    lane: 'fast' | 'patient' | 'burst' = 'fast',
  ) => decideOpening({ ...delivery, ...changed }, { ...endpoint, ...change }, lane);

  test('takes a token from a bucket that has one', () => {
    expect(decide()).toEqual({ kind: 'begin', tokens: 59, isLost: false });
  });

  test('fills the bucket by the time that has passed, and not beyond its size', () => {
    expect(decide({ tokens: 0.5, idleMs: 1_500 })).toMatchObject({ tokens: 1 });
    expect(decide({ tokens: 10, idleMs: 3_600_000 })).toMatchObject({ tokens: 59 });
  });

  test('S-109 takes a later place in the rate when the bucket is empty, one behind the other', () => {
    expect(decide({ tokens: 0 })).toEqual({ kind: 'reserve_slot', waitMs: 1_000, tokens: -1 });
    expect(decide({ tokens: -1 })).toEqual({ kind: 'reserve_slot', waitMs: 2_000, tokens: -2 });
  });

  test('S-109 keeps the place it has until its time comes, and then pays no second token', () => {
    expect(decide({ tokens: -3 }, { rateSlotInMs: 400 })).toEqual({
      kind: 'wait_slot',
      waitMs: 400,
    });
    expect(decide({ tokens: -3 }, { rateSlotInMs: -1 })).toMatchObject({
      kind: 'begin',
      tokens: -3,
    });
  });

  test('S-072 tries nothing again before its time, unless somebody asks for it', () => {
    const early = { status: 'retrying', nextAttemptInMs: 59_000.2 } as const;
    expect(decide({}, early)).toEqual({ kind: 'wait_time', waitMs: 59_001 });
    expect(decide({}, { ...early, nextAttemptInMs: -1 })).toMatchObject({ kind: 'begin' });
    expect(decide({}, { ...early, isAskedFor: true })).toMatchObject({ kind: 'begin' });
    expect(decide({}, { ...early, rateSlotInMs: 400 })).toMatchObject({ kind: 'wait_slot' });
  });

  test.for([
    ['paused', 'endpoint_paused'],
    ['disabled', 'endpoint_disabled'],
  ] as const)('S-061 holds the delivery of a %s endpoint', ([status, reason]) => {
    expect(decide({ status })).toEqual({ kind: 'hold', reason });
  });

  test('holds a delivery that its owner has paused', () => {
    expect(decide({}, { holdReason: 'delivery_paused' })).toMatchObject({ kind: 'hold' });
  });

  test('goes on with a delivery that was held when its endpoint is active again', () => {
    expect(decide({}, { status: 'held', holdReason: 'endpoint_paused' })).toMatchObject({
      kind: 'begin',
    });
  });

  test('sends a test to a paused endpoint, and to no disabled one', () => {
    expect(decide({ status: 'paused' }, { origin: 'test' })).toMatchObject({ kind: 'begin' });
    expect(decide({ status: 'disabled' }, { origin: 'test' })).toMatchObject({ kind: 'hold' });
  });

  test.for([
    ['has failed', { failuresInARow: 1 }],
    ['was slow', { lastDurationMs: 2_001 }],
  ] as const)('turns an endpoint that %s away from the fast lane only', ([, change]) => {
    expect(decide(change)).toEqual({ kind: 'turn_away' });
    expect(decide(change, {}, 'patient')).toMatchObject({ kind: 'begin' });
  });

  test('takes an endpoint that fails quickly into the burst lane, and none that is slow', () => {
    expect(decide({ failuresInARow: 9 }, {}, 'burst')).toMatchObject({ kind: 'begin' });
    expect(decide({ lastDurationMs: 2_001 }, {}, 'burst')).toEqual({ kind: 'turn_away' });
  });

  test('turns nobody away who could not begin in any lane', () => {
    const change = { failuresInARow: 9 };
    expect(decide({ ...change, leaseLeftMs: 700 })).toEqual({ kind: 'wait_lease', waitMs: 700 });
    expect(decide({ ...change, tokens: 0 })).toMatchObject({ kind: 'reserve_slot' });
  });

  test('S-060 waits for the lease of an attempt that may live, and takes over when it is past', () => {
    expect(decide({ leaseLeftMs: 700.2 })).toEqual({ kind: 'wait_lease', waitMs: 701 });
    expect(decide({ leaseLeftMs: 0 })).toMatchObject({ kind: 'begin', isLost: true });
  });

  test('ends a delivery whose workers always die', () => {
    expect(decide({ leaseLeftMs: -1 }, { attempts: 21, failures: 0 })).toMatchObject({
      kind: 'fail',
      code: 'attempts_exhausted',
    });
  });
});

describe('the places of an endpoint', () => {
  const down = { failuresInARow: 3 };

  test.for([
    [0, 10, 10],
    [2, 10, 10],
    [3, 10, 2],
    [300, 100, 2],
    [300, 2, 2],
    [300, 1, 1],
  ] as const)(
    'S-059 after %s failures in a row and set to %s are %s',
    ([failures, set, places]) => {
      expect(placesOf({ failuresInARow: failures, maxInFlight: set })).toBe(places);
    },
  );

  test('S-059 are all open to what somebody asked for by hand, down or not', () => {
    const at = { ...endpoint, ...down, maxInFlight: 10 };
    expect(placesFor(delivery, at)).toBe(2);
    expect(placesFor({ ...delivery, isAskedFor: true }, at)).toBe(10);
    expect(placesFor({ ...delivery, origin: 'test' }, at)).toBe(10);
  });
});
