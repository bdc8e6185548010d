import type { TenantId } from '../../../shared/domain/ids.ts';
import { isStorableText } from '../../../shared/domain/storable-text.ts';
import type { Evaluator } from '../../../shared/evaluator/evaluator.ts';
import type { EvaluationContext } from '../../../shared/evaluator/protocol.ts';
import type { LanguageLevel } from '../../../shared/domain/language-level.ts';
import type { IdempotencySource } from '../../../shared/schemas/hook.ts';

export type KeyResult =
  | { readonly ok: true; readonly key: string | null }
  | { readonly ok: false; readonly reason: string };

/** The part of a hook that says where its key comes from. */
export interface KeyedHook {
  readonly idempotencySource: IdempotencySource | null;
  readonly languageLevel: LanguageLevel;
}

const keyLengthMax = 255;

/**
 * The idempotency key of a request (S-015): from a header or an expression, trimmed, an empty one
 * meaning none. Refused when the expression fails, yields an object or list, or the key is longer
 * than 255 characters or cannot be kept exactly: a key that was cut or rounded would make two requests
 * one.
 */
export async function findIdempotencyKey(
  evaluator: Evaluator,
  tenantId: TenantId,
  hook: KeyedHook,
  context: EvaluationContext,
): Promise<KeyResult> {
  const source = hook.idempotencySource;
  if (source === null) return { ok: true, key: null };
  if (source.type === 'header') return asKey(context.headers[source.value.toLowerCase()]);
  const [result] = await evaluator.evaluate({
    tenantId,
    level: hook.languageLevel,
    expressions: [{ name: 'idempotencyKey', text: source.value }],
    context,
    budget: 'key',
  });
  if (result === undefined || !result.ok) {
    return { ok: false, reason: result?.reason ?? 'the expression was not evaluated' };
  }
  return asKey(result.value);
}

function asKey(value: unknown): KeyResult {
  if (value === undefined || value === null) return { ok: true, key: null };
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return { ok: false, reason: 'the key is not a text or a number' };
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return { ok: false, reason: 'the key is a number too large to be exact; send it as a text' };
  }
  const key = String(value).trim();
  if (!isStorableText(key)) {
    return { ok: false, reason: 'the key contains a NUL character or half a surrogate pair' };
  }
  if (key.length > keyLengthMax) {
    return { ok: false, reason: `the key is longer than ${keyLengthMax} characters` };
  }
  return { ok: true, key: key === '' ? null : key };
}
