import { Option } from 'commander';
import { defineCommand, type Call } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { requireCount, untilNote, untilOptions, type UntilOptions } from '../follow.ts';
import { interruption } from '../interruption.ts';
import { attemptLine, attemptOf } from '../listening/attempt.ts';
import { listenByEndpoint, type Listening } from '../listening/by-endpoint.ts';
import { listenByStream } from '../listening/by-stream.ts';
import type { Forwarded, Webhook } from '../listening/forward.ts';
import { readSecret, secretOptions, type SecretOptions } from '../options/secret.ts';
import { repeatable } from '../options/values.ts';
import { parseAddress } from '../sending/request.ts';
import { lostText } from './event-tail.ts';

interface ListenCommandOptions extends UntilOptions, SecretOptions {
  readonly type?: readonly string[];
  readonly name?: string;
  readonly stream?: boolean;
}

export const listen = defineCommand<ListenCommandOptions>({
  usage: 'listen <port-or-url>',
  summary: 'Bring webhooks to a program on this machine, and show each attempt, until Ctrl-C',
  description: `Makes a temporary endpoint that leads to this process, where the installation runs on this machine and allows that (a local stack does); failed attempts are repeated after 1, 5 and 30 seconds, and the endpoint is deleted at the end. Elsewhere it follows the event stream and posts each event once, as the webhook that an endpoint would get. Either way the signature is checked here, and the secret is printed, so that the program can check it too. ${untilNote}`,
  examples: [
    'listen 4000',
    `listen http://localhost:3000/webhooks --type 'ticket.*'`,
    'listen 4000 --secret-file whsec.txt --json --count 1 --timeout 30',
  ],
  options: [
    repeatable('--type <pattern>', 'events to bring: a type, or a pattern such as ticket.*'),
    ...secretOptions('the secret to sign with, when the program has one already'),
    new Option('--name <name>', 'of the temporary endpoint; listen-<port> when left out'),
    new Option('--stream', 'follow the event stream in any case'),
    ...untilOptions(),
  ],
  async run(call, given) {
    const { input, out, options } = call;
    const { count = Infinity, timeout } = options;
    const target = targetOf(given);
    const secret = await readSecret(input, options);
    const enough = new AbortController();
    let shown = 0;
    const show = (webhook: Webhook, outcome: Forwarded | { readonly refusal: string }): void => {
      if (shown >= count) return;
      const attempt = attemptOf(webhook, outcome);
      out.entry(attempt, attemptLine(attempt));
      shown += 1;
      if (shown >= count) enough.abort();
    };
    const interrupted = interruption();
    const listening = await open(call, target, secret, show);
    const { endpoint } = listening;
    out.entry(
      { target: target.href, secret: listening.secret, endpoint: endpoint?.name ?? null },
      readyText(target, listening),
    );
    const timer =
      timeout === undefined ? undefined : setTimeout(() => enough.abort(), timeout * 1_000);
    try {
      await Promise.race([firing(interrupted), firing(enough.signal), listening.failed]);
    } finally {
      clearTimeout(timer);
      await listening.close();
    }
    if (!interrupted.aborted) requireCount(shown, options);
  },
});

const firing = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

function targetOf(given: string): URL {
  if (!/^\d+$/.test(given)) return parseAddress(given);
  const port = Number(given);
  if (port < 1 || port > 65_535) throw usageFailure(`${given} is not a port.`);
  return new URL(`http://localhost:${port}/`);
}

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** By an endpoint where that can work, else by the stream. */
async function open(
  { api, access, out, options }: Call<ListenCommandOptions>,
  target: URL,
  secret: string | undefined,
  show: (webhook: Webhook, outcome: Forwarded | { readonly refusal: string }) => void,
): Promise<Listening & { readonly failed: Promise<never> }> {
  const how = {
    target: target.href,
    name: options.name ?? `listen-${target.port || '80'}`,
    types: options.type ?? [],
    secret,
    onForwarded: show,
    onRefused: (webhook: Webhook, refusal: string): void => show(webhook, { refusal }),
  };
  const isNear = loopbackHosts.has(new URL(access().url).hostname);
  const listening =
    isNear && options.stream !== true ? await listenByEndpoint(api, how) : undefined;
  if (listening !== undefined) return { ...listening, failed: new Promise(() => undefined) };
  return listenByStream(api, { ...how, onLost: (isGapless) => out.note(lostText(isGapless)) });
}

function readyText(target: URL, { secret, endpoint }: Listening): string {
  return [
    endpoint === undefined
      ? `Events of the stream go to ${target.href}, each once.`
      : `The endpoint ${endpoint.name} leads to ${target.href}; it is deleted at the end.`,
    `Signed with ${secret}`,
    'Waiting. Ctrl-C ends it.',
  ].join('\n');
}
