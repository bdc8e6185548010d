export type ParsedBody =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string };

/** How deep a body may be nested. Deeper documents are refused before anything walks them. */
const nestingMax = 512;

/** Parses a raw body as UTF-8 JSON (S-004). An empty body is null. */
export function parseJsonBody(bytes: Uint8Array): ParsedBody {
  if (bytes.length === 0) return { ok: true, value: null };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { ok: false, reason: 'The body is not valid UTF-8.' };
  }
  if (text.startsWith('\uFEFF')) {
    return { ok: false, reason: 'The body begins with a byte order mark, which JSON forbids.' };
  }
  if (nesting(text) > nestingMax) {
    return { ok: false, reason: `The body is nested deeper than ${nestingMax} levels.` };
  }
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : 'The body is not JSON.' };
  }
}

/** The deepest level of brackets outside strings. Exact for valid JSON, an upper bound for the rest. */
function nesting(text: string): number {
  let deepest = 0;
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text[index];
    if (isInString) {
      if (unit === '\\') index += 1;
      else if (unit === '"') isInString = false;
    } else if (unit === '"') {
      isInString = true;
    } else if (unit === '{' || unit === '[') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (unit === '}' || unit === ']') {
      depth -= 1;
    }
  }
  return deepest;
}
