import { describe, expect, test } from 'vitest';
import {
  attemptsMax,
  parseRetryAfter,
  scheduleOf,
  waitAfterFailure,
} from '../../shared/domain/retry.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const waits = (profile: Parameters<typeof scheduleOf>[0]) => scheduleOf(profile, null, 0).waitsMs;

describe('the schedule', () => {
  test('S-072 of the default is 8 attempts with waits of 1 m, 5 m, 15 m, 1 h, 4 h, 8 h and 16 h, none skipped', () => {
    const schedule = scheduleOf('standard', null, 0);
    expect(attemptsMax(schedule)).toBe(8);
    const followed = [1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
      waitAfterFailure(schedule, n, undefined, 0.5),
    );
    expect(followed).toEqual([
      minute,
      5 * minute,
      15 * minute,
      hour,
      4 * hour,
      8 * hour,
      16 * hour,
      undefined,
    ]);
  });

  test('S-073 of a conversation is 5 attempts: 30 s, 2 m, 10 m, 1 h', () => {
    expect(waits('conversation')).toEqual([30_000, 2 * minute, 10 * minute, hour]);
  });

  test('S-073 of a card view is 1 + 3 attempts: 30 s, 5 m, 30 m', () => {
    expect(waits('cardView')).toEqual([30_000, 5 * minute, 30 * minute]);
  });

  test('S-073 that grows exponentially begins at 500 ms, has 20 retries and no wait over a minute', () => {
    const exponential = waits('exponential');
    expect(exponential).toHaveLength(20);
    expect(exponential.slice(0, 8)).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000,
    ]);
    expect(Math.max(...exponential)).toBe(60_000);
  });

  test('of the extended profile is 10 attempts over more than 75 hours', () => {
    const extended = waits('extended');
    expect(extended).toHaveLength(9);
    expect(extended.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(75 * hour);
  });

  test('S-065 of the legacy mode is 2 attempts', () => {
    expect(attemptsMax(scheduleOf('legacy', null, 0))).toBe(2);
  });

  test('of one’s own is what was given', () => {
    expect(scheduleOf('custom', [5, 7], 0.2)).toEqual({ waitsMs: [5, 7], jitter: 0.2 });
  });
});

describe('a wait', () => {
  const schedule = { waitsMs: [1_000, 2 * day], jitter: 0.1 };

  test.for([
    [0, 900],
    [0.5, 1_000],
    [1, 1_100],
  ] as const)('is spread by a tenth either way: drawn %s, %s ms', ([random, wanted]) => {
    expect(waitAfterFailure(schedule, 1, undefined, random)).toBe(wanted);
  });

  test.for([
    ['is made longer by Retry-After', 1, 5_000, 5_000],
    ['is never made shorter by it', 1, 0, 1_000],
    ['is at most a day for it', 1, 10 * day, day],
    ['is at most the step where that is more than a day', 2, 10 * day, 2 * day],
  ] as const)('%s', ([, failures, retryAfterMs, wanted]) => {
    expect(waitAfterFailure({ ...schedule, jitter: 0 }, failures, retryAfterMs, 0.5)).toBe(wanted);
  });

  test('ends with the schedule, whatever Retry-After says', () => {
    expect(waitAfterFailure(schedule, 3, 1_000, 0.5)).toBeUndefined();
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-01-31T08:00:00Z');
  test.for([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['Sat, 31 Jan 2026 08:01:00 GMT', 60_000],
    ['Sat, 31 Jan 2026 07:00:00 GMT', 0],
    ['1000000000', 1_000_000_000_000],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['9'.repeat(40), undefined],
  ] as const)('%s is read as %s ms', ([header, wanted]) => {
    expect(parseRetryAfter(header, now)).toBe(wanted);
  });
});
