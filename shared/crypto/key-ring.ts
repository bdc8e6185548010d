import { keyBytes, open, seal, sealedWith, type NamedKey, type SealContext } from './sealed-box.ts';

/**
 * The master keys of an installation. The first one seals, all of them open, so that a key can be
 * replaced without an outage: add the new one in front, re-wrap, then drop the old one.
 */
export interface KeyRing {
  readonly primaryId: string;
  readonly ids: readonly string[];
  seal(context: SealContext, plaintext: Uint8Array): Buffer;
  /** Throws when no key of the ring carries the id the box was sealed with. */
  open(context: SealContext, box: Buffer): Buffer;
}

const idPattern = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Reads a key ring from its text form: `id:base64,id:base64`, each key 32 bytes.
 * Throws an Error whose message names the entry at fault and never the key.
 */
export function parseKeyRing(text: string): KeyRing {
  const keys = text.split(',').map((entry, index) => parseEntry(entry.trim(), index + 1));
  const [primary] = keys;
  if (primary === undefined) throw new Error('the key ring is empty');
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size !== keys.length) throw new Error('two keys of the ring share an id');
  return {
    primaryId: primary.id,
    ids: [...byId.keys()],
    seal: (context, plaintext) => seal(primary, context, plaintext),
    open: (context, box) => {
      const id = sealedWith(box);
      const key = byId.get(id);
      if (key === undefined) {
        throw new Error(`master key ${JSON.stringify(id)} is missing from TIDEGATE_MASTER_KEYS`);
      }
      return open(key, context, box);
    },
  };
}

function parseEntry(entry: string, position: number): NamedKey {
  const separator = entry.indexOf(':');
  const id = entry.slice(0, Math.max(separator, 0));
  const encoded = entry.slice(separator + 1);
  const key = Buffer.from(encoded, 'base64');
  if (!idPattern.test(id)) {
    throw new Error(`entry ${position}: wants id:base64, the id of 1-32 letters, digits, _ or -`);
  }
  // Node's decoder skips what is not base64; the round trip refuses such a key.
  if (key.length !== keyBytes || key.toString('base64') !== encoded) {
    throw new Error(`entry ${position}: the key is not 32 bytes in base64`);
  }
  return { id, key };
}
