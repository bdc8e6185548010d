import { parseJsonBody } from '../domain/json-body.ts';
import { isJsonObject } from '../domain/json-object.ts';
import type { Check, Place } from '../schemas/verifier-check.ts';
import type { VerifiableRequest } from './types.ts';

/** A request being signed, and what signing has added to it so far. */
export interface RequestDraft {
  readonly request: VerifiableRequest;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

export interface SigningContext {
  readonly keyMaterial: (check: Check) => string | undefined;
  readonly nowMs: number;
  readonly messageId: string;
}

/** A draft with its proof, or why this check cannot be met. */
export type Signing =
  | { readonly ok: true; readonly draft: RequestDraft }
  | { readonly ok: false; readonly reason: string };

/** Puts a value into a request that does not carry it yet. */
export function place(draft: RequestDraft, at: Place, name: string, text: string): RequestDraft {
  if (at === 'header') return placeHeader(draft, name, text);
  if (at === 'query') return placeQuery(draft, name, text);
  const body = withField(draft.request.body, name, text);
  return { ...draft, request: { ...draft.request, body } };
}

function placeHeader(draft: RequestDraft, name: string, text: string): RequestDraft {
  const headers = new Map(draft.request.headers).set(name.toLowerCase(), [text]);
  return {
    ...draft,
    request: { ...draft.request, headers },
    headers: { ...draft.headers, [name]: text },
  };
}

/** Appends a parameter. What stands in the address keeps its spelling, because addresses are signed. */
function placeQuery(draft: RequestDraft, name: string, text: string): RequestDraft {
  const { url } = draft.request;
  const parameter = `${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
  const request = {
    ...draft.request,
    url: `${url}${url.includes('?') ? '&' : '?'}${parameter}`,
    query: new Map(draft.request.query).set(name, [text]),
  };
  return { ...draft, request, query: { ...draft.query, [name]: text } };
}

/** A JSON body with a field set; a body that is not a JSON object is replaced by one. */
function withField(body: Buffer, path: string, value: string): Buffer {
  const parsed = parseJsonBody(body);
  const document = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  return Buffer.from(JSON.stringify(setAt(document, path.split('.'), value)));
}

function setAt(target: unknown, path: readonly string[], value: string): unknown {
  const [segment, ...rest] = path;
  if (segment === undefined) return value;
  if (segment === '*') return itemsOf(target).map((item) => setAt(item, rest, value));
  const fields = isJsonObject(target) ? target : {};
  return { ...fields, [segment]: setAt(fields[segment], rest, value) };
}

/** The items of a list; one empty item where there is none to put the value into. */
const itemsOf = (target: unknown): unknown[] =>
  Array.isArray(target) && target.length > 0 ? target : [{}];
