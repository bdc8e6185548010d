/** Headers that carry credentials. They are never stored and never reach a handler (S-014). */
const credentialHeaders = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'proxy-authorization',
  'x-api-key',
]);

/**
 * The headers of a request as they may be stored: names in lower case, credentials left out,
 * repeated headers joined with a comma as HTTP allows.
 */
export function storableHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const stored: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (value === undefined || credentialHeaders.has(lower)) continue;
    stored[lower] = Array.isArray(value) ? value.join(', ') : value;
  }
  return stored;
}
