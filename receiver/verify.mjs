/**
 * Verifies webhooks that Tidegate sends. One file without dependencies, for Node 18 and later: import
 * it as `tidegate/receiver`, or copy it with `verify.d.mts` into a project, TypeScript or not.
 *
 *     const result = verifyWebhook({ secret, headers: request.headers, body: rawBody });
 *     if (!result.ok) return answer(401); // result.reason is for your log, not for the sender
 *
 * - Pass the body as it came in, as bytes. A body that was parsed and written again has another
 *   signature.
 * - Answer 2xx as soon as the event is stored, and do the work afterwards.
 * - De-duplicate: the same event comes again when your answer was lost. Its id is `result.id`.
 *
 * Two schemes. `standard` (the default) reads the headers of Standard Webhooks 1.0.0 and takes secrets
 * `whsec_…` (v1) and public keys `whpk_…` (v1a); it signs the id too. `timestamped` reads
 * `X-Tidegate-Signature: t=…,v1=…`, or the header you name, for receivers that already speak it.
 * The scheme and the secrets are yours to choose; nothing in a request changes them.
 */
import {
  createHmac,
  createPublicKey,
  timingSafeEqual,
  verify as verifySignature,
} from 'node:crypto';

/**
 * @import { HeaderReader, HeaderRecord, Refused, RefusalReason, Verified, VerifyOptions } from './verify.mjs'
 *
 * @typedef {{ readonly version: string, readonly fits: (candidate: string) => boolean }} Expectation
 * @typedef {{ readonly nowSeconds: number, readonly toleranceSeconds: number }} Clock
 */

const toleranceDefault = 300;
const headerLengthMax = 4_096;
/** More than any rotation needs, and a bound for the work one request can cause. */
const signaturesMax = 16;
const textSecretLengthMin = 16;
const sharedKeyBytes = { min: 24, max: 64 };
/** The DER header in front of the 32 bytes of an Ed25519 public key (RFC 8410). */
const ed25519Header = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Whether a request is from the holder of the secret, unchanged and recent.
 *
 * @param {VerifyOptions} options
 * @returns {Verified | Refused}
 * @throws {TypeError} when the body is not bytes or text, or a number among the options is none: those
 *   are mistakes of the calling code, which no request can bring about.
 */
export function verifyWebhook(options) {
  const bytes = bytesOf(options.body);
  const clock = clockOf(options);
  const given = [options.secret, ...(options.secrets ?? [])].filter(isGiven);
  if (given.length === 0) return refused('secret_unusable');
  return (options.scheme ?? 'standard') === 'timestamped'
    ? verifyTimestamped(given, bytes, clock, options)
    : verifyStandard(given, bytes, clock, options);
}

/**
 * Standard Webhooks: `<id>.<t>.<body>`, a list `v1,<base64> v1a,<base64>` divided by blanks.
 *
 * @param {readonly string[]} given
 * @param {Buffer} body
 * @param {Clock} clock
 * @param {VerifyOptions} options
 * @returns {Verified | Refused}
 */
function verifyStandard(given, body, clock, { headers }) {
  const keys = given.map(standardKeyOf);
  if (keys.includes(undefined)) return refused('secret_unusable');
  const read = readAll(headers, ['webhook-id', 'webhook-timestamp', 'webhook-signature']);
  if (typeof read === 'string') return refused(read);
  const [id = '', time = '', list = ''] = read;
  if (!/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id)) return refused('id_malformed');
  const entries = list.split(' ').map((entry) => splitOnce(entry, ','));
  if (entries.length > signaturesMax) return refused('signature_malformed');
  if (!entries.every(isPair)) return refused('signature_malformed');
  const timeProblem = problemOfTime(time, clock);
  if (timeProblem !== undefined) return refused(timeProblem);
  const content = Buffer.concat([Buffer.from(`${id}.${time}.`), body]);
  const expectations = keys.flatMap((key) => (key ? [key(content)] : []));
  return isAnyRight(expectations, entries)
    ? { ok: true, id, timestampSeconds: Number(time) }
    : refused('signature_mismatch');
}

/**
 * `t=<unix s>,v1=<hex>[,v1=<hex>]` over `<t>.<body>`. Items of other names are left alone.
 *
 * @param {readonly string[]} given
 * @param {Buffer} body
 * @param {Clock} clock
 * @param {VerifyOptions} options
 * @returns {Verified | Refused}
 */
function verifyTimestamped(given, body, clock, { headers, headerName = 'x-tidegate-signature' }) {
  if (!given.every(isTextSecret)) return refused('secret_unusable');
  const read = readAll(headers, [headerName]);
  if (typeof read === 'string') return refused(read);
  const items = (read[0] ?? '').split(',').map((item) => splitOnce(item, '='));
  if (items.length > signaturesMax + 1) return refused('signature_malformed');
  if (!items.every(isPair)) return refused('signature_malformed');
  const times = items.filter(([name]) => name === 't');
  const time = times[0]?.[1];
  if (time === undefined || times.length > 1) return refused('timestamp_malformed');
  const timeProblem = problemOfTime(time, clock);
  if (timeProblem !== undefined) return refused(timeProblem);
  const content = Buffer.concat([Buffer.from(`${time}.`), body]);
  const expectations = given.map((secret) => expectHmac(secret, content, 'hex'));
  return isAnyRight(expectations, items)
    ? { ok: true, id: undefined, timestampSeconds: Number(time) }
    : refused('signature_mismatch');
}

/**
 * Every candidate is compared with every key; none ends the search early.
 *
 * @param {readonly Expectation[]} expectations
 * @param {readonly (readonly string[])[]} candidates
 */
function isAnyRight(expectations, candidates) {
  let isRight = false;
  for (const { version, fits } of expectations) {
    for (const [name, candidate = ''] of candidates) {
      if (name === version && fits(candidate)) isRight = true;
    }
  }
  return isRight;
}

/**
 * What a secret of the scheme `standard` expects of a message; undefined when it is not usable.
 *
 * @param {string} secret
 * @returns {((content: Buffer) => Expectation) | undefined}
 */
function standardKeyOf(secret) {
  if (secret.startsWith('whpk_')) return publicKeyOf(secret.slice('whpk_'.length));
  const key = secret.startsWith('whsec_') ? fromBase64(secret.slice('whsec_'.length)) : undefined;
  if (key === undefined) return undefined;
  if (key.length < sharedKeyBytes.min || key.length > sharedKeyBytes.max) return undefined;
  return (content) => expectHmac(key, content, 'base64');
}

/**
 * @param {string} text
 * @returns {((content: Buffer) => Expectation) | undefined}
 */
function publicKeyOf(text) {
  const point = fromBase64(text);
  if (point?.length !== 32) return undefined;
  const der = Buffer.concat([ed25519Header, point]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return (content) => ({
    version: 'v1a',
    fits: (candidate) => {
      const signature = fromBase64(candidate);
      return signature?.length === 64 && verifySignature(null, content, key, signature);
    },
  });
}

/**
 * @param {string | Buffer} key
 * @param {Buffer} content
 * @param {'hex' | 'base64'} encoding
 * @returns {Expectation}
 */
function expectHmac(key, content, encoding) {
  const expected = createHmac('sha256', key).update(content).digest();
  return {
    version: 'v1',
    fits: (candidate) => {
      const bytes = encoding === 'hex' ? fromHex(candidate) : fromBase64(candidate);
      return bytes?.length === expected.length && timingSafeEqual(bytes, expected);
    },
  };
}

/**
 * @param {string} text
 * @param {Clock} clock
 * @returns {RefusalReason | undefined}
 */
function problemOfTime(text, { nowSeconds, toleranceSeconds }) {
  if (!/^(?:0|[1-9][0-9]{0,11})$/.test(text)) return 'timestamp_malformed';
  if (nowSeconds - Number(text) > toleranceSeconds) return 'timestamp_too_old';
  return Number(text) - nowSeconds > toleranceSeconds ? 'timestamp_too_new' : undefined;
}

/**
 * The values of headers that have to be there exactly once; else what is wrong with them.
 *
 * @param {HeaderRecord | HeaderReader} headers
 * @param {readonly string[]} names
 * @returns {readonly string[] | RefusalReason}
 */
function readAll(headers, names) {
  const found = names.map((name) => valuesOf(headers, name.toLowerCase()));
  if (found.some((values) => values.length > 1)) return 'header_repeated';
  const values = found.flat();
  if (values.length < names.length || values.includes('')) return 'header_missing';
  return values.some((value) => value.length > headerLengthMax) ? 'header_too_long' : values;
}

/**
 * @param {HeaderRecord | HeaderReader} headers
 * @param {string} wanted
 * @returns {readonly string[]}
 */
function valuesOf(headers, wanted) {
  if (isReader(headers)) {
    const value = headers.get(wanted);
    return value === null ? [] : [value];
  }
  return Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === wanted)
    .flatMap(([, value]) => (value === undefined ? [] : [value].flat()));
}

/**
 * @param {HeaderRecord | HeaderReader} headers
 * @returns {headers is HeaderReader}
 */
function isReader(headers) {
  return typeof headers['get'] === 'function';
}

/**
 * What is not set is left out, so that the place of a previous secret can stay empty.
 *
 * @param {string | undefined} secret
 * @returns {secret is string}
 */
function isGiven(secret) {
  return secret !== undefined;
}

/**
 * A line end around a secret is a mistake that would otherwise only show as a mismatch.
 *
 * @param {string} secret
 */
function isTextSecret(secret) {
  return secret.length >= textSecretLengthMin && secret.trim() === secret;
}

/**
 * @param {string} text
 * @param {string} separator
 * @returns {readonly string[]}
 */
function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param {readonly string[]} parts */
function isPair(parts) {
  return parts.length === 2 && parts[1] !== '';
}

/**
 * Node's decoders skip what they do not know. Here every character counts.
 *
 * @param {string} text
 * @returns {Buffer | undefined}
 */
function fromBase64(text) {
  const bytes = Buffer.from(text, 'base64');
  const spelled = bytes.toString('base64');
  return text === spelled || text === spelled.replace(/=+$/, '') ? bytes : undefined;
}

/**
 * @param {string} text
 * @returns {Buffer | undefined}
 */
function fromHex(text) {
  return /^(?:[0-9a-f]{2})+$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

/**
 * @param {Uint8Array | string} body
 * @returns {Buffer}
 */
function bytesOf(body) {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError(
    'the body has to be the raw bytes of the request, not what was parsed of them',
  );
}

/**
 * @param {VerifyOptions} options
 * @returns {Clock}
 */
function clockOf({
  nowSeconds = Math.floor(Date.now() / 1_000),
  toleranceSeconds = toleranceDefault,
}) {
  // Compared with NaN, every time would be recent.
  const isUsable = Number.isFinite(nowSeconds) && Number.isFinite(toleranceSeconds);
  if (!isUsable || toleranceSeconds < 0) throw new TypeError('times have to be finite seconds');
  return { nowSeconds, toleranceSeconds };
}

/**
 * @param {RefusalReason} reason
 * @returns {Refused}
 */
function refused(reason) {
  return { ok: false, reason };
}
