import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeRightOfWay, type RightOfWay } from '../../apps/gateway/receiver/right-of-way.ts';

let way: RightOfWay;

beforeEach(() => {
  vi.useFakeTimers();
  way = makeRightOfWay({ nowMs: () => performance.now() });
});
afterEach(() => vi.useRealTimers());

/** Notes the names of those who got the way, in their order. */
function waitersOf(...names: string[]): string[] {
  const passed: string[] = [];
  for (const name of names) void way.whenFree().then(() => passed.push(name));
  return passed;
}

describe('work that nobody waits for', () => {
  test('goes at once when no request is under way', async () => {
    const passed = waitersOf('first', 'second');
    await vi.advanceTimersByTimeAsync(0);
    expect(passed).toEqual(['first', 'second']);
  });

  test('makes way for a request, and goes on in its order a moment after it', async () => {
    const release = way.take(100);
    await vi.advanceTimersByTimeAsync(0);
    // Somebody who goes ahead out of patience may do so once; the next one waits for the request.
    const passed = waitersOf('patient', 'first', 'second');
    await vi.advanceTimersByTimeAsync(50);
    expect(passed).toEqual(['patient']);
    release();
    await vi.advanceTimersByTimeAsync(4);
    expect(passed).toEqual(['patient']);
    await vi.advanceTimersByTimeAsync(2);
    expect(passed).toEqual(['patient', 'first', 'second']);
  });

  test('does not go between requests that follow each other closely', async () => {
    const passed = waitersOf('patient', 'other');
    for (let n = 0; n < 100; n += 1) {
      const release = way.take(100);
      await vi.advanceTimersByTimeAsync(2);
      release();
      await vi.advanceTimersByTimeAsync(2);
    }
    expect(passed.length).toBeLessThanOrEqual(2);
  });

  test('goes ahead now and then however busy it is', async () => {
    way.take(10_000);
    const passed = waitersOf('a', 'b', 'c');
    await vi.advanceTimersByTimeAsync(1_001);
    expect(passed).toEqual(['a', 'b', 'c']);
  });

  test('does not wait for a request that itself waits for long', async () => {
    way.take(100);
    await vi.advanceTimersByTimeAsync(110);
    const passed = waitersOf('first', 'second', 'third');
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toEqual(['first', 'second', 'third']);
  });
});
