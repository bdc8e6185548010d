import { beforeEach, describe, expect, test } from 'vitest';
import { makeBurst, type Burst } from '../../apps/worker/outbound/burst.ts';

let nowMs: number;
let burst: Burst;

beforeEach(() => {
  nowMs = 1_000;
  burst = makeBurst(() => nowMs);
});

test('without a burst nothing is left to the lane', () => {
  expect(burst.isOn()).toBe(false);
  expect(burst.goesOn()).toBe(false);
});

test('a burst lasts for five seconds', () => {
  burst.begin(0);
  nowMs += 4_999;
  expect(burst.isOn()).toBe(true);
  nowMs += 1;
  expect(burst.isOn()).toBe(false);
});

describe('a burst goes on', () => {
  test.for([
    ['when a hundred were left to the lane and the next follows at once', 100, 5_000, true],
    ['until a quarter of a second after it', 100, 5_249, true],
    ['not for fewer', 99, 5_000, false],
    ['not for a delivery that comes later', 10_000, 5_250, false],
    ['not before it has run out', 10_000, 4_999, false],
  ] as const)('%s', ([, left, afterMs, expected]) => {
    burst.begin(20);
    burst.leave(left - 20);
    nowMs += afterMs;
    expect(burst.goesOn()).toBe(expected);
  });

  test('by what came since, not by what came before', () => {
    burst.begin(20);
    burst.leave(500);
    nowMs += 5_000;
    burst.begin(0);
    nowMs += 5_000;
    expect(burst.goesOn()).toBe(false);
  });
});
