import { isInIpRange, parseIpAddress, parseIpRange } from '../domain/ip-range.ts';
import { classifyAddress, translatedTarget } from './address-class.ts';
import { isPublicPort, portOf, type EgressPolicy } from './policy.ts';

/** Most addresses of one name that are tried. A name may have thousands, and each costs a wait. */
export const dialledAddressesMax = 8;

/** The addresses to dial, in order; or why none of them is, for the operator. */
export type Admission =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly detail: string };

export interface AdmissionRequest {
  /** The parsed URL: its scheme and port decide along with the addresses. */
  readonly url: URL;
  /** Every address of its name. */
  readonly addresses: readonly string[];
  readonly policy: EgressPolicy;
  /** Whether an address is one of this machine's, public or not. */
  readonly isOwnAddress: (address: string) => boolean;
}

/**
 * Decides which addresses of a name may be dialled (S-080 to S-082). One refused address refuses the
 * whole answer: an honest name has none, and one that mixes them is waiting for its turn.
 */
export function admitAddresses(request: AdmissionRequest): Admission {
  const dialled: string[] = [];
  for (const address of request.addresses) {
    const verdict = judge(address, request);
    if (verdict === 'refused') return { ok: false, detail: `${address} is not allowed` };
    if (verdict === 'public' && !dialled.includes(address)) dialled.push(address);
  }
  return dialled.length === 0
    ? { ok: false, detail: `no usable address among ${request.addresses.length}` }
    : { ok: true, addresses: dialled.slice(0, dialledAddressesMax) };
}

function judge(address: string, request: AdmissionRequest): ReturnType<typeof classifyAddress> {
  const { url, policy, isOwnAddress } = request;
  if (isInAllowedRange(address, portOf(url), policy)) return 'public';
  const found = classifyAddress(address);
  if (found !== 'public') return found;
  // A public address of our own reaches what listens on all interfaces, past the firewall before it.
  return isPublicPort(url, policy) && !isOwnAddress(address) ? 'public' : 'refused';
}

function isInAllowedRange(text: string, port: number, policy: EgressPolicy): boolean {
  const address = parseIpAddress(text);
  if (address === undefined) return false;
  const isListed = policy.allowRanges.some((allowed) => {
    const block = parseIpRange(allowed.cidr);
    return allowed.port === port && block !== undefined && isInIpRange(address, block);
  });
  // A translator that the operator allows must not lead where IPv4 would not have been let through.
  const target = translatedTarget(text);
  if (!isListed || target === undefined) return isListed;
  return classifyAddress(target) === 'public' || isInAllowedRange(target, port, policy);
}
