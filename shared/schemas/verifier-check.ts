import { z } from 'zod';
import { parseIpRange } from '../domain/ip-range.ts';

/** Bounds of a verifier, so that one request cannot ask for much work. */
export const verifierLimits = {
  /** Levels of `allOf` and `anyOf` above a check. */
  depth: 3,
  checks: 8,
  /** Signatures of one request that are tried, and keys that each is tried with. */
  signatures: 8,
  keys: 8,
  cidrs: 256,
} as const;

/** The age and the lead a timestamp may have when its check does not say, in seconds. */
export const toleranceSecondsDefault = 300;
export const defaultSlot = 'default';

const name = z.string().regex(/^[\x21-\x7e]{1,128}$/);
const slot = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
/** Text that stands in a signature header: printable ASCII and blanks. */
const text = z.string().regex(/^[\x20-\x7e]{1,64}$/);
const toleranceSeconds = z.number().int().min(1).max(604_800);
const place = z.enum(['header', 'query', 'bodyPath']);
const bytesEncoding = z.enum(['hex', 'base64', 'base64url']);

/** The slot of the keys, for schemes whose key material has one form only. */
const slotKey = z.strictObject({ slot: slot.optional() });

const secretKey = z.strictObject({
  slot: slot.optional(),
  /** How the bytes of the key are made from the stored text. Default `utf8`: the text itself. */
  encoding: z.enum(['utf8', 'base64', 'base64url', 'hex']).optional(),
  /** Text in front of the stored key that is not part of it, such as `whsec_`. May be absent there. */
  stripPrefix: text.optional(),
});

const signature = z.strictObject({
  from: place,
  /** Headers, parameters or body paths, each of which may carry signatures. */
  names: z.array(name).min(1).max(verifierLimits.signatures),
  /** What stands between several signatures in one value. Absent: the value is one signature. */
  itemSep: z.enum([',', ';', ' ']).optional(),
  /** What stands between the name and the value of an item, as in `v1=…`. Needs `fields`. */
  kvSep: z.enum(['=', ',', ':']).optional(),
  /** Names of the items that are signatures; others are left alone. */
  fields: z.array(text).min(1).max(4).optional(),
  /** Text in front of each signature, such as `sha256=`. */
  prefix: text.optional(),
  isPrefixOptional: z.boolean().optional(),
  encoding: bytesEncoding,
});

const timestamp = z.strictObject({
  /** `signature`: an item of the signature header, such as `t`. */
  from: z.enum([...place.options, 'signature']),
  name,
  format: z.enum(['unix_s', 'unix_ms', 'iso8601']),
  maxAgeSeconds: toleranceSeconds.optional(),
  maxFutureSeconds: toleranceSeconds.optional(),
});

const messageId = z.strictObject({ from: place, name });

/** A part of the signed text. Parts are joined in order, with nothing between them. */
const signedPart = z.union([
  z.enum([
    'body',
    /** As it was sent, not as a number. */
    'timestamp',
    'id',
    'method',
    /** The public address the sender called, with its query. */
    'url',
    /** The same with the escapes undone that HubSpot undoes. */
    'url_decoded',
    /** Names and values of a form body, sorted by name. */
    'form_sorted',
    'body_sha256_hex',
    /** The key itself. Only of `hash_concat`. */
    'key',
  ]),
  z.strictObject({ literal: text }),
  z.strictObject({ header: name }),
  z.strictObject({ query: name }),
  z.strictObject({ bodyPath: name }),
]);

/** What the schemes that sign a text have in common. */
const message = {
  signature,
  timestamp: timestamp.optional(),
  messageId: messageId.optional(),
  signed: z.array(signedPart).min(1).max(16),
  /** Address the sender knows this hook by, when it is not the public address of the installation. */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional(),
};

const hmacCheck = z.strictObject({
  scheme: z.literal('hmac'),
  algorithm: z.enum(['sha1', 'sha256', 'sha384', 'sha512']),
  key: secretKey.optional(),
  ...message,
});

const hashConcatCheck = z.strictObject({
  scheme: z.literal('hash_concat'),
  algorithm: z.literal('sha256'),
  key: secretKey.optional(),
  ...message,
});

const asymmetricCheck = z.strictObject({
  scheme: z.literal('asymmetric'),
  algorithm: z.enum(['ed25519', 'ecdsa_p256_sha256']),
  key: slotKey.optional(),
  ...message,
});

const credential = z.discriminatedUnion('from', [
  /** `Authorization: Bearer <token>`, the scheme in any case. */
  z.strictObject({ from: z.literal('bearer') }),
  /** HTTP basic: the user name is configuration, the password is the key. */
  z.strictObject({ from: z.literal('basic'), username: z.string().regex(/^[^:\p{Cc}]{1,64}$/u) }),
  z.strictObject({ from: z.literal('header'), name, prefix: text.optional() }),
  z.strictObject({ from: z.literal('query'), name }),
  /** A field of a JSON body. With `*` for the items of a list, every item must carry the token. */
  z.strictObject({ from: z.literal('bodyPath'), name }),
]);

const staticCheck = z.strictObject({
  scheme: z.literal('static'),
  key: slotKey.optional(),
  credential,
});

const jwtBodyHashCheck = z.strictObject({
  scheme: z.literal('jwt_body_hash'),
  algorithm: z.enum(['HS256', 'HS384', 'HS512']),
  key: secretKey.optional(),
  token: z.strictObject({ header: name, prefix: text.optional() }),
  /** The claim that carries the SHA-256 of the body. */
  bodyHash: z.strictObject({ claim: name, encoding: bytesEncoding }),
  issuer: z.string().min(1).max(256).optional(),
  /** Longest time since `iat`. Absent: only `exp` and `nbf` are looked at, where the token has them. */
  maxAgeSeconds: toleranceSeconds.optional(),
});

const bodyDigestCheck = z.strictObject({
  scheme: z.literal('body_digest'),
  algorithm: z.literal('sha256'),
  digest: z.strictObject({ from: z.enum(['header', 'query']), name, encoding: bytesEncoding }),
  /** False: passes when there is no digest. A digest that is there must be right. */
  isRequired: z.boolean().optional(),
});

/** A check of the client's address. */
export const ipCheck = z.strictObject({
  scheme: z.literal('ip'),
  cidrs: z
    .array(
      z.string().refine((entry) => parseIpRange(entry) !== undefined, {
        error: 'Write an address or a CIDR block, such as 192.0.2.7 or 2001:db8::/32.',
      }),
    )
    .min(1)
    .max(verifierLimits.cidrs),
});

/** One check. What it names and what it signs must fit together (see `contradictions`). */
export const checkSchema = z
  .discriminatedUnion('scheme', [
    hmacCheck,
    hashConcatCheck,
    asymmetricCheck,
    staticCheck,
    jwtBodyHashCheck,
    bodyDigestCheck,
    ipCheck,
  ])
  .superRefine((check, context) => {
    if ('signed' in check) for (const message of contradictions(check)) context.addIssue(message);
  })
  .meta({ id: 'VerifierCheck' });

export type Check = z.infer<typeof checkSchema>;
export type HmacCheck = z.infer<typeof hmacCheck>;
export type HashConcatCheck = z.infer<typeof hashConcatCheck>;
export type AsymmetricCheck = z.infer<typeof asymmetricCheck>;
/** A check of a signature over parts of the request. */
export type MessageCheck = HmacCheck | HashConcatCheck | AsymmetricCheck;
export type StaticCheck = z.infer<typeof staticCheck>;
export type JwtBodyHashCheck = z.infer<typeof jwtBodyHashCheck>;
export type BodyDigestCheck = z.infer<typeof bodyDigestCheck>;
export type IpCheck = z.infer<typeof ipCheck>;
export type SignatureFormat = z.infer<typeof signature>;
export type SignedPart = z.infer<typeof signedPart>;
export type SecretKeyFormat = z.infer<typeof secretKey>;
export type BytesEncoding = z.infer<typeof bytesEncoding>;
export type Place = z.infer<typeof place>;
export type TimestampFormat = z.infer<typeof timestamp>['format'];

/** The slot of the keys of a check; undefined for one that has none. */
export function slotOf(check: Check): string | undefined {
  if (check.scheme === 'ip' || check.scheme === 'body_digest') return undefined;
  return check.key?.slot ?? defaultSlot;
}

/** What is named but not signed, or signed but not named: each would weaken or break the check. */
function contradictions(
  check: MessageCheck,
): { code: 'custom'; path: string[]; message: string }[] {
  const found: { code: 'custom'; path: string[]; message: string }[] = [];
  const report = (isWrong: boolean, path: string, message: string) => {
    if (isWrong) found.push({ code: 'custom', path: [path], message });
  };
  const { signed, signature, timestamp, messageId } = check;
  const isSigned = (part: SignedPart) => signed.includes(part);
  const isTimeCovered =
    isSigned('timestamp') ||
    (timestamp?.from === 'bodyPath' && (isSigned('body') || isSigned('body_sha256_hex')));
  report(
    timestamp !== undefined && !isTimeCovered,
    'timestamp',
    'The timestamp is not part of what is signed, so anyone could change it.',
  );
  report(isSigned('timestamp') && timestamp === undefined, 'signed', 'Say where the timestamp is.');
  report(isSigned('id') && messageId === undefined, 'signed', 'Say where the message id is.');
  report(messageId !== undefined && !isSigned('id'), 'messageId', 'The message id is not signed.');
  report(
    (signature.kvSep === undefined) !== (signature.fields === undefined),
    'signature',
    'kvSep and fields belong together.',
  );
  report(
    timestamp?.from === 'signature' && signature.kvSep === undefined,
    'timestamp',
    'Only a signature made of named items carries a timestamp.',
  );
  report(
    signed.every((part) => typeof part === 'object' && 'literal' in part),
    'signed',
    'Nothing of the request is signed.',
  );
  report(
    isSigned('key') !== (check.scheme === 'hash_concat'),
    'signed',
    'The key is a part of what hash_concat hashes, and of nothing else.',
  );
  return found;
}
