/** Longest value of one header, in characters. Receivers commonly take 8 KiB for all of them. */
export const headerValueLengthMax = 4_096;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
const visible = /^[\t\u0020-\u007e]*$/;

/**
 * Headers that frame a request or choose where it ends up, and those that open a cloud's metadata
 * service. No request carries them but as the client itself writes them.
 */
const clientHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-metadata-token',
]);
const clientPrefixes = ['proxy-', 'metadata', 'x-aws-ec2-metadata-token'];

/** What Tidegate signs with; a tenant must not seem to have signed something else. */
const ownPrefixes = ['webhook-'];

/**
 * Checks the name of a tenant's own header. Returns what is wrong, or undefined. Names that no request
 * may carry are refused, and those that Tidegate sets.
 */
export function checkHeaderName(name: string): string | undefined {
  return checkSentName(name) ?? (startsWithAny(name, ownPrefixes) ? 'is reserved' : undefined);
}

/**
 * Checks the value of a header, when it is saved and again when it is sent: an expression may have made
 * it meanwhile. Returns what is wrong, or undefined.
 */
export function checkHeaderValue(value: string): string | undefined {
  if (value.length > headerValueLengthMax) {
    return `is longer than ${headerValueLengthMax} characters`;
  }
  return visible.test(value) ? undefined : 'contains other than visible ASCII, blanks and tabs';
}

/** Checks all headers of a request before it is sent, Tidegate's own among them. */
export function checkSentHeaders(headers: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    const fault = checkSentName(name) ?? checkHeaderValue(value);
    if (fault !== undefined) return `${JSON.stringify(name.slice(0, 64))} ${fault}`;
  }
  return undefined;
}

function checkSentName(name: string): string | undefined {
  if (!token.test(name)) return 'is not a name of a header';
  const isReserved = clientHeaders.has(name.toLowerCase()) || startsWithAny(name, clientPrefixes);
  return isReserved ? 'is reserved' : undefined;
}

function startsWithAny(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.toLowerCase().startsWith(prefix));
}
