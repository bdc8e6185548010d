import { describe, expect, test } from 'vitest';
import { makeSlots } from '../../shared/domain/slots.ts';

const longMs = 600_000;

describe('a bounded number of slots', () => {
  test('is given out up to the bound, and who waits too long gets none', async () => {
    const slots = makeSlots(2);
    expect(await slots.take(longMs)).toBeTypeOf('function');
    expect(await slots.take(longMs)).toBeTypeOf('function');
    expect(await slots.take(1)).toBeUndefined();
  });

  test('is handed on in the order of asking', async () => {
    const slots = makeSlots(1);
    const first = await slots.take(longMs);
    const order: string[] = [];
    const waiters = ['second', 'third'].map(async (name) => {
      const release = await slots.take(longMs);
      order.push(name);
      release?.();
    });
    first?.();
    await Promise.all(waiters);
    expect(order).toEqual(['second', 'third']);
  });

  test('that somebody stopped waiting for goes to the next one, and none is lost', async () => {
    const slots = makeSlots(1);
    const held = await slots.take(longMs);
    const gone = slots.take(1);
    const patient = slots.take(longMs);
    expect(await gone).toBeUndefined();
    held?.();
    const release = await patient;
    expect(release).toBeTypeOf('function');
    release?.();
    expect(await slots.take(longMs)).toBeTypeOf('function');
  });

  test('says how many wait', async () => {
    const slots = makeSlots(1);
    const release = await slots.take(longMs);
    expect(slots.waiting()).toBe(0);
    const [other, third] = [slots.take(longMs), slots.use(() => Promise.resolve())];
    expect(slots.waiting()).toBe(2);
    release?.();
    (await other)?.();
    await third;
    expect(slots.waiting()).toBe(0);
  });
});
