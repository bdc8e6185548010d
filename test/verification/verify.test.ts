import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bearer, hmacSha256, ipAllowlist } from '../../shared/presets/classic.ts';
import type { HmacCheck } from '../../shared/schemas/verifier-check.ts';
import { verifierFaults, verifierSchema, type Verifier } from '../../shared/schemas/verifier.ts';
import type { VerifiableRequest } from '../../shared/verification/types.ts';
import { decoyVerify, verifyRequest } from '../../shared/verification/verify.ts';
import { makeKey, makeRequest, withHeaders } from '../support/verifiable-request.ts';

const secret = 'test_secret_do_not_use';
const body = '{"id":"evt_1","n":1}';
const nowMs = 1_700_000_000_000;
const hex = (text: string, key = secret) => createHmac('sha256', key).update(text).digest('hex');

const timed: HmacCheck = {
  scheme: 'hmac',
  algorithm: 'sha256',
  signature: {
    from: 'header',
    names: ['X-Sig'],
    itemSep: ',',
    kvSep: '=',
    fields: ['v1'],
    encoding: 'hex',
  },
  timestamp: {
    from: 'signature',
    name: 't',
    format: 'unix_s',
    maxAgeSeconds: 300,
    maxFutureSeconds: 60,
  },
  signed: ['timestamp', { literal: '.' }, 'body'],
};

const sent = (header: string) => makeRequest({ body, headers: { 'x-sig': header } });
const reasonOf = (verifier: Verifier, request: VerifiableRequest, keys = [makeKey(secret)]) =>
  verifyRequest({ verifier, request, keys, nowMs }).transcript.at(-1)?.reason;

describe('a timestamp', () => {
  const at = (timestamp: string) => sent(`t=${timestamp},v1=${hex(`${timestamp}.${body}`)}`);

  test.for([
    ['1700000000', 'verified'],
    ['1699999700', 'verified'],
    ['1699999699', 'too_old'],
    ['1700000060', 'verified'],
    ['1700000061', 'too_new'],
    ['', 'timestamp_malformed'],
    ['+1700000000', 'timestamp_malformed'],
    ['1700000000.0', 'timestamp_malformed'],
    ['1.7e9', 'timestamp_malformed'],
    ['0x6553f100', 'timestamp_malformed'],
    ['17000000000000', 'timestamp_malformed'],
    ['2023-11-14T22:13:20Z', 'timestamp_malformed'],
  ] as const)('S-011 of %s is %s', ([timestamp, reason]) => {
    expect(reasonOf(timed, at(timestamp))).toBe(reason);
  });

  test('S-011 counts only when it is there once', () => {
    const signature = hex(`1700000000.${body}`);
    expect(reasonOf(timed, sent(`v1=${signature}`))).toBe('timestamp_missing');
    expect(reasonOf(timed, sent(`t=1700000000,t=1700000000,v1=${signature}`))).toBe(
      'timestamp_doubled',
    );
  });

  test('outside the window is told only to who holds the key', () => {
    expect(reasonOf(timed, sent(`t=1,v1=${'0'.repeat(64)}`))).toBe('mismatch');
  });

  test.for([
    ['2023-11-14T22:13:20Z', 'verified'],
    ['2023-11-14T22:13:20.634234626Z', 'verified'],
    ['2023-11-14T14:13:20-08:00', 'verified'],
    ['2023-11-14T22:13:20', 'timestamp_malformed'],
    ['2023-02-30T22:13:20Z', 'timestamp_malformed'],
    ['2023-11-14T22:13:20+24:00', 'timestamp_malformed'],
    ['2023-11-14 22:13:20Z', 'timestamp_malformed'],
    ['Tue, 14 Nov 2023 22:13:20 GMT', 'timestamp_malformed'],
    ['1700000000', 'timestamp_malformed'],
    ['2023-11-14T22:08:19Z', 'too_old'],
  ] as const)('S-011 in ISO 8601 of %s is %s', ([timestamp, reason]) => {
    const verifier: Verifier = {
      ...timed,
      timestamp: { from: 'header', name: 'X-Time', format: 'iso8601' },
    };
    const request = withHeaders(sent(`v1=${hex(`${timestamp}.${body}`)}`), { 'x-time': timestamp });
    expect(reasonOf(verifier, request)).toBe(reason);
  });
});

describe('a transcript', () => {
  test('says what was checked and hashed, and holds neither the secret nor the expected signature', () => {
    const header = `t=1699999990,v1=${hex(`1699999990.${body}`)}`;
    const wrong = verifyRequest({
      verifier: timed,
      request: sent(header),
      keys: [makeKey('another secret of length')],
      nowMs,
    });
    expect(wrong.transcript).toStrictEqual([
      {
        at: '',
        scheme: 'hmac',
        ok: false,
        reason: 'mismatch',
        slot: 'default',
        skewSeconds: 10,
        signedParts: ['timestamp', '"."', 'body'],
      },
    ]);
    const right = verifyRequest({
      verifier: timed,
      request: sent(header),
      keys: [makeKey(secret)],
      nowMs,
    });
    expect(right).toMatchObject({
      ok: true,
      keyIds: ['key-default'],
      transcript: [{ keyId: 'key-default' }],
    });
  });
});

describe('a tree of checks', () => {
  const hmac = hmacSha256({ signatureHeader: 'X-Hub' });
  const list = ipAllowlist({ ipCidrs: ['192.0.2.0/24'] });
  const good = makeRequest({ body, headers: { 'x-hub': hex(body) }, clientIp: '192.0.2.7' });
  const judge = (verifier: Verifier, request: VerifiableRequest, keys = [makeKey(secret)]) => {
    const verification = verifyRequest({ verifier, request, keys, nowMs });
    return verification.ok ? 'ok' : verification.refusal;
  };

  test('S-008 S-010 allOf joins a signature and an address list', () => {
    const both: Verifier = { allOf: [hmac, list] };
    expect(judge(both, good)).toBe('ok');
    expect(judge(both, { ...good, clientIp: '198.51.100.1' })).toBe('rejected_ip');
    expect(judge(both, withHeaders(good, { 'x-hub': hex(body, 'x') }))).toBe('rejected_signature');
    expect(judge(both, good, [])).toBe('rejected_signature');
  });

  test('anyOf takes the first proof that holds, and otherwise names the first refusal', () => {
    const either: Verifier = { anyOf: [hmac, bearer()] };
    const withToken = makeRequest({ headers: { authorization: `Bearer ${secret}` } });
    expect(judge(either, good)).toBe('ok');
    expect(judge(either, withToken)).toBe('ok');
    expect(judge(either, makeRequest())).toBe('rejected_signature');
  });

  test('a check takes keys of its own slot only', () => {
    const slotted: Verifier = {
      allOf: [
        { ...(hmac as HmacCheck), key: { slot: 'signing' } },
        {
          scheme: 'static',
          key: { slot: 'token' },
          credential: { from: 'header', name: 'X-Token' },
        },
      ],
    };
    const request = withHeaders(good, { 'x-token': 'the token of the hook' });
    const keys = [makeKey(secret, 'signing'), makeKey('the token of the hook', 'token')];
    const verification = verifyRequest({ verifier: slotted, request, keys, nowMs });
    expect(verification).toMatchObject({ ok: true, keyIds: ['key-signing', 'key-token'] });
    const swapped = [makeKey(secret, 'token'), makeKey('the token of the hook', 'signing')];
    expect(judge(slotted, request, swapped)).toBe('rejected_signature');
  });

  test('every check is run and told, also after one has decided', () => {
    const { transcript } = verifyRequest({
      verifier: { allOf: [hmac, { anyOf: [list, bearer()] }] },
      request: makeRequest(),
      keys: [],
      nowMs,
    });
    expect(transcript.map((step) => step.at)).toEqual([
      '/allOf/0',
      '/allOf/1/anyOf/0',
      '/allOf/1/anyOf/1',
    ]);
  });
});

describe('bounds', () => {
  const good = hex(`1700000000.${body}`);
  const bad = '0'.repeat(64);
  const many = (count: number) => `t=1700000000,${`v1=${bad},`.repeat(count)}v1=${good}`;

  test('eight signatures are tried with eight keys, and no more', () => {
    const others = Array.from({ length: 8 }, (_, index) =>
      makeKey(`another key of length ${index}`),
    );
    expect(reasonOf(timed, sent(many(7)))).toBe('verified');
    expect(reasonOf(timed, sent(many(8)))).toBe('signature_surplus');
    expect(reasonOf(timed, sent(many(0)), [...others.slice(1), makeKey(secret)])).toBe('verified');
    expect(reasonOf(timed, sent(many(0)), [...others, makeKey(secret)])).toBe('mismatch');
  });

  test('items of other names are left alone, and do not count as signatures', () => {
    expect(reasonOf(timed, sent(`t=1700000000,v0=${good}`))).toBe('signature_missing');
    expect(reasonOf(timed, sent(`t=1700000000,v0=${bad},v1=${good},foo`))).toBe('verified');
  });
});

describe('a hostile configuration', () => {
  const hmac = { ...timed };
  test.for([
    ['an unknown scheme', { scheme: 'magic' }, ['scheme']],
    [
      'an unknown scheme in a group',
      { anyOf: [{ scheme: 'magic' }, hmac] },
      ['anyOf', 0, 'scheme'],
    ],
    ['an unknown algorithm', { ...hmac, algorithm: 'md5' }, ['algorithm']],
    ['an unknown field', { ...hmac, skip: true }, []],
    ['none within a group', { anyOf: [hmac, { scheme: 'none' }] }, ['anyOf', 1, 'scheme']],
    ['a group of nothing', { allOf: [] }, ['allOf']],
    [
      'a body digest alone',
      {
        scheme: 'body_digest',
        algorithm: 'sha256',
        digest: { from: 'query', name: 'b', encoding: 'hex' },
      },
      [],
    ],
    ['a timestamp that is not signed', { ...hmac, signed: ['body'] }, ['timestamp']],
    ['a timestamp that is not found', { ...hmac, timestamp: undefined }, ['signed']],
    [
      'an unsigned message id',
      { ...hmac, messageId: { from: 'header', name: 'x-id' } },
      ['messageId'],
    ],
    [
      'nothing of the request signed',
      { ...hmac, timestamp: undefined, signed: [{ literal: 'v0' }] },
      ['signed'],
    ],
    ['the key in an HMAC text', { ...hmac, signed: ['key', 'timestamp', 'body'] }, ['signed']],
    [
      'an endless tolerance',
      { ...hmac, timestamp: { ...hmac.timestamp, maxAgeSeconds: 1e12 } },
      ['timestamp', 'maxAgeSeconds'],
    ],
    [
      'a tolerance that is no number',
      { ...hmac, timestamp: { ...hmac.timestamp, maxAgeSeconds: 'x' } },
      ['timestamp', 'maxAgeSeconds'],
    ],
    [
      'too deep a tree',
      { allOf: [{ anyOf: [{ allOf: [{ anyOf: [hmac] }] }] }] },
      ['allOf', 0, 'anyOf', 0, 'allOf', 0, 'anyOf'],
    ],
    [
      'too many checks',
      { allOf: [{ anyOf: [hmac, hmac, hmac, hmac] }, { anyOf: [hmac, hmac, hmac, hmac, hmac] }] },
      [],
    ],
    ['no object', null, []],
    ['a list', [hmac], []],
  ] as const)(
    'S-008 with %s is refused when it is saved and lets nothing in',
    ([, config, path]) => {
      expect(verifierSchema.safeParse(config).success).toBe(false);
      expect(verifierFaults(config)[0]?.path).toEqual(path);
      const verification = verifyRequest({
        verifier: config as unknown as Verifier,
        request: sent(`t=1700000000,v1=${hex(`1700000000.${body}`)}`),
        keys: [makeKey(secret)],
        nowMs,
      });
      expect(verification).toMatchObject({ ok: false, refusal: 'rejected_no_auth' });
    },
  );

  test('without authentication has to say so', () => {
    const open: Verifier = { scheme: 'none' };
    expect(verifierFaults(open)).toEqual([]);
    expect(
      verifyRequest({ verifier: open, request: makeRequest(), keys: [], nowMs }),
    ).toStrictEqual({
      ok: true,
      keyIds: [],
      transcript: [{ at: '', scheme: 'none', ok: true, reason: 'not_checked' }],
    });
  });
});

test('S-011 the decoy for hooks that do not exist takes any request', () => {
  expect(() => decoyVerify(makeRequest({ body: Buffer.alloc(100_000) }))).not.toThrow();
});
