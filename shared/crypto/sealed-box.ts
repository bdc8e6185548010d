import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * One AES-256-GCM envelope: version, key id, nonce, ciphertext, tag.
 *
 *   byte 0        version (1)
 *   byte 1        length n of the key id
 *   2 … 2+n       key id, ASCII
 *   next 12       random nonce
 *   last 16       authentication tag
 *   between       ciphertext
 *
 * The associated data names the place the box belongs to (table, column, tenant, row), so that a
 * ciphertext copied to another row does not open there (design: security.md section 5).
 */
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
export const keyBytes = 32;

export interface NamedKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** Where a sealed value lives. Every part is bound into the authentication tag. */
export interface SealContext {
  readonly table: string;
  readonly column: string;
  readonly tenantId: string;
  readonly rowId: string;
}

function associatedData(context: SealContext, keyId: string): Buffer {
  return Buffer.from(
    JSON.stringify([context.table, context.column, context.tenantId, context.rowId, keyId]),
  );
}

/** Seals `plaintext` under `key` for one place. */
export function seal(key: NamedKey, context: SealContext, plaintext: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData(context, key.id));
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const id = Buffer.from(key.id, 'ascii');
  return Buffer.concat([Buffer.of(version, id.length), id, nonce, body, cipher.getAuthTag()]);
}

/** The id of the key that a box was sealed with. Throws when the box is not one of ours. */
export function sealedWith(box: Buffer): string {
  const idLength = box[1] ?? 0;
  if (box[0] !== version || box.length < 2 + idLength + nonceBytes + tagBytes) {
    throw new Error('sealed value has an unknown format');
  }
  return box.subarray(2, 2 + idLength).toString('ascii');
}

/** Opens a box. Throws when the key, the place or any byte of it is not the one it was sealed with. */
export function open(key: NamedKey, context: SealContext, box: Buffer): Buffer {
  if (sealedWith(box) !== key.id) throw new Error('sealed value belongs to another key');
  const nonceStart = 2 + Buffer.byteLength(key.id, 'ascii');
  const bodyStart = nonceStart + nonceBytes;
  const nonce = box.subarray(nonceStart, bodyStart);
  const decipher = createDecipheriv('aes-256-gcm', key.key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(associatedData(context, key.id));
  decipher.setAuthTag(box.subarray(box.length - tagBytes));
  return Buffer.concat([
    decipher.update(box.subarray(bodyStart, box.length - tagBytes)),
    decipher.final(),
  ]);
}
