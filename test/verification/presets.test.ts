/**
 * Every preset, positive and negative: what its sender sends is let in, and whatever a proxy, a
 * library or an attacker changes about it is not. Signing and verifying share code here; that the
 * formats are those of the senders is shown by senders.test.ts, on fixed values.
 */
import jsonata from 'jsonata';
import { describe, expect, test } from 'vitest';
import type { Preset } from '../../shared/presets/preset.ts';
import { ipAllowlist } from '../../shared/presets/classic.ts';
import { findPreset, presets } from '../../shared/presets/index.ts';
import { handshakeSchema } from '../../shared/schemas/handshake.ts';
import { idempotencySourceSchema } from '../../shared/schemas/hook.ts';
import {
  slotOf,
  toleranceSecondsDefault,
  type Check,
  type MessageCheck,
} from '../../shared/schemas/verifier-check.ts';
import { checksOf, verifierFaults } from '../../shared/schemas/verifier.ts';
import { checkKeyMaterial } from '../../shared/verification/key-material.ts';
import type { VerifiableRequest } from '../../shared/verification/types.ts';
import {
  keysFor,
  presetOf,
  receive,
  sampleJson,
  sampleNowMs,
  sampleRequest,
  signAs,
  takesForm,
} from '../support/preset-harness.ts';
import { withHeaders } from '../support/verifiable-request.ts';

const messageCheckOf = (preset: Preset): MessageCheck | undefined =>
  checksOf(preset.verifier).find((check) => 'signed' in check);

/** Presets under which a change of the body must be noticed. */
const coversBody = (check: Check): boolean =>
  check.scheme === 'jwt_body_hash' ||
  check.scheme === 'body_digest' ||
  ('signed' in check && check.signed.some((part) => part === 'body' || part === 'form_sorted'));
const bodySigned = presets.filter((preset) => checksOf(preset.verifier).some(coversBody));
const timed = presets.filter((preset) => messageCheckOf(preset)?.timestamp !== undefined);
const withHeaderSignature = presets.filter(
  (preset) => messageCheckOf(preset)?.signature.from === 'header',
);
const urlSigned = presets.filter((preset) =>
  messageCheckOf(preset)?.signed.some((part) => part === 'url' || part === 'url_decoded'),
);
const cases = (some: readonly Preset[]) => some.map((preset) => [preset.id, preset] as const);

/** The header a sample carries its signature in, and its value. */
function signatureHeader(preset: Preset, request: VerifiableRequest): [string, string] {
  const names = messageCheckOf(preset)?.signature.names ?? [];
  const name = names.find((it) => request.headers.has(it.toLowerCase())) ?? '';
  return [name, request.headers.get(name.toLowerCase())?.[0] ?? ''];
}

const sampleOf = (preset: Preset) => signAs(preset, sampleRequest(preset));

describe('the data of a preset', () => {
  test('ids are unique and findable', () => {
    expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length);
    expect(findPreset('github')?.name).toBe('GitHub');
    expect(findPreset('nobody')).toBeUndefined();
  });

  test.for(cases(presets))('%s is valid and says what is needed to use it', ([, preset]) => {
    expect(verifierFaults(preset.verifier)).toEqual([]);
    expect(preset.verifier).not.toHaveProperty('scheme', 'none');
    if (preset.handshake !== null) handshakeSchema.parse(preset.handshake);
    expect(preset.setup.length).toBeGreaterThan(0);
    expect(preset.retryNote).not.toBe('');
    expect(preset.id).toMatch(/^[a-z0-9-]{1,32}$/);
  });

  test.for(cases(presets))('%s asks for the keys its checks and handshake use', ([, preset]) => {
    const used = new Set(
      checksOf(preset.verifier)
        .map(slotOf)
        .filter((it) => it !== undefined),
    );
    if (preset.handshake?.kind === 'echo' && preset.handshake.token) {
      used.add(preset.handshake.token.slot);
    }
    expect(new Set(preset.secret.slots.map(({ slot }) => slot))).toEqual(used);
  });

  test.for(cases(presets))('%s can be joined with an address list', ([, { verifier }]) => {
    const list = ipAllowlist({ ipCidrs: ['192.0.2.0/24'] });
    expect(verifierFaults({ allOf: [verifier, list] })).toEqual([]);
  });

  const sources = presets
    .flatMap((preset) => [preset.idempotency, preset.eventType])
    .filter((source) => source !== null);

  test('idempotency keys and kinds of events are sources that a hook takes', () => {
    for (const source of sources) expect(idempotencySourceSchema.parse(source)).toEqual(source);
  });

  const expressions = new Set(
    sources.filter(({ type }) => type === 'jsonata').map((it) => it.value),
  );
  test.for([...expressions])('JSONata takes %s', (text) => {
    expect(() => jsonata(text)).not.toThrow();
  });
});

describe('a request of the sender', () => {
  test.for(cases(presets))('S-008 S-009 of %s is let in', ([, preset]) => {
    expect(receive(preset, sampleOf(preset))).toMatchObject({ ok: true });
    expect(checkKeyMaterial(preset.verifier, 'default', keysFor(preset).own.stored)).toEqual({
      ok: true,
    });
  });

  test.for(cases(presets))('of %s is let in by the second of two keys', ([, preset]) => {
    const { own, other } = keysFor(preset);
    const decoy = messageCheckOf(preset)?.scheme === 'asymmetric' ? own.stored : other.stored;
    const verification = receive(preset, sampleOf(preset), { stored: [decoy, own.stored] });
    expect(verification.ok).toBe(true);
  });

  test.for(cases(bodySigned.filter((preset) => !takesForm(preset))))(
    'of %s is let in with an empty body and with bytes that are no text',
    ([, preset]) => {
      const isTimeInBody = messageCheckOf(preset)?.timestamp?.from === 'bodyPath';
      const bodies = [Buffer.alloc(0), Buffer.from([0, 0xff, 0xfe, 0x80, 0x0d, 0x0a])];
      for (const body of isTimeInBody ? [] : bodies) {
        expect(receive(preset, signAs(preset, sampleRequest(preset, body))).ok).toBe(true);
      }
    },
  );

  test.for(cases(withHeaderSignature))(
    'of %s may write hex in any case, base64 bare',
    ([, preset]) => {
      const request = sampleOf(preset);
      const [name, value] = signatureHeader(preset, request);
      const encoding = messageCheckOf(preset)?.signature.encoding;
      const respelled =
        encoding === 'hex'
          ? value.replaceAll(/[0-9a-f]{40,}/g, (digits) => digits.toUpperCase())
          : value.replace(/=+$/, '');
      expect(receive(preset, withHeaders(request, { [name]: respelled })).ok).toBe(true);
    },
  );
});

describe('a request that is not the sender’s', () => {
  test.for(cases(presets))(
    'S-008 S-009 for %s is refused with another key, and with none',
    ([, preset]) => {
      const { other } = keysFor(preset);
      const forged = signAs(preset, sampleRequest(preset), other.signing);
      expect(receive(preset, forged).ok).toBe(false);
      expect(receive(preset, sampleOf(preset), { stored: [] }).ok).toBe(false);
      expect(receive(preset, sampleRequest(preset)).ok).toBe(false);
    },
  );

  test.for(cases(bodySigned))(
    'for %s is refused with any byte of the body changed',
    ([, preset]) => {
      const request = sampleOf(preset);
      for (const at of [0, request.body.length >> 1, request.body.length - 1]) {
        const body = Buffer.from(request.body);
        body[at] = (body[at] ?? 0) ^ 1;
        expect(receive(preset, { ...request, body }).ok, `byte ${at}`).toBe(false);
      }
      const longer = Buffer.concat([request.body, Buffer.from('&x=1')]);
      expect(receive(preset, { ...request, body: longer }).ok).toBe(false);
    },
  );

  test.for(cases(bodySigned.filter((preset) => !takesForm(preset))))(
    'for %s is refused when a library wrote the JSON anew',
    ([, preset]) => {
      const request = sampleOf(preset);
      const isTimeInBody = messageCheckOf(preset)?.timestamp?.from === 'bodyPath';
      // A time in the body makes the sample compact already; indenting still changes the bytes.
      const text = JSON.stringify(JSON.parse(request.body.toString()), null, isTimeInBody ? 2 : 0);
      expect(receive(preset, { ...request, body: Buffer.from(text) }).ok).toBe(false);
    },
  );

  test.for(cases(timed))('S-011 for %s is refused a second outside its time', ([, preset]) => {
    const { maxAgeSeconds, maxFutureSeconds } = messageCheckOf(preset)?.timestamp ?? {};
    const age = (maxAgeSeconds ?? toleranceSecondsDefault) * 1_000;
    const lead = (maxFutureSeconds ?? toleranceSecondsDefault) * 1_000;
    const at = (offsetMs: number) =>
      receive(preset, sampleOf(preset), { nowMs: sampleNowMs + offsetMs }).ok;
    expect([at(age), at(age + 1_000), at(-lead), at(-lead - 1_000)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test.for(cases(withHeaderSignature))(
    'S-011 for %s is refused without its signature header, with an empty and a doubled one',
    ([, preset]) => {
      const request = sampleOf(preset);
      const [name, value] = signatureHeader(preset, request);
      for (const changed of [undefined, '', [value, value]]) {
        expect(receive(preset, withHeaders(request, { [name]: changed })).ok).toBe(false);
      }
    },
  );

  test.for(cases(withHeaderSignature))(
    'for %s is refused with another prefix and a damaged signature',
    ([, preset]) => {
      const request = sampleOf(preset);
      const [name, value] = signatureHeader(preset, request);
      const { prefix, fields: [field] = [] } = messageCheckOf(preset)?.signature ?? {};
      const last = value.replace(
        /.(=*)$/,
        (end, padding: string) => (end.startsWith('0') ? '1' : '0') + padding,
      );
      const changes = [`md5=${value}`, last, value.slice(0, -4), `${value}é`];
      if (prefix !== undefined)
        changes.push(value.replace(prefix, ''), value.replace(prefix, 'sha9='));
      if (field !== undefined) changes.push(value.replace(field, 'v9'));
      for (const changed of changes) {
        expect(receive(preset, withHeaders(request, { [name]: changed })).ok).toBe(false);
      }
    },
  );

  test.for(cases(urlSigned))(
    'for %s is refused under another address, unless the verifier names it',
    ([, preset]) => {
      const request = sampleOf(preset);
      const others = [
        'http://gw.example.test',
        'https://internal.test',
        'https://gw.example.test:8443',
      ];
      for (const origin of others) {
        const url = request.url.replace('https://gw.example.test', origin);
        expect(receive(preset, { ...request, url }).ok).toBe(false);
        const named = withPublicUrl(preset, 'https://gw.example.test/in/acme/src');
        expect(receive(named, { ...request, url }).ok).toBe(true);
      }
    },
  );
});

/** The preset with the address that the sender knows written into its checks. */
function withPublicUrl(preset: Preset, publicUrl: string): Preset {
  const verifier = structuredClone(preset.verifier);
  for (const check of checksOf(verifier)) if ('signed' in check) check.publicUrl = publicUrl;
  return { ...preset, verifier };
}

describe('Twilio', () => {
  const preset = presetOf('twilio');
  const json = signAs(preset, sampleRequest(preset, sampleJson));

  test('signs a JSON body by its digest in the address', () => {
    expect(json.query.has('bodySHA256')).toBe(true);
    expect(receive(preset, json).ok).toBe(true);
    expect(receive(preset, { ...json, body: Buffer.from('{}') }).ok).toBe(false);
  });

  test('a captured JSON request does not pass as an empty form', () => {
    const emptied = withHeaders(
      { ...json, body: Buffer.alloc(0) },
      { 'content-type': 'application/x-www-form-urlencoded' },
    );
    expect(receive(preset, emptied).ok).toBe(false);
  });

  test('a form of more than a thousand fields is not taken apart', () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const reasonOf = (fields: number) => {
      const body = Buffer.from(
        Array.from({ length: fields }, (_, index) => `f${index}=1`).join('&'),
      );
      const request = withHeaders(
        { ...sampleRequest(preset), body },
        { ...form, 'x-twilio-signature': 'AAAA'.repeat(6).concat('AAA=') },
      );
      return receive(preset, request).transcript[0]?.reason;
    };
    expect([reasonOf(1_000), reasonOf(1_001)]).toEqual(['mismatch', 'signed_part_missing']);
  });

  test('a captured request without a body does not carry one afterwards', () => {
    const empty = signAs(preset, sampleRequest(preset, ''));
    expect(receive(preset, empty).ok).toBe(true);
    expect(receive(preset, { ...empty, body: Buffer.from('{"a":1}') }).ok).toBe(false);
  });
});

describe('Mailgun', () => {
  test('proves a time and a token, and says that the body is not covered', () => {
    const preset = presetOf('mailgun');
    const request = sampleOf(preset);
    const document = JSON.parse(request.body.toString()) as { signature: { token: string } };
    document.signature.token = `${document.signature.token}0`;
    expect(receive(preset, { ...request, body: Buffer.from(JSON.stringify(document)) }).ok).toBe(
      false,
    );
    expect(preset.notes.join(' ')).toMatch(/not the body/);
  });
});

describe('Microsoft Graph', () => {
  test('wants the token on every notification of the list', () => {
    const preset = presetOf('microsoft-graph');
    const clientState = keysFor(preset).own.stored;
    const said = (value: unknown) =>
      receive(preset, sampleRequest(preset, JSON.stringify({ value }))).ok;
    expect(said([{ clientState }, { clientState }])).toBe(true);
    expect(said([{ clientState }, { clientState: 'another' }])).toBe(false);
    expect(said([{ clientState }, {}])).toBe(false);
    expect(said([])).toBe(false);
  });
});
