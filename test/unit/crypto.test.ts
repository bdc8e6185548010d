import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseKeyRing } from '../../shared/crypto/key-ring.ts';

const context = { table: 'hook_secrets', column: 'sealed', tenantId: 't1', rowId: 'r1' };
const entry = (id: string, key = randomBytes(32)) => `${id}:${key.toString('base64')}`;

describe('a sealed secret', () => {
  test('S-013 opens in its place and nowhere else', () => {
    const ring = parseKeyRing(entry('a'));
    const box = ring.seal(context, Buffer.from('secret'));
    expect(box.includes('secret')).toBe(false);
    expect(ring.open(context, box).toString()).toBe('secret');
    for (const part of ['table', 'column', 'tenantId', 'rowId'] as const) {
      expect(() => ring.open({ ...context, [part]: 'other' }, box)).toThrow(/authenticate/);
    }
  });

  test('opens under an older key of the ring, and names the key when it is missing', () => {
    const old = entry('old');
    const box = parseKeyRing(old).seal(context, Buffer.from('secret'));
    expect(
      parseKeyRing(`${entry('new')},${old}`)
        .open(context, box)
        .toString(),
    ).toBe('secret');
    expect(() => parseKeyRing(entry('new')).open(context, box)).toThrow(/"old" is missing/);
  });

  test('does not open with any byte changed', () => {
    const ring = parseKeyRing(entry('a'));
    const box = ring.seal(context, Buffer.from('secret'));
    for (let at = 0; at < box.length; at += 1) {
      const changed = Buffer.from(box);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => ring.open(context, changed), `byte ${at}`).toThrow(
        /authenticate|unknown format|missing/,
      );
    }
  });
});

describe('a key ring', () => {
  test.for([
    '',
    'a',
    'a:',
    'a:c2hvcnQ=',
    `${entry('a')},${entry('a')}`,
    `b d:${randomBytes(32).toString('base64')}`,
  ])('refuses %j without repeating a key', (text) => {
    expect(() => parseKeyRing(text)).toThrow(/^(entry \d|two keys)/);
  });
});
