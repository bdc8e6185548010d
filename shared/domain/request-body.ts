import { parseJsonBody, type ParsedBody } from './json-body.ts';

/** Most fields of a form. More are refused before they are decoded. */
const formFieldsMax = 1_000;

/** What decides how a body is read. */
export interface BodyKind {
  readonly contentType: string | undefined;
  /** Whether the sender may send forms: some that have a preset do, and nobody else. */
  readonly isFormTaken: boolean;
}

/**
 * Parses the body of a request: JSON (S-004), or a form as an object of its fields. A field that comes
 * several times is a list.
 */
export function parseRequestBody(bytes: Uint8Array, kind: BodyKind): ParsedBody {
  return kind.isFormTaken && isForm(kind.contentType) ? parseForm(bytes) : parseJsonBody(bytes);
}

const isForm = (contentType: string | undefined): boolean =>
  /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType ?? '');

function parseForm(bytes: Uint8Array): ParsedBody {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { ok: false, reason: 'The form is not valid UTF-8.' };
  }
  if (text.split('&', formFieldsMax + 1).length > formFieldsMax) {
    return { ok: false, reason: `The form has more than ${formFieldsMax} fields.` };
  }
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const known = fields.get(name);
    fields.set(name, known === undefined ? value : [known, value].flat());
  }
  return { ok: true, value: Object.fromEntries(fields) };
}
