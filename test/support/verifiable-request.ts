import type { VerifiableRequest, VerificationKey } from '../../shared/verification/types.ts';

interface RequestOptions {
  readonly method?: string;
  readonly url?: string;
  /** A list sends the header once for each entry. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  readonly clientIp?: string | null;
}

/** A request as the receiver would hand it to the verifier. */
export function makeRequest(options: RequestOptions = {}): VerifiableRequest {
  const url = options.url ?? 'https://gw.example.test/in/acme/src';
  const { pathname, searchParams } = new URL(url);
  const query = new Map<string, string[]>();
  for (const [name, value] of searchParams) query.set(name, [...(query.get(name) ?? []), value]);
  return {
    method: options.method ?? 'POST',
    url,
    path: pathname,
    query,
    headers: new Map(
      Object.entries(options.headers ?? {}).map(([name, value]) => [
        name.toLowerCase(),
        typeof value === 'string' ? [value] : value,
      ]),
    ),
    body: Buffer.from(options.body ?? ''),
    clientIp: options.clientIp ?? null,
  };
}

/** The same request with some headers set, or taken out where the value is undefined. */
export function withHeaders(
  request: VerifiableRequest,
  changes: Readonly<Record<string, string | readonly string[] | undefined>>,
): VerifiableRequest {
  const headers = new Map(request.headers);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) headers.delete(name.toLowerCase());
    else headers.set(name.toLowerCase(), typeof value === 'string' ? [value] : value);
  }
  return { ...request, headers };
}

/** A live key of a slot. */
export function makeKey(material: string, slot = 'default', id = `key-${slot}`): VerificationKey {
  return { id, slot, material: Buffer.from(material) };
}
