import { checksOf } from '../../schemas/verifier.ts';
import type { VerifiableRequest } from '../types.ts';
import type { VerifyInput } from '../verify.ts';
import type { FindingCode } from './finding.ts';
import { mapMessageChecks, type Variation } from './variation.ts';

const variationsMax = 64;

/** The address as the sender may know it, for verifiers that sign it. */
export function urlVariations({ verifier, request }: VerifyInput): Variation[] {
  const signsUrl = checksOf(verifier).some(
    (check) =>
      'signed' in check && (check.signed.includes('url') || check.signed.includes('url_decoded')),
  );
  if (!signsUrl || !URL.canParse(request.url)) return [];
  // An override in the verifier would hide the address that is tried.
  const bare = mapMessageChecks(verifier, (check) => ({ ...check, publicUrl: undefined }));
  return addresses(request)
    .slice(0, variationsMax)
    .map((url) => ({
      code: codeOf(new URL(request.url), new URL(url)),
      message: `The sender signed the address ${url.split('?', 1)[0]}${url.includes('?') ? ' with its query' : ' without a query'}. Correct the public address of the installation, or set publicUrl in the verifier.`,
      change: { verifier: bare, request: { ...request, url } },
    }));
}

/** Every mix of scheme, host, port, trailing slash and query that a proxy can lead to. */
function addresses(request: VerifiableRequest): string[] {
  const seen = new URL(request.url);
  const first = (name: string) => request.headers.get(name)?.[0]?.split(',', 1)[0]?.trim();
  const hosts = [seen.host, first('x-forwarded-host'), first('host')].filter(
    (host) => host !== undefined && URL.canParse(`https://${host}`),
  );
  const names = hosts.map((host) => new URL(`https://${host}`).hostname);
  const places = new Set([...hosts, ...names, ...names.flatMap((it) => [`${it}:443`, `${it}:80`])]);
  // Not from the parsed form, which would change the spelling that is signed.
  const path = request.url.replace(/^https?:\/\/[^/?]*/i, '');
  const [pathname = '', query] = path.split('?', 2);
  const other = pathname.endsWith('/') ? pathname.slice(0, -1) : `${pathname}/`;
  const tails = [path, query === undefined ? other : `${other}?${query}`, pathname];
  const all = [...places].flatMap((place) =>
    ['https', 'http'].flatMap((scheme) => tails.map((tail) => `${scheme}://${place}${tail}`)),
  );
  return [...new Set(all)].filter((url) => url !== request.url);
}

function codeOf(seen: URL, tried: URL): FindingCode {
  const changes: FindingCode[] = [];
  if (seen.protocol !== tried.protocol) changes.push('url_scheme');
  if (seen.hostname !== tried.hostname) changes.push('url_host');
  // A port that is the default of its scheme disappears in the parsed form.
  else if (seen.host !== tried.host || seen.href === tried.href) changes.push('url_port');
  if (seen.pathname !== tried.pathname) changes.push('url_slash');
  if (seen.search !== tried.search) changes.push('url_query');
  const [only] = changes;
  return changes.length === 1 && only !== undefined ? only : 'url_several';
}
