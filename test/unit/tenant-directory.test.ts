import { describe, expect, test } from 'vitest';
import { makeTenantDirectory } from '../../apps/gateway/receiver/tenant-directory.ts';
import { parseTenantId } from '../../shared/domain/ids.ts';

const tenant = {
  id: parseTenantId('3f2a1b4c-0d5e-4f60-8a7b-9c0d1e2f3a4b'),
  isInboundEnabled: true,
};
const slugOf = (n: number): string => n.toString(16).padStart(12, '0');

function setUp(known: ReadonlySet<string> = new Set([slugOf(1)])) {
  const clock = { nowMs: 0 };
  const lookedUp: string[] = [];
  const directory = makeTenantDirectory({
    nowMs: () => clock.nowMs,
    lookUp: (slug) => {
      lookedUp.push(slug);
      return Promise.resolve(known.has(slug) ? tenant : undefined);
    },
  });
  return { clock, lookedUp, directory };
}

describe('the tenant directory', () => {
  test('S-003 remembers hits and misses for 60 s', async () => {
    const { clock, lookedUp, directory } = setUp();
    for (const slug of [slugOf(1), slugOf(2), slugOf(1), slugOf(2)]) await directory.resolve(slug);
    expect(lookedUp).toEqual([slugOf(1), slugOf(2)]);
    clock.nowMs = 59_999;
    expect(await directory.resolve(slugOf(1))).toBe(tenant);
    expect(lookedUp).toHaveLength(2);
    clock.nowMs = 60_000;
    await directory.resolve(slugOf(1));
    expect(lookedUp).toHaveLength(3);
  });

  test('S-003 asks once for those that ask at the same time', async () => {
    const { lookedUp, directory } = setUp();
    const asked = Array.from({ length: 200 }, () => directory.resolve(slugOf(1)));
    expect(new Set(await Promise.all(asked))).toEqual(new Set([tenant]));
    expect(lookedUp).toEqual([slugOf(1)]);
  });

  test('S-003 keeps 1,000 entries and evicts the oldest first', async () => {
    const { lookedUp, directory } = setUp();
    for (let n = 1; n <= 1_001; n += 1) await directory.resolve(slugOf(n));
    await directory.resolve(slugOf(2));
    expect(lookedUp).toHaveLength(1_001);
    await directory.resolve(slugOf(1));
    expect(lookedUp).toHaveLength(1_002);
  });

  test('S-002 takes a text that cannot be a slug for unknown without a look-up', async () => {
    const { lookedUp, directory } = setUp();
    for (const text of ['', 'ABCDEF012345', '3f2a1b2f3a4', '3f2a1b2f3a4bc', '../../etc']) {
      expect(await directory.resolve(text)).toBeUndefined();
    }
    expect(lookedUp).toEqual([]);
  });
});
