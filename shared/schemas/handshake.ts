import { z } from 'zod';

/**
 * How a hook proves to a sender that the address is meant, as data. A handshake answers a request
 * itself; nothing is stored and nothing is dispatched. `methods` tells the receiver which requests to
 * offer to it, `when` what they must look like.
 */
const name = z.string().regex(/^[\x21-\x7e]{1,128}$/);
const slot = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
const place = z.enum(['header', 'query', 'bodyPath']);
const methods = z
  .array(z.enum(['GET', 'HEAD', 'POST']))
  .min(1)
  .max(3);

const conditions = z
  .array(
    z.strictObject({
      from: place,
      name,
      equals: z.union([z.string().max(128), z.number().int()]),
    }),
  )
  .max(4);

/** Gives back what the sender sent: as text, as a field of a JSON document, or as a header. */
const echo = z.strictObject({
  kind: z.literal('echo'),
  methods,
  when: conditions.optional(),
  from: place,
  name,
  as: z.discriminatedUnion('in', [
    z.strictObject({ in: z.literal('text') }),
    z.strictObject({ in: z.literal('json'), name }),
    z.strictObject({ in: z.literal('header'), name }),
  ]),
  /** Whether the request must pass the verifier of the hook first. */
  isSigned: z.boolean(),
  /** A token that the request must carry, kept in a slot of its own. */
  token: z.strictObject({ from: z.enum(['header', 'query']), name, slot }).optional(),
});

/** Proves that we hold the key by the HMAC-SHA256 of a text of the sender, in a JSON document. */
const sign = z.strictObject({
  kind: z.literal('sign'),
  methods,
  when: conditions.optional(),
  from: place,
  name,
  slot: slot.optional(),
  encoding: z.enum(['hex', 'base64']),
  prefix: z.string().max(16).optional(),
  /** The field for the HMAC, and the one for the text itself when it is repeated. */
  signatureField: name,
  textField: name.optional(),
});

/** Takes the key that the sender chose, while the hook has none, and gives it back as a header. */
const storeKey = z.strictObject({
  kind: z.literal('store_key'),
  methods,
  header: name,
  slot: slot.optional(),
});

/** A fixed answer to a probe. */
const reply = z.strictObject({
  kind: z.literal('reply'),
  methods,
  when: conditions.optional(),
  isSigned: z.boolean(),
  status: z.union([z.literal(200), z.literal(204)]),
  json: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

export const handshakeSchema = z
  .discriminatedUnion('kind', [echo, sign, storeKey, reply])
  .meta({ id: 'Handshake' });
export type Handshake = z.infer<typeof handshakeSchema>;
export type EchoHandshake = z.infer<typeof echo>;
export type SignHandshake = z.infer<typeof sign>;
export type StoreKeyHandshake = z.infer<typeof storeKey>;
export type ReplyHandshake = z.infer<typeof reply>;
export type HandshakeCondition = z.infer<typeof conditions>[number];
