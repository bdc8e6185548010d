import { expect, test } from 'vitest';
import { makeSharedCalls } from '../../shared/domain/shared-calls.ts';

test('who asks while a call is under way shares its answer, and who asks later calls anew', async () => {
  const calls = makeSharedCalls<number>();
  let made = 0;
  const call = (): Promise<number> => Promise.resolve((made += 1));
  const [first, second, other] = [
    calls.join('a', call),
    calls.join('a', call),
    calls.join('b', call),
  ];
  expect([first, second, other].map(({ isShared }) => isShared)).toEqual([false, true, false]);
  expect(await Promise.all([first.answer, second.answer, other.answer])).toEqual([1, 1, 2]);
  expect(await calls.join('a', call).answer).toBe(3);
});

test('a call that fails fails for all who share it, and is not kept', async () => {
  const calls = makeSharedCalls<number>();
  const fail = (): Promise<number> => Promise.reject(new Error('away'));
  const answers = [calls.join('a', fail), calls.join('a', fail)].map(({ answer }) => answer);
  expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ]);
  expect(await calls.join('a', () => Promise.resolve(1)).answer).toBe(1);
});
