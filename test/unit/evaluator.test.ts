import { describe, expect, test } from 'vitest';
import { judgeSpent, patienceMs } from '../../shared/evaluator/budget.ts';
import { makeFairQueue } from '../../shared/evaluator/fair-queue.ts';
import { wallLimitMs } from '../../shared/evaluator/limits.ts';
import { makeQuarantine } from '../../shared/evaluator/quarantine.ts';
import { judgeExit } from '../../shared/evaluator/verdict.ts';

const allowance = { cpuMs: 25, wallMs: 250 };

describe('the budget of an expression', () => {
  test.for([
    ['not yet used up is looked at again when it can be', { wallMs: 35, cpuMs: 5 }, 30],
    ['within the lag of the clock is not used up', { wallMs: 40, cpuMs: 34 }, 1],
    ['used up ends it', { wallMs: 40, cpuMs: 35 }, 'cpu'],
    ['not given by the machine does not end it', { wallMs: 9_999, cpuMs: 2 }, 33],
    ['never given by the machine ends the wait', { wallMs: patienceMs, cpuMs: 2 }, 'starved'],
    ['used up late ends it as used up', { wallMs: patienceMs, cpuMs: 90 }, 'cpu'],
    ['that cannot be read runs by the wall', { wallMs: 249, cpuMs: undefined }, 1],
    ['that cannot be read ends at the wall', { wallMs: 250, cpuMs: undefined }, 'wall'],
  ] as const)('S-040 %s', ([, spent, decided]) => {
    expect(judgeSpent(spent, allowance)).toBe(decided);
  });

  test('S-040 has a wall of ten times as much, at most a second, never less than itself', () => {
    expect([5, 25, 100, 500, 1_000].map(wallLimitMs)).toEqual([50, 250, 1_000, 1_000, 1_000]);
  });
});

describe('a process that ended while it evaluated', () => {
  test.for([
    [{ code: null, signal: 'SIGKILL' }, 'cpu', 'stopped', 'more than 25 ms of processor time'],
    [{ code: null, signal: 'SIGKILL' }, 'wall', 'stopped', 'longer than 250 ms'],
    [{ code: null, signal: 'SIGKILL' }, 'starved', 'lost', 'no processor time'],
    [{ code: null, signal: 'SIGABRT' }, undefined, 'stopped', 'more memory'],
    [{ code: null, signal: 'SIGTRAP' }, undefined, 'stopped', 'more memory'],
    [{ code: 134, signal: null }, undefined, 'stopped', 'more memory'],
    [{ code: null, signal: 'SIGSEGV' }, undefined, 'stopped', 'broke the process'],
    [{ code: 1, signal: null }, undefined, 'stopped', 'broke the process'],
    [{ code: null, signal: 'SIGKILL' }, undefined, 'lost', 'SIGKILL'],
    [{ code: null, signal: 'SIGTERM' }, undefined, 'lost', 'SIGTERM'],
    [{ code: 0, signal: null }, undefined, 'lost', 'code 0'],
  ] as const)('S-040 %j after the verdict %s is %s', ([exit, verdict, kind, reason]) => {
    const end = judgeExit(exit, verdict, 'evaluating', allowance);
    expect(end).toMatchObject({ kind, reason: expect.stringContaining(reason) });
  });

  test('S-040 before anything was evaluated has its body to blame, or has not begun', () => {
    const abort = { code: null, signal: 'SIGABRT' };
    expect(judgeExit(abort, undefined, 'loading', allowance)).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(/^the body used more memory/),
    });
    const killed = { code: null, signal: 'SIGKILL' };
    expect(judgeExit(killed, undefined, 'loading', allowance)).toMatchObject({ hasBegun: false });
    expect(judgeExit(killed, undefined, 'evaluating', allowance)).toMatchObject({ hasBegun: true });
  });
});

describe('a fair queue', () => {
  const limits = { waitingMax: 6, waitingPerTenantMax: 4, runningPerTenantMax: 2 };
  const anyone = (): boolean => true;

  test('S-040 serves tenants in turn, and each in the order it came', () => {
    const queue = makeFairQueue<string>(limits);
    for (const entry of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) queue.add(entry[0] ?? '', entry);
    const served = Array.from({ length: 6 }, () => queue.take(anyone));
    expect(served).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', undefined]);
    expect(queue.hasNext()).toBe(false);
    queue.done('a');
    expect(queue.hasNext()).toBe(true);
    expect(queue.take(anyone)).toBe('a3');
  });

  test('S-040 is bounded for a tenant and for all', () => {
    const queue = makeFairQueue<number>(limits);
    expect([1, 2, 3, 4, 5].map((n) => queue.add('a', n))).toEqual([true, true, true, true, false]);
    expect([1, 2, 3].map((n) => queue.add('b', n))).toEqual([true, true, false]);
    queue.remove('a', 4);
    queue.remove('a', 4);
    expect([queue.add('b', 3), queue.add('b', 4)]).toEqual([true, false]);
    expect(queue.drain()).toHaveLength(6);
    expect(queue.add('a', 1)).toBe(true);
  });

  test('S-040 passes over a tenant that is not accepted, and keeps its turn', () => {
    const queue = makeFairQueue<string>(limits);
    for (const entry of ['a1', 'b1']) queue.add(entry[0] ?? '', entry);
    expect(queue.take((tenant) => tenant === 'b')).toBe('b1');
    expect(queue.take(anyone)).toBe('a1');
  });
});

describe('the quarantine', () => {
  const minute = 60_000;

  test('S-040 refuses from the second stop within ten minutes, for ten minutes', () => {
    let now = 0;
    const quarantine = makeQuarantine(() => now);
    expect(quarantine.note('t', 'x', 'too slow')).toBe(false);
    expect(quarantine.find('t', 'x')).toBeUndefined();
    now = 9 * minute;
    expect(quarantine.note('t', 'x', 'too slow')).toBe(true);
    expect(quarantine.find('t', 'x')).toContain('too slow twice; it is tried again in 10 min');
    expect(quarantine.find('t', 'y')).toBeUndefined();
    expect(quarantine.find('u', 'x')).toBeUndefined();
    now = 19 * minute - 1;
    expect(quarantine.find('t', 'x')).toContain('in 1 min');
    now = 19 * minute;
    expect(quarantine.find('t', 'x')).toBeUndefined();
  });

  test('S-040 forgets a stop after ten minutes, and the oldest of a thousand', () => {
    let now = 0;
    const quarantine = makeQuarantine(() => now);
    quarantine.note('t', 'x', 'too slow');
    now = 10 * minute;
    expect(quarantine.note('t', 'x', 'too slow')).toBe(false);
    for (let n = 0; n < 1_000; n += 1) quarantine.note('t', `other ${n}`, 'too slow');
    expect(quarantine.note('t', 'x', 'too slow')).toBe(false);
  });
});
