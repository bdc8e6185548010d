import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestHook } from '../factory.ts';

/** How one request ended, as its sender saw it. */
export type Ending =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: Readonly<Record<string, unknown>>;
      readonly retryAfter: string | undefined;
    }
  /** No answer came: the sender cannot know what became of it. */
  | { readonly kind: 'unanswered'; readonly error: string };

/** One line of the ledger. */
export interface Sent {
  /** The idempotency key, and the title of the ticket that the request asks for. */
  readonly key: string;
  readonly ending: Ending;
  /** From the intended moment of sending to the ending, in milliseconds. */
  readonly tookMs: number;
}

/** A sender that writes down what it sent and what it was told. */
export interface Sender {
  readonly ledger: readonly Sent[];
  /** Sends one request and waits for its ending. A key given again makes it a repetition. */
  send(
    gatewayUrl: string,
    options?: { readonly key?: string; readonly async?: boolean },
  ): Promise<Sent>;
  /**
   * Sends at a fixed rate, whatever becomes of earlier requests, until the signal fires; resolves when
   * the last of them has ended. `urlOf` says where each goes.
   */
  sendSteadily(options: {
    readonly urlOf: () => string;
    readonly perSecond: number;
    readonly until: AbortSignal;
    readonly async?: boolean;
  }): Promise<void>;
}

const answerWithinMs = 90_000;

export function makeSender(hook: TestHook): Sender {
  const ledger: Sent[] = [];

  async function sendAt(
    intendedMs: number,
    gatewayUrl: string,
    key: string,
    isAsync: boolean,
  ): Promise<Sent> {
    const ending = await post(gatewayUrl, hook, key, isAsync).catch(
      (error: Error & { code?: string }): Ending => ({
        kind: 'unanswered',
        error: error.code ?? error.message,
      }),
    );
    const sent = { key, ending, tookMs: performance.now() - intendedMs };
    ledger.push(sent);
    return sent;
  }

  return {
    ledger,
    send: (gatewayUrl, { key = randomUUID(), async = false } = {}) =>
      sendAt(performance.now(), gatewayUrl, key, async),
    async sendSteadily({ urlOf, perSecond, until, async = false }) {
      const startedMs = performance.now();
      const open: Promise<Sent>[] = [];
      for (let n = 0; !until.aborted; n += 1) {
        const intendedMs = startedMs + (n * 1_000) / perSecond;
        const aheadMs = intendedMs - performance.now();
        if (aheadMs > 0) await sleep(aheadMs);
        open.push(sendAt(intendedMs, urlOf(), randomUUID(), async));
      }
      await Promise.all(open);
    },
  };
}

/** One signed request over a connection of its own, so that a cut connection costs one request. */
function post(gatewayUrl: string, hook: TestHook, key: string, isAsync: boolean): Promise<Ending> {
  const body = JSON.stringify({ title: key });
  const signature = createHmac('sha256', hook.secret).update(body).digest('hex');
  return new Promise((resolve, reject) => {
    const sending = request(
      `${gatewayUrl}/api/inbound/${hook.tenant.slug}/${hook.slug}`,
      {
        method: 'POST',
        agent: false,
        timeout: answerWithinMs,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-signature': signature,
          'x-request-id': key,
          ...(isAsync ? { prefer: 'respond-async' } : {}),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            kind: 'answered',
            status: response.statusCode ?? 0,
            body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
            retryAfter: response.headers['retry-after'],
          }),
        );
      },
    );
    sending.once('timeout', () => sending.destroy(new Error('no answer in time')));
    sending.once('error', reject);
    sending.end(body);
  });
}
