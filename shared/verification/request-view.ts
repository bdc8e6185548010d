import { parseJsonBody } from '../domain/json-body.ts';
import type { Place } from '../schemas/verifier-check.ts';
import type { VerifiableRequest } from './types.ts';

/** A value that must be there once. Two of a kind are refused: which one counts is not ours to guess. */
export type Reading =
  | { readonly kind: 'one'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'doubled' };

/** Finds values in a request. Bodies are parsed at most once, and only when a check asks for a field. */
export interface RequestView {
  readonly request: VerifiableRequest;
  read(place: Place, name: string): Reading;
  /** The values at a path of the JSON body; `*` stands for every item of a list. */
  bodyValues(path: string): readonly unknown[];
  /** Names and values of a form body in order; undefined when it is not declared as one, or too long. */
  form(): readonly (readonly [name: string, value: string])[] | undefined;
}

/** How many values a path with `*` may name. */
const bodyValuesMax = 10_000;

export function viewRequest(request: VerifiableRequest): RequestView {
  let json: { readonly value: unknown } | undefined;
  const parsed = (): unknown => {
    if (json === undefined) {
      const body = parseJsonBody(request.body);
      json = { value: body.ok ? body.value : undefined };
    }
    return json.value;
  };
  const bodyValues = (path: string): readonly unknown[] => valuesAt(parsed(), path);
  return {
    request,
    bodyValues,
    read(place, name) {
      if (place === 'header') return single(request.headers.get(name.toLowerCase()) ?? []);
      if (place === 'query') return single(request.query.get(name) ?? []);
      return single(
        bodyValues(name)
          .map(asText)
          .filter((text) => text !== undefined),
      );
    },
    form: () => parseForm(request),
  };
}

/** One text, or why there is not exactly one. */
export function single(texts: readonly string[]): Reading {
  const [text] = texts;
  if (text === undefined) return { kind: 'missing' };
  return texts.length > 1 ? { kind: 'doubled' } : { kind: 'one', text };
}

/** The media type of a request without its parameters, in lower case. */
export function mediaType(request: VerifiableRequest): string {
  const declared = request.headers.get('content-type')?.[0] ?? '';
  return declared.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Values at a dotted path. Only a document's own fields count, never what an object inherits. */
export function valuesAt(document: unknown, path: string): readonly unknown[] {
  let values: unknown[] = [document];
  for (const segment of path.split('.')) {
    values = values.flatMap((value) => {
      if (Array.isArray(value) && segment === '*') return value as unknown[];
      const isField = typeof value === 'object' && value !== null && Object.hasOwn(value, segment);
      // What is not there counts: of a list, every item has to carry the field.
      return [isField ? (value as Record<string, unknown>)[segment] : undefined];
    });
    if (values.length > bodyValuesMax) return [];
  }
  return values;
}

/** Texts, and whole numbers that JSON.parse keeps exact. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** How many fields a form may have. Taking a million apart would hold up everybody for seconds. */
const formFieldsMax = 1_000;

function parseForm(request: VerifiableRequest): (readonly [string, string])[] | undefined {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') return undefined;
  const text = request.body.toString('utf8');
  if (text.split('&', formFieldsMax + 1).length > formFieldsMax) return undefined;
  return [...new URLSearchParams(text)];
}
