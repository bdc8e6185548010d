import { describe, expect, test } from 'vitest';
import { classifyAddress } from '../../shared/egress/address-class.ts';
import { checkEndpointUrl, endpointUrlLengthMax } from '../../shared/egress/endpoint-url.ts';
import { closedPolicy, type EgressPolicy } from '../../shared/egress/policy.ts';
import { makeNames, openEgress, postTo, publicAddress } from './rig.ts';

/** http is allowed, so that it is never the scheme that refuses. */
const open: EgressPolicy = { ...closedPolicy, allowHttp: true };

/** A row of the table of addresses, by its number. */
type Row = readonly [row: number, ...urls: string[]];

/** Literal hosts that lead behind the wall. */
const refusedLiterals: readonly Row[] = [
  [1, 'http://127.0.0.1/'],
  [2, 'http://127.1/'],
  [3, 'http://127.000.000.001/'],
  [4, 'http://0177.0.0.1/'],
  [5, 'http://0x7f.0.0.1/'],
  [6, 'http://0x7f000001/'],
  [7, 'http://2130706433/'],
  [8, 'http://017700000001/'],
  [9, 'http://127.0.0.1.:80/'],
  [10, 'http://0/'],
  [11, 'http://10.0.0.1/'],
  [12, 'http://012.0.0.1/'],
  [13, 'http://172.16.0.1/', 'http://172.31.255.255/'],
  [15, 'http://192.168.1.1/'],
  [16, 'http://169.254.169.254/latest/'],
  [17, 'http://0xa9fea9fe/', 'http://2852039166/'],
  [18, 'http://169.254.170.2/'],
  [19, 'http://100.64.0.1/'],
  [20, 'http://100.100.100.200/'],
  [22, 'http://168.63.129.16/'],
  [23, 'http://192.0.0.192/'],
  [24, 'http://192.0.2.1/', 'http://198.51.100.7/', 'http://203.0.113.9/'],
  [25, 'http://198.18.0.1/'],
  [26, 'http://192.88.99.1/'],
  [27, 'http://224.0.0.1/', 'http://255.255.255.255/'],
  [28, 'http://240.0.0.1/'],
  [29, 'http://[::1]/', 'http://[::]/'],
  [30, 'http://[::ffff:127.0.0.1]/'],
  [31, 'http://[0:0:0:0:0:ffff:a9fe:a9fe]/'],
  [32, 'http://[::127.0.0.1]/'],
  [33, 'http://[::ffff:0:127.0.0.1]/'],
  [34, 'http://[64:ff9b::7f00:1]/'],
  [35, 'http://[64:ff9b::808:808]/'],
  [36, 'http://[64:ff9b:1::a00:1]/'],
  [37, 'http://[2002:7f00:1::]/', 'http://[2002:a9fe:a9fe::1]/'],
  [38, 'http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/'],
  [39, 'http://[fe80::1]/', 'http://[febf::1]/'],
  [41, 'http://[fec0::1]/'],
  [42, 'http://[fc00::1]/', 'http://[fd00:ec2::254]/'],
  [43, 'http://[ff02::1]/', 'http://[100::1]/'],
  [44, 'http://[2001:db8::1]/', 'http://[3fff::1]/', 'http://[5f00::1]/'],
  [45, 'http://[4000::1]/'],
  [49, 'http://①②⑦.⓪.⓪.①/'],
  [50, 'http://127。0。0。1/'],
];

/** Rows whose address is public. As the host of an endpoint they are refused all the same. */
const publicLiterals: readonly (readonly [row: number, url: string])[] = [
  [14, 'https://172.32.0.1/'],
  [21, 'https://100.128.0.1/'],
  [46, 'https://[2606:4700:4700::1111]/'],
  [63, 'https://8.8.8.8/hook'],
];

/** Rows that the text alone refuses. */
const refusedTexts: readonly Row[] = [
  [40, 'http://[fe80::1%25eth0]/', 'http://[fe80::1%eth0]/'],
  [47, 'http://localhost/', 'http://LOCALHOST./', 'http://foo.localhost/'],
  [48, 'http://metadata.google.internal/', 'http://metadata/', 'http://printer.local/'],
  [51, 'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/'],
  [52, 'http://user:pass@example.com/', 'http://user@example.com/'],
  [53, 'http://example.com@127.0.0.1/'],
  [54, 'http://127.0.0.1\\@example.com/', 'http://example.com\\@127.0.0.1/'],
  [55, 'http://127.0.0.1#@example.com/', 'http://example.com/#'],
  [56, 'http:127.0.0.1/', 'http:///127.0.0.1/', 'http:example.com', 'http:/example.com'],
  [
    57,
    'file:///x',
    'ftp://example.com/',
    'gopher://127.0.0.1:6379/_x',
    'data:text/plain,hi',
    'javascript:1',
    'unix:/x.sock',
  ],
  [58, 'http://example.com:22/', 'http://example.com:6379/', 'http://example.com:0/'],
  [
    59,
    'http://example.com:65536/',
    'http://256.1.1.1/',
    'http://1.2.3.4.5/',
    'http://foo.0x4/',
    'http://[::1',
  ],
  [60, 'http://exa\tmple.com/', 'http://example.com/\n', ' http://example.com/', 'http://a.com\0/'],
];

describe('the host of an endpoint', () => {
  test.each(refusedLiterals.map(asCase))(
    'row %i S-080 S-081 is refused as an address, and is not public',
    (_row, urls) => {
      for (const url of urls) {
        expect(checkEndpointUrl(url, open), url).toMatchObject({ ok: false });
        expect(classifyAddress(hostOf(url)), url).not.toBe('public');
      }
    },
  );

  test.each(publicLiterals)(
    'row %i S-080 S-081 is public as an address, and refused for being one',
    (_row, url) => {
      expect(classifyAddress(hostOf(url))).toBe('public');
      expect(checkEndpointUrl(url, open)).toEqual({
        ok: false,
        reason: 'names an address instead of a host',
      });
    },
  );

  test.each(refusedTexts.map(asCase))('row %i S-080 is refused', (_row, urls) => {
    for (const url of urls) expect(checkEndpointUrl(url, open), url).toMatchObject({ ok: false });
  });

  test('rows 1 to 60 S-080 S-082 are refused when a request is sent too, without a look-up', async () => {
    const { resolve, asked } = makeNames({});
    const egress = openEgress({ policy: open, resolve });
    for (const [, ...urls] of [...refusedLiterals, ...publicLiterals, ...refusedTexts]) {
      for (const url of urls) {
        expect(await postTo(egress, url), url).toMatchObject({ kind: 'failed', class: 'blocked' });
      }
    }
    expect(asked).toEqual([]);
  });

  test.each([
    [60, 'https://ex%61mple.com/', 'https://example.com/'],
    [61, 'https://example.com./hook', 'https://example.com/hook'],
    [62, 'https://xn--bcher-kva.example/', 'https://xn--bcher-kva.example/'],
    [62, 'https://bücher.example/', 'https://xn--bcher-kva.example/'],
    [61, 'HTTPS://Hooks.Example.com:443/a/../B?c=d', 'https://hooks.example.com/B?c=d'],
  ])('row %i S-080 is allowed and kept as it was read: %s', (_row, url, kept) => {
    const verdict = checkEndpointUrl(url, closedPolicy);
    expect(verdict).toEqual({ ok: true, url: kept, isLoopback: false, isExempt: false });
  });

  test('S-080 over http is refused unless the operator allows it', () => {
    const url = 'http://hooks.example.com/';
    expect(checkEndpointUrl(url, closedPolicy)).toMatchObject({ ok: false });
    expect(checkEndpointUrl(url, open)).toMatchObject({ ok: true });
  });

  test.each([
    ['home.arpa', 'nas.home.arpa'],
    ['onion', 'abc.onion'],
    ['test', 'hooks.test'],
    ['invalid', 'a.invalid'],
    ['a single label', 'intranet'],
    ['an empty label', 'a..example.com'],
    ['two dots at the end', 'example.com..'],
    ['a label over 63 characters', `${'a'.repeat(64)}.example.com`],
    ['a hyphen at the edge', '-a.example.com'],
  ])('S-080 is refused for %s', (_case, host) => {
    expect(checkEndpointUrl(`https://${host}/`, closedPolicy)).toMatchObject({ ok: false });
  });

  test('is bounded in length, as given and as kept', () => {
    const fitting = `https://example.com/${'a'.repeat(endpointUrlLengthMax - 20)}`;
    expect(checkEndpointUrl(fitting, closedPolicy)).toMatchObject({ ok: true });
    expect(checkEndpointUrl(`${fitting}a`, closedPolicy)).toMatchObject({ ok: false });
    const growing = `https://example.com/${'ü'.repeat(1_000)}`;
    expect(checkEndpointUrl(growing, closedPolicy)).toMatchObject({ ok: false });
  });
});

describe('what a name resolves to when an endpoint is saved', () => {
  const { resolve } = makeNames({
    'good.example.com': [publicAddress, '2606:4700:4700::1111'],
    'mixed.example.com': [publicAddress, '10.0.0.5'],
    'inside.example.com': ['169.254.169.254'],
    'mapped.example.com': ['::ffff:10.0.0.5'],
    'dns64.example.com': [publicAddress, '64:ff9b::5db8:d822'],
    'only64.example.com': ['64:ff9b::5db8:d822'],
    'gone.example.com': [],
  });
  const check = (url: string) => openEgress({ policy: closedPolicy, resolve }).checkUrl(url);

  test.each(['good', 'dns64'])('S-080 %s.example.com is allowed', async (name) => {
    expect(await check(`https://${name}.example.com/`)).toMatchObject({ ok: true });
  });

  test.each([
    ['row 65', 'mixed'],
    ['metadata', 'inside'],
    ['a mapped address', 'mapped'],
    ['translated addresses only', 'only64'],
    ['no address', 'gone'],
    ['an unknown name', 'unknown'],
  ])('S-080 %s: %s.example.com is refused, and the tenant cannot tell why', async (_case, name) => {
    expect(await check(`https://${name}.example.com/`)).toEqual({
      ok: false,
      reason: 'names a host that does not resolve to public addresses',
    });
  });
});

function asCase([row, ...urls]: Row): [number, string[]] {
  return [row, urls];
}

function hostOf(url: string): string {
  return (URL.parse(url)?.hostname ?? '').replace(/^\[|\]$/g, '');
}
