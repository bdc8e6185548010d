import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hmacSha256, ipAllowlist, pathToken } from '../../shared/presets/classic.ts';
import { presets } from '../../shared/presets/index.ts';
import type { Verifier } from '../../shared/schemas/verifier.ts';
import { explainSignature } from '../../shared/verification/explain.ts';
import type { VerifyInput } from '../../shared/verification/verify.ts';
import {
  keysFor,
  presetOf,
  sampleNowMs as nowMs,
  sampleRequest,
  signAs,
} from '../support/preset-harness.ts';
import { makeKey, makeRequest, withHeaders } from '../support/verifiable-request.ts';

const secret = 'test_secret_do_not_use';
const body = '{"id":"evt_1","type":"ticket.created"}\n';
const mac = (text: string | Buffer, key: string | Buffer = secret, algorithm = 'sha256') =>
  createHmac(algorithm, key).update(text);
const verifier = hmacSha256({ signatureHeader: 'X-Signature' });

const verifierOf = (id: string): Verifier => presetOf(id).verifier;

/** The codes of the changes under which a request would verify. */
function cures(input: Partial<VerifyInput>): string[] {
  return findings(input)
    .filter((finding) => finding.wouldVerify)
    .map(({ code }) => code);
}

const findings = (input: Partial<VerifyInput>) =>
  explainSignature({
    verifier,
    request: makeRequest({ body }),
    keys: [makeKey(secret)],
    nowMs,
    ...input,
  });

const sent = (signature: string, text: string | Buffer = body) =>
  makeRequest({
    body: text,
    headers: { 'X-Signature': signature, 'content-type': 'application/json' },
  });

describe('a request that verifies', () => {
  test('is said to', () => {
    expect(findings({ request: sent(mac(body).digest('hex')) })).toEqual([
      { code: 'verified', message: 'The check passes.', wouldVerify: true },
    ]);
  });
});

describe('the secret', () => {
  test('with a line break at the sender', () => {
    const request = sent(mac(body, `${secret}\n`).digest('hex'));
    expect(cures({ request })).toEqual(['secret_newline']);
  });

  test('entered with blanks around it', () => {
    const request = sent(mac(body).digest('hex'));
    expect(cures({ request, keys: [makeKey(` ${secret} \n`)] })).toEqual(['secret_blanks']);
  });

  test.for([
    ['base64', Buffer.from(secret).toString('base64')],
    ['hex', Buffer.from(secret).toString('hex')],
    ['whsec_ and base64', `whsec_${Buffer.from(secret.repeat(2)).toString('base64')}`],
  ] as const)('that the sender decodes from %s', ([, text]) => {
    const isStandard = text.startsWith('whsec_');
    const key = isStandard ? Buffer.from(secret.repeat(2)) : Buffer.from(secret);
    const request = sent(mac(body, key).digest('hex'));
    const found = findings({ request, keys: [makeKey(text)] });
    expect(found[0]).toMatchObject({ code: 'secret_encoding', wouldVerify: true });
    expect(found[0]?.message).toContain(isStandard ? 'without whsec_' : 'decoded as');
  });

  test('that the sender takes as text, whsec_ included', () => {
    const key = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const request = makeRequest({
      body,
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': '1700000000',
        'webhook-signature': `v1,${mac(`msg_1.1700000000.${body}`, key).digest('base64')}`,
      },
    });
    const [first] = findings({
      verifier: verifierOf('standard-webhooks'),
      request,
      keys: [makeKey(key)],
    });
    expect(first?.message).toContain('as text, all of it');
  });
});

describe('the signature', () => {
  test('in base64 instead of hex', () => {
    expect(cures({ request: sent(mac(body).digest('base64')) })).toContain('signature_encoding');
  });

  test('of another algorithm', () => {
    expect(cures({ request: sent(mac(body, secret, 'sha512').digest('hex')) })).toContain(
      'algorithm',
    );
  });

  test('behind another prefix', () => {
    expect(cures({ request: sent(`v0=${mac(body).digest('hex')}`) })).toContain('signature_prefix');
  });

  test('in another header, of another algorithm', () => {
    const other = `sha1=${mac(body, secret, 'sha1').digest('base64')}`;
    const request = makeRequest({
      body,
      headers: { 'X-Other-Signature': other, 'X-Trace': 'abc' },
    });
    const found = findings({ request });
    expect(found[0]?.code).toBe('signature_elsewhere');
    expect(found[0]?.message).toContain('x-other-signature, as HMAC-SHA1 in base64 after sha1=');
    expect(found.at(-1)).toMatchObject({ code: 'signature_missing', wouldVerify: false, at: '' });
  });

  test('of another sender', () => {
    const stripe = presetOf('stripe');
    const request = signAs(stripe, sampleRequest(stripe, body));
    const found = findings({ request, keys: [makeKey(keysFor(stripe).own.stored)] });
    expect(found.filter(({ wouldVerify }) => wouldVerify)).toMatchObject([
      { code: 'preset', presetId: 'stripe' },
    ]);
  });
});

describe('the body', () => {
  const document = { b: 'Grüße', a: { d: [1, 2], c: 'x/y' } };
  const received = JSON.stringify(document);
  test.for([
    ['without its last line break', '{"id":1}\n', '{"id":1}', 8, 'body_newline'],
    ['with a line break at its end', '{"id":1}', '{"id":1}\n', 8, 'body_newline'],
    ['with CRLF', '{\n"id":1}', '{\r\n"id":1}', 1, 'body_line_ends'],
    ['with LF', '{\r\n"id":1}', '{\n"id":1}', 1, 'body_line_ends'],
    ['compact', '{ "id": 1 }', '{"id":1}', 1, 'body_reserialized'],
    [
      'with blanks',
      received,
      '{"b": "Grüße", "a": {"d": [1, 2], "c": "x/y"}}',
      5,
      'body_reserialized',
    ],
    ['sorted', received, '{"a":{"c":"x/y","d":[1,2]},"b":"Grüße"}', 2, 'body_reserialized'],
    ['indented', received, JSON.stringify(document, null, 2), 1, 'body_reserialized'],
    [
      'in ASCII',
      received,
      '{"b":"Gr\\u00fc\\u00dfe","a":{"d":[1,2],"c":"x/y"}}',
      8,
      'body_reserialized',
    ],
    [
      'as PHP writes it',
      received,
      '{"b":"Gr\\u00fc\\u00dfe","a":{"d":[1,2],"c":"x\\/y"}}',
      8,
      'body_reserialized',
    ],
  ] as const)('that was signed %s', ([, arrived, original, differsAtByte, code]) => {
    const [first] = findings({ request: sent(mac(original).digest('hex'), arrived) });
    expect(first).toMatchObject({ code, wouldVerify: true, differsAtByte });
  });

  test('that came with a byte order mark', () => {
    const request = sent(mac('{"id":1}').digest('hex'), '\uFEFF{"id":1}');
    expect(findings({ request })[0]).toMatchObject({
      code: 'body_byte_order_mark',
      differsAtByte: 0,
    });
  });

  test('that was changed in its meaning is not explained away', () => {
    const request = sent(mac('{"id":1}').digest('hex'), '{"id":2}');
    expect(findings({ request })).toMatchObject([{ code: 'mismatch', wouldVerify: false }]);
  });
});

describe('the time', () => {
  const stripe = verifierOf('stripe');
  const at = (time: string) =>
    makeRequest({
      body,
      headers: { 'Stripe-Signature': `t=${time},v1=${mac(`${time}.${body}`).digest('hex')}` },
    });

  test('that differs from ours is told in seconds', () => {
    expect(findings({ verifier: stripe, request: at('1699990000') })[0]).toMatchObject({
      code: 'clock',
      skewSeconds: 10_000,
      wouldVerify: true,
    });
    expect(findings({ verifier: stripe, request: at('1700000400') })[0]).toMatchObject({
      code: 'clock',
      skewSeconds: -400,
    });
  });

  test('in another unit', () => {
    expect(cures({ verifier: stripe, request: at('1700000000000') })).toContain('timestamp_format');
    expect(cures({ verifier: stripe, request: at('2023-11-14T22:13:20Z') })).toContain(
      'timestamp_format',
    );
  });

  test('that is wrong besides the secret does not hide the secret', () => {
    const old = `t=1690000000,v1=${mac(`1690000000.${body}`, `${secret}\n`).digest('hex')}`;
    const request = makeRequest({ body, headers: { 'Stripe-Signature': old } });
    expect(cures({ verifier: stripe, request })).toContain('secret_newline');
  });
});

describe('the address', () => {
  const url = 'https://gw.example.test/in/acme/src?a=1';
  test.for([
    ['another scheme', 'http://gw.example.test/in/acme/src?a=1', 'url_scheme'],
    ['another host', 'https://public.example.test/in/acme/src?a=1', 'url_host'],
    ['the port written out', 'https://gw.example.test:443/in/acme/src?a=1', 'url_port'],
    ['a slash at the end', 'https://gw.example.test/in/acme/src/?a=1', 'url_slash'],
    ['no query', 'https://gw.example.test/in/acme/src', 'url_query'],
    ['several of them', 'http://public.example.test/in/acme/src?a=1', 'url_several'],
  ] as const)('with %s', ([, known, code]) => {
    const request = makeRequest({
      url,
      body,
      headers: {
        'x-square-hmacsha256-signature': mac(known + body).digest('base64'),
        'x-forwarded-host': 'public.example.test',
      },
    });
    const [first] = findings({ verifier: verifierOf('square'), request });
    expect(first).toMatchObject({ code, wouldVerify: true });
    expect(first?.message).toContain(known.split('?')[0]);
  });
});

describe('what is not told', () => {
  test('neither a key nor the signature that would be right', () => {
    const everything = presets.flatMap((preset) => {
      const { own } = keysFor(preset);
      const keys = preset.secret.slots.map(({ slot }) => makeKey(own.stored, slot));
      const request = withHeaders(sampleRequest(preset), { 'x-signature': '00'.repeat(32) });
      return explainSignature({ verifier: preset.verifier, request, keys, nowMs });
    });
    const text = JSON.stringify(everything);
    for (const preset of presets) expect(text).not.toContain(keysFor(preset).own.stored);
    expect(text).not.toMatch(/[0-9a-f]{40}/i);
    expect(everything.filter(({ wouldVerify }) => wouldVerify)).toEqual([]);
  });

  test('a token in the query of an address', () => {
    const both: Verifier = { allOf: [verifierOf('square'), pathToken()] };
    const url = 'https://gw.example.test/in/acme/src?token=test_secret_do_not_use';
    const signature = mac(url.replace('https', 'http') + body).digest('base64');
    const request = makeRequest({
      url,
      body,
      headers: { 'x-square-hmacsha256-signature': signature },
    });
    const found = findings({ verifier: both, request });
    expect(found[0]?.code).toBe('url_scheme');
    expect(JSON.stringify(found)).not.toContain(secret);
  });
});

describe('what cannot be cured', () => {
  test('is said with what to do', () => {
    expect(findings({ keys: [] })[0]).toMatchObject({
      code: 'signature_missing',
      wouldVerify: false,
    });
    const refused = findings({ verifier: ipAllowlist({ ipCidrs: ['192.0.2.1'] }) });
    expect(refused).toMatchObject([
      { code: 'address_unknown', message: expect.stringMatching(/TRUSTED_PROXIES/) },
    ]);
    const invalid = findings({ verifier: { scheme: 'magic' } as unknown as Verifier });
    expect(invalid).toMatchObject([{ code: 'verifier_invalid', wouldVerify: false }]);
  });

  test('costs bounded work, and says when not everything was tried', () => {
    const request = sent(mac('x').digest('hex'), Buffer.alloc(5_000_000, 'a'));
    const found = findings({
      request,
      keys: Array.from({ length: 8 }, (_, index) => makeKey(`${secret}${index}`)),
    });
    expect(found.map(({ code }) => code)).toEqual(['not_everything_tried', 'mismatch']);
  });
});
