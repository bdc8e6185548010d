import type { Handshake } from '../../shared/schemas/handshake.ts';
import type { IdempotencySource } from '../../shared/schemas/hook.ts';
import {
  toleranceSecondsDefault,
  type Check,
  type JwtBodyHashCheck,
  type MessageCheck,
  type Place,
  type SignedPart,
  type StaticCheck,
} from '../../shared/schemas/verifier-check.ts';
import type { Verifier } from '../../shared/schemas/verifier.ts';
import { code } from './markdown.ts';

/** A verifier, a handshake and a key source in words, for people who set up the other side. */

/** What one check looks at, in a few words: the method and the place. */
export function summaryOf(check: Check): string {
  if ('signed' in check)
    return `${methodOf(check)} (${check.signature.encoding}), ${placesOf(check)}`;
  if (check.scheme === 'static') return `token, ${credentialOf(check)}`;
  if (check.scheme === 'jwt_body_hash') {
    return `JWT ${check.algorithm}, header ${code(check.token.header)}`;
  }
  return check.scheme === 'ip' ? 'address of the client' : `digest, ${code(check.digest.name)}`;
}

/** Each check as list items; parts of `allOf` and `anyOf` are introduced by a line. */
export function describe(verifier: Verifier, depth = 0): string[] {
  const indent = '  '.repeat(depth);
  if ('allOf' in verifier) {
    return [`${indent}- All of:`, ...verifier.allOf.flatMap((part) => describe(part, depth + 1))];
  }
  if ('anyOf' in verifier) {
    return [`${indent}- One of:`, ...verifier.anyOf.flatMap((part) => describe(part, depth + 1))];
  }
  if (verifier.scheme === 'none') return [`${indent}- Nothing is checked.`];
  return [`${indent}- ${sentenceOf(verifier)}`];
}

function sentenceOf(check: Check): string {
  if ('signed' in check) return messageSentence(check);
  if (check.scheme === 'jwt_body_hash') return jwtSentence(check);
  if (check.scheme === 'static') {
    return `The secret itself, in the ${credentialOf(check)}.`;
  }
  if (check.scheme === 'ip')
    return `The client has one of the addresses ${check.cidrs.join(', ')}.`;
  const { from, name, encoding } = check.digest;
  const condition = check.isRequired === false ? ', if it is there,' : '';
  return `The ${from === 'query' ? 'parameter' : 'header'} ${code(name)}${condition} is the SHA-256 of the body in ${encoding}.`;
}

function messageSentence(check: MessageCheck): string {
  const { signature, timestamp } = check;
  const many =
    signature.itemSep === undefined ? '' : ' Several signatures in one value: one has to match.';
  const time =
    timestamp === undefined
      ? 'No time is signed.'
      : `The time is in ${timePlace(timestamp)} (${formats[timestamp.format]}) and may be ${timestamp.maxAgeSeconds ?? toleranceSecondsDefault} s old.`;
  return `${methodOf(check)} over ${check.signed.map(partText).join(' + ')}, written in ${signature.encoding} in the ${placesOf(check)}${itemText(check)}${keyText(check)}. ${time}${many}`;
}

const formats = {
  unix_s: 'seconds since 1970',
  unix_ms: 'milliseconds since 1970',
  iso8601: 'ISO 8601',
} as const;

function itemText({ signature: { prefix, fields, kvSep } }: MessageCheck): string {
  if (fields !== undefined) return ` as ${code(`${fields[0]}${kvSep}…`)}`;
  return prefix === undefined ? '' : ` after ${code(prefix)}`;
}

function timePlace({ from, name }: NonNullable<MessageCheck['timestamp']>): string {
  return from === 'signature' ? `its item ${code(name)}` : `the ${placeText(from, name)}`;
}

function jwtSentence(check: JwtBodyHashCheck): string {
  const { claim, encoding } = check.bodyHash;
  const issuer = check.issuer === undefined ? '' : `, issued by ${code(check.issuer)}`;
  const age = check.maxAgeSeconds === undefined ? '' : ` It may be ${check.maxAgeSeconds} s old.`;
  const prefix = check.token.prefix === undefined ? '' : ` after ${code(check.token.prefix)}`;
  return `A JSON Web Token (${check.algorithm}) in the header ${code(check.token.header)}${prefix}${issuer}, whose claim ${code(claim)} is the SHA-256 of the body in ${encoding}.${age}`;
}

function methodOf(check: MessageCheck): string {
  if (check.scheme === 'hmac') return `HMAC-${check.algorithm.toUpperCase()}`;
  if (check.scheme === 'hash_concat') return 'SHA-256';
  return check.algorithm === 'ed25519' ? 'Ed25519' : 'ECDSA P-256';
}

function keyText(check: MessageCheck): string {
  if (check.scheme === 'asymmetric' || check.key?.encoding === undefined) return '';
  const { encoding, stripPrefix } = check.key;
  const after = stripPrefix === undefined ? '' : ` after ${code(stripPrefix)}`;
  return `; the secret is decoded as ${encoding}${after}`;
}

function placesOf({ signature: { from, names } }: MessageCheck): string {
  const [first = '', ...rest] = names;
  if (rest.length === 0) return placeText(from, first);
  return rest.length === 1
    ? `headers ${code(first)} and ${code(rest[0] ?? '')}`
    : `headers ${code(first)} to ${code(rest.at(-1) ?? '')}`;
}

function placeText(from: Place, name: string): string {
  if (from === 'bodyPath') return `field ${code(name)} of the body`;
  return `${from === 'query' ? 'parameter' : 'header'} ${code(name)}`;
}

function credentialOf({ credential }: StaticCheck): string {
  if (credential.from === 'bearer') return `header ${code('Authorization')} as bearer token`;
  if (credential.from === 'basic') {
    return `header ${code('Authorization')} as HTTP basic password of ${code(credential.username)}`;
  }
  return placeText(credential.from, credential.name);
}

const partTexts: Readonly<Record<Extract<SignedPart, string>, string>> = {
  body: 'body',
  timestamp: 'timestamp',
  id: 'message id',
  method: 'method',
  url: 'address',
  url_decoded: 'address, some escapes undone',
  form_sorted: 'form fields sorted by name',
  body_sha256_hex: 'SHA-256 of the body',
  key: 'secret',
};

function partText(part: SignedPart): string {
  if (typeof part === 'string') return partTexts[part];
  if ('literal' in part) return code(part.literal);
  const [[place, name] = ['', '']] = Object.entries(part);
  return placeText(place as Place, name);
}

export function sourceText(source: IdempotencySource | null): string {
  if (source === null) return 'none';
  return source.type === 'header' ? `header ${code(source.value)}` : code(source.value);
}

export function handshakeText(handshake: Handshake): string {
  const methods = handshake.methods.join(', ');
  if (handshake.kind === 'store_key') {
    return `${methods}: the value of ${code(handshake.header)} becomes the key while the hook has none, and is given back.`;
  }
  if (handshake.kind === 'reply') {
    return `${methods}: a ${handshake.isSigned ? 'signed ' : ''}probe is answered ${handshake.status}.`;
  }
  const asked = placeText(handshake.from, handshake.name);
  if (handshake.kind === 'sign') {
    return `${methods}: the ${asked} is signed with the secret and given back as ${code(handshake.signatureField)}.`;
  }
  const token =
    handshake.token === undefined ? '' : ` when ${code(handshake.token.name)} is the verify token`;
  return `${methods}: the ${asked} of a ${handshake.isSigned ? 'signed ' : ''}request is given back${token}.`;
}
