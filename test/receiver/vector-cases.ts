/**
 * The cases of examples/receivers/vectors.json: requests made by our own signing, for receivers in any
 * language. A case says what is sent, what the receiver holds, what time it is there, and the outcome.
 */
import type { RefusalReason } from '../../receiver/verify.mjs';
import { standardSignature, timestampedSignature } from '../../shared/signing/signatures.ts';
import vectors from '../fixtures/vectors.json' with { type: 'json' };
import {
  currentSecret,
  makeAttempt,
  previousSecret,
  sentAtSeconds,
  type AttemptOptions,
} from '../signing/samples.ts';

export interface Vector {
  readonly name: string;
  readonly scheme: 'standard' | 'timestamped';
  /** Whether an HMAC is enough to verify it. */
  readonly key: 'hmac' | 'ed25519';
  readonly expected: 'valid' | 'refused';
  /** Of the shipped verifier; others may have other words. */
  readonly reason: RefusalReason | null;
  readonly secrets: readonly string[];
  readonly nowSeconds: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Scheme = Vector['scheme'];

interface Case {
  readonly scheme?: Scheme;
  readonly reason?: RefusalReason;
  readonly held?: readonly string[];
  readonly nowSeconds?: number;
  readonly sent?: AttemptOptions;
  /** Headers that are changed on the way; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/** The headers that each scheme reads. */
const signedHeaders: Readonly<Record<Scheme, readonly string[]>> = {
  standard: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  timestamped: ['X-Tidegate-Signature'],
};

function makeVector(name: string, given: Case): Vector {
  const { scheme = 'standard', reason, held = [currentSecret] } = given;
  const attempt = makeAttempt(given.sent);
  const changed: Record<string, string | undefined> = { ...attempt.headers, ...given.headers };
  const headers = signedHeaders[scheme].flatMap((header) => {
    const value = changed[header];
    return value === undefined ? [] : [[header, value] as const];
  });
  return {
    name,
    scheme,
    key: held.some((secret) => secret.startsWith('whpk_')) ? 'ed25519' : 'hmac',
    expected: reason === undefined ? 'valid' : 'refused',
    reason: reason ?? null,
    secrets: held,
    nowSeconds: given.nowSeconds ?? sentAtSeconds,
    headers: Object.fromEntries(headers),
    body: given.body ?? attempt.body,
  };
}

const both = [currentSecret, previousSecret];
const usual = makeAttempt();
const [standardSent = '', timestampedSent = ''] = [
  usual.headers['webhook-signature'],
  usual.headers['X-Tidegate-Signature'],
];
const hexOf = (signature: string): string => Buffer.from(signature, 'base64').toString('hex');
const other = makeAttempt({ secrets: [previousSecret] });
const [pair] = vectors.standardWebhooksV1a;
const { secretKey = '', publicKey = '' } = pair ?? {};
const [, signedAsTimestamped = ''] = timestampedSent.split('v1=');

/**
 * Signed with a secret that is none, as anybody could: a receiver must not take part. Decoded the way
 * forgiving decoders do.
 */
function signedWith(text: string): Pick<Case, 'held' | 'headers' | 'reason'> {
  const message = {
    id: usual.headers['webhook-id'] ?? '',
    timestampSeconds: sentAtSeconds,
    body: usual.body,
  };
  const key = Buffer.from(text.replace(/^whsec_/, ''), 'base64');
  return {
    held: [text],
    headers: {
      'webhook-signature': standardSignature([{ kind: 'whsec', text, key }], message),
      'X-Tidegate-Signature': timestampedSignature([text], message),
    },
    reason: 'secret_unusable',
  };
}

const standardTime = (text: string): Case => ({ headers: { 'webhook-timestamp': text } });
const timestampedTime = (text: string): Case => ({
  scheme: 'timestamped',
  headers: { 'X-Tidegate-Signature': `t=${text},v1=${signedAsTimestamped}` },
});

/** What both schemes accept and refuse alike. */
const common = (scheme: Scheme): Readonly<Record<string, Case>> => ({
  'a first attempt': { scheme },
  'during a rotation, held: the current secret': { scheme, sent: { secrets: both } },
  'during a rotation, held: the previous secret': {
    scheme,
    sent: { secrets: both },
    held: [previousSecret],
  },
  'before a rotation, held: both secrets': {
    scheme,
    sent: { secrets: [previousSecret] },
    held: both,
  },
  'a body with letters of many scripts and escapes': {
    scheme,
    sent: { body: '{"text":"Grüße, 東京 🔥 \\u2028 \\"quoted\\"","n":1e-7}' },
  },
  'a body with blanks and a line end': { scheme, sent: { body: '{ "a" : 1 }\r\n' } },
  'an empty body': { scheme, sent: { body: '' } },
  'sent 300 s ago': { scheme, nowSeconds: sentAtSeconds + 300 },
  'sent 300 s in the future': { scheme, nowSeconds: sentAtSeconds - 300 },
  'sent 301 s ago': { scheme, nowSeconds: sentAtSeconds + 301, reason: 'timestamp_too_old' },
  'sent 301 s in the future': {
    scheme,
    nowSeconds: sentAtSeconds - 301,
    reason: 'timestamp_too_new',
  },
  'one character of the body changed': {
    scheme,
    body: usual.body.replace('Drucker', 'drucker'),
    reason: 'signature_mismatch',
  },
  'a line end added to the body': {
    scheme,
    body: `${usual.body}\n`,
    reason: 'signature_mismatch',
  },
  'the body written again with other blanks': {
    scheme,
    body: JSON.stringify(JSON.parse(usual.body), null, 1),
    reason: 'signature_mismatch',
  },
  'held: another secret': { scheme, held: [previousSecret], reason: 'signature_mismatch' },
  'held: an empty secret, with which it is signed': { scheme, ...signedWith('') },
  'held: the prefix alone, with which it is signed': { scheme, ...signedWith('whsec_') },
  'held: a secret of 3 bytes, with which it is signed': { scheme, ...signedWith('whsec_QUJD') },
  'held: no secret': { scheme, held: [], reason: 'secret_unusable' },
});

const standardCases: Readonly<Record<string, Case>> = {
  ...common('standard'),
  'a later attempt or a replay, with the same id': {
    sent: { attempt: 5, timestampSeconds: sentAtSeconds + 19_260 },
    nowSeconds: sentAtSeconds + 19_262,
  },
  'signatures of unknown versions beside the right one': {
    headers: { 'webhook-signature': `v0,AAAA ${standardSent} v9,x` },
  },
  'no id': { headers: { 'webhook-id': undefined }, reason: 'header_missing' },
  'an empty id': { headers: { 'webhook-id': '' }, reason: 'header_missing' },
  'another id': { headers: { 'webhook-id': 'evt_other' }, reason: 'signature_mismatch' },
  'a full stop moved from the text into the id': {
    headers: { 'webhook-id': `${usual.headers['webhook-id']}.1750000000` },
    reason: 'id_malformed',
  },
  'no time': { headers: { 'webhook-timestamp': undefined }, reason: 'header_missing' },
  'an empty time': { headers: { 'webhook-timestamp': '' }, reason: 'header_missing' },
  'another time': { ...standardTime('1750000001'), reason: 'signature_mismatch' },
  'a time with a fraction': { ...standardTime('1750000000.0'), reason: 'timestamp_malformed' },
  'a negative time': { ...standardTime('-1750000000'), reason: 'timestamp_malformed' },
  'a time in words': { ...standardTime('now'), reason: 'timestamp_malformed' },
  'a time with letters after it': { ...standardTime('1750000000s'), reason: 'timestamp_malformed' },
  'a time as a power of ten': { ...standardTime('175e7'), reason: 'timestamp_malformed' },
  'a time with a zero in front': { ...standardTime('01750000000'), reason: 'timestamp_malformed' },
  'a time in milliseconds': { ...standardTime('1750000000000'), reason: 'timestamp_malformed' },
  'no signature': { headers: { 'webhook-signature': undefined }, reason: 'header_missing' },
  'an empty signature': { headers: { 'webhook-signature': '' }, reason: 'header_missing' },
  'a signature without its version': {
    headers: { 'webhook-signature': standardSent.slice('v1,'.length) },
    reason: 'signature_malformed',
  },
  'a version without its signature': {
    headers: { 'webhook-signature': 'v1,' },
    reason: 'signature_malformed',
  },
  'half of the signature': {
    headers: { 'webhook-signature': standardSent.slice(0, 25) },
    reason: 'signature_mismatch',
  },
  'the signature and more': {
    headers: { 'webhook-signature': `${standardSent}AAAA` },
    reason: 'signature_mismatch',
  },
  'the signature in hex': {
    headers: { 'webhook-signature': `v1,${hexOf(standardSent.slice('v1,'.length))}` },
    reason: 'signature_mismatch',
  },
  'the signature under another version': {
    headers: { 'webhook-signature': standardSent.replace('v1,', 'v2,') },
    reason: 'signature_mismatch',
  },
  'the signature of another secret': {
    headers: { 'webhook-signature': other.headers['webhook-signature'] },
    reason: 'signature_mismatch',
  },
  'the signature of the other scheme': {
    headers: {
      'webhook-signature': `v1,${Buffer.from(signedAsTimestamped, 'hex').toString('base64')}`,
    },
    reason: 'signature_mismatch',
  },
  'held: a secret that is not base64, with which it is signed': signedWith(
    `whsec_${'!'.repeat(48)}`,
  ),
  'held: a secret without its prefix, with which it is signed': signedWith(
    currentSecret.slice('whsec_'.length),
  ),
  'held: the public key of the sender': {
    sent: { profile: 'standard_v1a', secrets: [secretKey] },
    held: [publicKey],
  },
  'sent with a key pair and a shared secret, held: the public key': {
    sent: { profile: 'standard_v1a', secrets: [secretKey, currentSecret] },
    held: [publicKey],
  },
  'sent with a key pair and a shared secret, held: the shared secret': {
    sent: { profile: 'standard_v1a', secrets: [secretKey, currentSecret] },
  },
  'held: the public key, one character of the body changed': {
    sent: { profile: 'standard_v1a', secrets: [secretKey] },
    held: [publicKey],
    body: usual.body.replace('Drucker', 'drucker'),
    reason: 'signature_mismatch',
  },
  'held: the public key, sent with a shared secret only': {
    held: [publicKey],
    reason: 'signature_mismatch',
  },
};

const timestampedCases: Readonly<Record<string, Case>> = {
  ...common('timestamped'),
  'items of unknown names beside the right ones': {
    headers: { 'X-Tidegate-Signature': `v0=00,${timestampedSent},x=y` },
  },
  'the time after the signature': {
    headers: { 'X-Tidegate-Signature': timestampedSent.split(',').toReversed().join(',') },
  },
  'no header': { headers: { 'X-Tidegate-Signature': undefined }, reason: 'header_missing' },
  'an empty header': { headers: { 'X-Tidegate-Signature': '' }, reason: 'header_missing' },
  'no time': {
    headers: { 'X-Tidegate-Signature': `v1=${signedAsTimestamped}` },
    reason: 'timestamp_malformed',
  },
  'two times': {
    headers: { 'X-Tidegate-Signature': `t=1750000001,${timestampedSent}` },
    reason: 'timestamp_malformed',
  },
  'a second time after the signature': {
    headers: { 'X-Tidegate-Signature': `${timestampedSent},t=1750000001` },
    reason: 'timestamp_malformed',
  },
  'another time': { ...timestampedTime('1750000001'), reason: 'signature_mismatch' },
  'a time with a fraction': { ...timestampedTime('1750000000.0'), reason: 'timestamp_malformed' },
  'a negative time': { ...timestampedTime('-1750000000'), reason: 'timestamp_malformed' },
  'a time in words': { ...timestampedTime('Infinity'), reason: 'timestamp_malformed' },
  'a time in milliseconds': { ...timestampedTime('1750000000000'), reason: 'timestamp_malformed' },
  'no signature': {
    headers: { 'X-Tidegate-Signature': 't=1750000000' },
    reason: 'signature_mismatch',
  },
  'half of the signature': {
    headers: { 'X-Tidegate-Signature': timestampedSent.slice(0, -32) },
    reason: 'signature_mismatch',
  },
  'the signature in upper case': {
    headers: { 'X-Tidegate-Signature': `t=1750000000,v1=${signedAsTimestamped.toUpperCase()}` },
    reason: 'signature_mismatch',
  },
  'the signature under another version': {
    headers: { 'X-Tidegate-Signature': timestampedSent.replace('v1=', 'v0=') },
    reason: 'signature_mismatch',
  },
  'the signature of another secret': {
    headers: { 'X-Tidegate-Signature': other.headers['X-Tidegate-Signature'] },
    reason: 'signature_mismatch',
  },
};

/** Published elsewhere; carried along so that one file is enough. */
const published: readonly Vector[] = [
  ...vectors.standardWebhooksV1.map((vector, index) => ({
    ...publishedStandard(vector, vector.secret),
    name: `standard: published example ${index + 1} of Standard Webhooks v1`,
    key: 'hmac' as const,
  })),
  ...vectors.standardWebhooksV1a.map((vector) => ({
    ...publishedStandard(vector, vector.publicKey),
    name: 'standard: published example of Standard Webhooks v1a',
    key: 'ed25519' as const,
  })),
  ...vectors.timestampedV1.flatMap(({ secret, previousSecret: older, timestamp, body, header }) =>
    [secret, older].map((held, index) => ({
      name: `timestamped: fixed example, held: the ${index === 0 ? 'current' : 'previous'} secret`,
      scheme: 'timestamped' as const,
      key: 'hmac' as const,
      expected: 'valid' as const,
      reason: null,
      secrets: [held],
      nowSeconds: timestamp,
      headers: { 'X-Tidegate-Signature': header },
      body,
    })),
  ),
];

interface PublishedStandard {
  readonly id: string;
  readonly timestamp: number;
  readonly signature: string;
  readonly body: string;
}

function publishedStandard({ id, timestamp, signature, body }: PublishedStandard, held: string) {
  return {
    name: '',
    scheme: 'standard' as const,
    expected: 'valid' as const,
    reason: null,
    secrets: [held],
    nowSeconds: timestamp,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    },
    body,
  };
}

export const receiverVectors: readonly Vector[] = [
  ...Object.entries(standardCases).map(([name, given]) => makeVector(`standard: ${name}`, given)),
  ...Object.entries(timestampedCases).map(([name, given]) =>
    makeVector(`timestamped: ${name}`, { ...given, scheme: 'timestamped' }),
  ),
  ...published,
];
