import { Agent, Pool } from 'undici';
import { admitAddresses } from './admission.ts';
import { makeConnector } from './connector.ts';
import { startDeadline } from './deadline.ts';
import { checkEndpointUrl, type UrlVerdict } from './endpoint-url.ts';
import { exchange } from './exchange.ts';
import { classifyFailure } from './failure.ts';
import { checkSentHeaders } from './headers.ts';
import { isOwnAddress } from './own-addresses.ts';
import { normalisePolicy, type EgressPolicy } from './policy.ts';
import type { Resolve } from './resolver.ts';
import { failureMessages, type EgressResult, type FailureClass } from './result.ts';

export interface EgressOptions {
  /** What the operator allows. */
  readonly policy: EgressPolicy;
  readonly resolve: Resolve;
  /** Authorities trusted besides those of Node and NODE_EXTRA_CA_CERTS, in PEM. */
  readonly caCertificates?: readonly string[];
  /** Most connections to one origin at once; further requests wait within their deadline. */
  readonly connectionsPerOrigin?: number;
}

export interface EgressRequest {
  readonly url: string;
  /** Sent as they are. A tenant's own must have passed checkHeaderName when they were saved. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  /** From the call to the last byte of the answer, in milliseconds (S-058). */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The one place from which the product sends HTTP requests. */
export interface Egress {
  /**
   * Sends one POST. What a receiver does or fails to do is a value; rejects only with the reason of
   * `signal`, when that fires.
   */
  post(request: EgressRequest): Promise<EgressResult>;
  /** Checks a URL when it is saved: its text, and what its name resolves to now (S-080). */
  checkUrl(text: string): Promise<UrlVerdict>;
  /** Lets running requests end and closes all connections. */
  close(): Promise<void>;
}

const connectionsPerOriginDefault = 256;
/** Longest that saving an endpoint waits for the name of its host, in milliseconds. */
const checkTimeoutMs = 5_000;
/**
 * An idle connection ends after this, in milliseconds, also if the receiver offers longer: below the
 * five seconds after which many servers hang up, which loses the request that crosses it.
 */
const idleMs = 4_000;
/** A busy connection is replaced after this, in milliseconds, so that a changed name takes effect. */
const connectionLifeMs = 60_000;
/** Most bytes of an answer's headers. */
const headerBytesMax = 16_384;

/** One text for a name without address and for one that leads inside: it must not tell which. */
const unusableHost = 'names a host that does not resolve to public addresses';

/** Makes the client. Takes the operator's policy and the means to look names up. */
export function makeEgress(options: EgressOptions): Egress {
  const policy = normalisePolicy(options.policy);
  const { resolve, caCertificates = [] } = options;
  const connections = options.connectionsPerOrigin ?? connectionsPerOriginDefault;
  const deps = { policy, resolve, isOwnAddress, caCertificates };

  // Connections that were opened without judging addresses are kept apart: an exempt URL must not leave
  // an open door for all others of its origin.
  const [judged, exempt] = [false, true].map((isExempt) =>
    makeAgent((origin) => makeConnector(origin, isExempt, deps), connections),
  ) as [Agent, Agent];

  return {
    post: async (request) => {
      const startedAt = performance.now();
      const took = (): number => Math.round(performance.now() - startedAt);
      const failed = (failure: FailureClass, detail: string): EgressResult => ({
        kind: 'failed',
        class: failure,
        message: failureMessages[failure],
        detail,
        durationMs: took(),
      });

      request.signal?.throwIfAborted();
      const verdict = checkEndpointUrl(request.url, policy);
      if (!verdict.ok) return failed('blocked', `the URL ${verdict.reason}`);
      const fault = checkSentHeaders(request.headers);
      if (fault !== undefined) return failed('blocked', `the header ${fault}`);

      const { headers, body } = request;
      const deadline = startDeadline(request.timeoutMs, request.signal);
      try {
        const answer = await exchange(verdict.isExempt ? exempt : judged, {
          url: new URL(verdict.url),
          headers,
          body,
          signal: deadline.signal,
        });
        return { kind: 'answered', ...answer, durationMs: took() };
      } catch (error) {
        if (deadline.isOver()) return failed('timeout', `not done after ${request.timeoutMs} ms`);
        request.signal?.throwIfAborted();
        const failure = classifyFailure(error);
        return failed(failure.class, failure.detail);
      } finally {
        deadline.release();
      }
    },

    checkUrl: async (text) => {
      const verdict = checkEndpointUrl(text, policy);
      if (!verdict.ok || verdict.isLoopback || verdict.isExempt) return verdict;
      const url = new URL(verdict.url);
      const addresses = await resolve(url.hostname, AbortSignal.timeout(checkTimeoutMs)).catch(
        () => [],
      );
      const admission = admitAddresses({ url, addresses, policy, isOwnAddress });
      return admission.ok ? verdict : { ok: false, reason: unusableHost };
    },

    close: async () => {
      await Promise.all([judged.close(), exempt.close()]);
    },
  };
}

type Connector = ReturnType<typeof makeConnector>;

function makeAgent(connectorFor: (origin: URL) => Connector, connections: number): Agent {
  return new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    clientTtl: connectionLifeMs,
    maxHeaderSize: headerBytesMax,
    // The deadline of the whole exchange is the one clock: these two start anew with every byte.
    headersTimeout: 0,
    bodyTimeout: 0,
    factory: (origin, options) =>
      new Pool(origin, { ...(options as Pool.Options), connect: connectorFor(new URL(origin)) }),
  });
}
