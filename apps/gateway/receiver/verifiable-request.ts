import type { VerifiableRequest } from '../../../shared/verification/types.ts';
import type { InboundRequest } from './inbound-request.ts';

/**
 * A request as the verifier looks at it. Repeated headers stay apart, which Node's own view joins:
 * a doubled signature header must be seen to be refused.
 */
export function verifiableRequest(request: InboundRequest, publicUrl: string): VerifiableRequest {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    append(headers, (request.rawHeaders[index] ?? '').toLowerCase(), request.rawHeaders[index + 1]);
  }
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(request.rawQuery)) append(query, name, value);
  const search = request.rawQuery === '' ? '' : `?${request.rawQuery}`;
  return {
    method: request.method,
    url: publicUrl + request.path + search,
    path: request.path,
    query,
    headers,
    body: request.body,
    clientIp: request.clientIp,
  };
}

function append(map: Map<string, string[]>, name: string, value = ''): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}
