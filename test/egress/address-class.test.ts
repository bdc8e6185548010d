import { BlockList, isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyAddress, translatedTarget } from '../../shared/egress/address-class.ts';

/** The same walls once more, by their first and last addresses and in Node's own words. */
const refusedIpv4: readonly (readonly [first: string, last: string])[] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
];

const walls = new BlockList();
for (const [first, last] of refusedIpv4) walls.addRange(first, last, 'ipv4');
walls.addRange('::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6');
walls.addRange('2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6');
walls.addRange('2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6');
walls.addRange('2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6');
walls.addRange('3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6');
walls.addRange('4000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ipv6');

const anyIpv4 = fc.integer({ min: 0, max: 0xffff_ffff });
/** Addresses at and beside the edges of a wall, where a wrong prefix shows. */
const edgeIpv4 = fc
  .tuple(fc.constantFrom(...refusedIpv4.flat()), fc.integer({ min: -1, max: 1 }))
  .map(([address, step]) => Math.min(Math.max(toNumber(address) + step, 0), 0xffff_ffff));
const ipv4 = fc.oneof(anyIpv4, edgeIpv4).map(toText);

const knownHeads = [0, 0x64, 0x100, 0x2000, 0x2001, 0x2002, 0x2606, 0x3fff, 0x5f00, 0xfc00, 0xfe80];
const group = fc.integer({ min: 0, max: 0xffff });
const edgeGroup = fc.constantFrom(0, 1, 0x1ff, 0x200, 0xdb8, 0xfff, 0x1000, 0xff9b, 0xffff);
const ipv6 = fc
  .tuple(
    fc.oneof(group, fc.constantFrom(...knownHeads)),
    fc.oneof(group, edgeGroup),
    fc.array(fc.oneof(group, edgeGroup), { minLength: 6, maxLength: 6 }),
  )
  .map(([head, second, rest]) =>
    [head, second, ...rest].map((word) => word.toString(16)).join(':'),
  );

describe('the class of an address', () => {
  test('S-081 is that of an independent list, for any IPv4', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        expect(classifyAddress(address) === 'public').toBe(!walls.check(address, 'ipv4'));
      }),
      { numRuns: 5_000 },
    );
  });

  test('S-081 is the same for every mapped form of an IPv4', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        const words = toNumber(address).toString(16).padStart(8, '0').replace(/^.{4}/, '$&:');
        for (const form of [`::ffff:${address}`, `::FFFF:${words}`, `0:0:0:0:0:ffff:${words}`]) {
          expect(classifyAddress(form), form).toBe(classifyAddress(address));
        }
      }),
    );
  });

  test('S-081 is that of an independent list, for any IPv6', () => {
    fc.assert(
      fc.property(ipv6, (address) => {
        // Node's list takes a mapped address for its IPv4, as it must be.
        const isRefused = walls.check(address, 'ipv6');
        expect(classifyAddress(address) === 'public').toBe(!isRefused);
      }),
      { numRuns: 5_000 },
    );
  });

  test('is refused for all that is no address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(isIP(text) === 0);
        expect(classifyAddress(text)).toBe('refused');
      }),
    );
    for (const text of ['', '127.1', '8.8.8', '8.8.8.8/32', '08.8.8.8', 'fe80::1%eth0', '[::1]']) {
      expect(classifyAddress(text), text).toBe('refused');
    }
  });

  test.each(['172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.0'])(
    'S-081 %s, just outside a wall, is public',
    (address) => expect(classifyAddress(address)).toBe('public'),
  );

  test('rows 34 to 36 S-081 of a translator is its own, and tells the target where it can', () => {
    for (const address of ['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::a00:1']) {
      expect(classifyAddress(address), address).toBe('translated');
    }
    expect(translatedTarget('64:ff9b::7f00:1')).toBe('127.0.0.1');
    expect(translatedTarget('64:ff9b:1::a00:1')).toBeUndefined();
    expect(translatedTarget('8.8.8.8')).toBeUndefined();
  });
});

function toNumber(address: string): number {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join('.');
}
