import { Resolver } from 'node:dns/promises';

/**
 * Looks up all addresses of a name, IPv4 first: more networks that run servers have it. An empty list
 * means that the name has none; a rejection, that nobody could say, or that `signal` was aborted.
 */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface ResolverOptions {
  /** Servers as `address` or `address:port`. Absent: those of the machine. */
  readonly servers?: readonly string[];
  /** Wait for the first answer of a server, in milliseconds; it doubles with each try. */
  readonly timeoutMs?: number;
  readonly tries?: number;
}

/** Once one family has answered, the other gets this much longer, in milliseconds. */
const slowerFamilyMs = 500;

/** What servers answer when the name, or an address of that family, does not exist. */
const emptyAnswers = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Makes the resolver of the product. It asks name servers itself, with time limits of its own:
 * the system's call blocks one of four threads that the file system and the compression share, so
 * that a slow name server of one tenant would stop all. For that it knows no /etc/hosts and no search
 * domains: operators name internal receivers in their DNS, or exempt a URL.
 */
export function makeResolve(options: ResolverOptions = {}): Resolve {
  const { servers, timeoutMs: timeout = 2_000, tries = 2 } = options;
  return async (hostname, signal) => {
    signal.throwIfAborted();
    // One for each lookup: cancelling ends all questions of a resolver.
    const resolver = new Resolver({ timeout, tries });
    if (servers !== undefined) resolver.setServers(servers);
    const stop = (): void => resolver.cancel();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await askBothFamilies(resolver, hostname);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  };
}

async function askBothFamilies(resolver: Resolver, hostname: string): Promise<readonly string[]> {
  let impatience: NodeJS.Timeout | undefined;
  const faults: unknown[] = [];
  const ask = async (question: Promise<string[]>): Promise<readonly string[]> => {
    try {
      const addresses = await question;
      impatience ??= setTimeout(() => resolver.cancel(), slowerFamilyMs);
      return addresses;
    } catch (error) {
      if (!emptyAnswers.has(codeOf(error))) faults.push(error);
      return [];
    }
  };
  const answers = await Promise.all([
    ask(resolver.resolve4(hostname)),
    ask(resolver.resolve6(hostname)),
  ]);
  clearTimeout(impatience);
  const addresses = answers.flat();
  if (addresses.length === 0 && faults.length > 0) {
    throw new Error(`the name could not be looked up: ${codeOf(faults[0])}`, { cause: faults[0] });
  }
  return addresses;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
