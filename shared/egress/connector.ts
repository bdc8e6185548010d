import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { buildConnector } from 'undici';
import { admitAddresses } from './admission.ts';
import { asConnectionError, ConnectionError } from './failure.ts';
import { isAllowedLoopback, type EgressPolicy } from './policy.ts';
import type { Resolve } from './resolver.ts';

export interface ConnectorDeps {
  readonly policy: EgressPolicy;
  readonly resolve: Resolve;
  readonly isOwnAddress: (address: string) => boolean;
  /** Authorities trusted besides those of Node and NODE_EXTRA_CA_CERTS, in PEM. */
  readonly caCertificates: readonly string[];
}

/** Longest that finding, reaching and securing one connection may take, in milliseconds. */
const connectTimeoutMs = 10_000;

/**
 * Wait for one address before the next is tried beside it, in milliseconds. Node's 250 gives up on
 * receivers at the other end of the world.
 */
const nextAddressMs = 500;

/**
 * Opens the connections to one origin. Every connection looks its name up, has all addresses judged and
 * dials one of those, in one step: there is no moment between the check and the use in which the name
 * could change (S-082). The name stays what the certificate is checked for.
 *
 * With `isExempt` the addresses are not judged; such connections must serve exempt URLs only.
 */
export function makeConnector(
  origin: URL,
  isExempt: boolean,
  deps: ConnectorDeps,
): buildConnector.connector {
  const hostname = origin.hostname.replace(/^\[|\]$/g, '');

  function admit(addresses: readonly string[]): readonly string[] {
    if (isExempt || isAllowedLoopback(origin.hostname, deps.policy)) return addresses;
    const admission = admitAddresses({ url: origin, addresses, ...deps });
    if (admission.ok) return admission.addresses;
    throw new ConnectionError('blocked', `${hostname}: ${admission.detail}`);
  }

  const lookup: LookupFunction = (_name, options, callback) => {
    lookUp(hostname, deps.resolve)
      .then(admit)
      .then(
        (addresses) => {
          const dialled = addresses.map((address) => ({ address, family: isIP(address) }));
          if (options.all === true) callback(null, dialled);
          else callback(null, dialled[0]?.address ?? '', dialled[0]?.family);
        },
        (error: Error) => callback(error, []),
      );
  };

  const open = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: nextAddressMs,
    ...(deps.caCertificates.length > 0
      ? { ca: [...getCACertificates('default'), ...deps.caCertificates] }
      : {}),
  });

  return (options, callback) => {
    try {
      // Sockets skip the lookup where the host is an address, so that is judged before.
      if (isIP(hostname) !== 0) admit([hostname]);
    } catch (error) {
      queueMicrotask(() => callback(error as Error, null));
      return undefined;
    }
    // The socket is returned so that the client can give up an attempt that nobody waits for any more.
    return open(options, (error, socket) => {
      if (error === null) callback(null, socket);
      else callback(asConnectionError(error), null);
    });
  };
}

/** All addresses of a name, of which there is at least one. */
async function lookUp(hostname: string, resolve: Resolve): Promise<readonly string[]> {
  // No name server needs to know this one, and one that answers differently is not to be believed.
  if (hostname === 'localhost') return ['127.0.0.1', '::1'];
  const addresses = await resolve(hostname, AbortSignal.timeout(connectTimeoutMs)).catch(
    (error: unknown) => {
      throw new ConnectionError('dns', `${hostname}: ${String(error)}`, { cause: error });
    },
  );
  if (addresses.length === 0) throw new ConnectionError('dns', `${hostname}: no address`);
  return addresses;
}
