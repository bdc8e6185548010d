/** A support bot with a key of the automation API. See README.md. */
import { makeTidegate, Refused } from '../client/tidegate.ts';
import { serve, serveAll } from './bot.ts';
import { openPosition } from './position.ts';
import { watchFeed, watchStream } from './watch.ts';

const { env } = process;
const log = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);
const lookEveryMs = 60_000;

const stopping = new AbortController();
const { signal } = stopping;
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort());

const tidegate = makeTidegate({
  url: env['TIDEGATE_URL'] ?? 'http://127.0.0.1:8080',
  key: env['TIDEGATE_KEY'] ?? '',
  signal,
  log,
});
const position = openPosition(env['BOT_STATE'] ?? 'support-bot.json');
const deps = { tidegate, position, signal, log };
const hints =
  env['BOT_WATCH'] === 'feed'
    ? watchFeed(deps, { everyMs: Number(env['BOT_POLL_MS'] ?? 5_000), overlapMs: 120_000 })
    : watchStream(deps);

try {
  let lookAtMs = 0;
  for await (const { conversationId, done } of hints) {
    if (conversationId !== undefined) await serve(deps, conversationId);
    else if (Date.now() >= lookAtMs) {
      // For what became eligible without a new message: a claim ran out, a conversation was opened again.
      await serveAll(deps);
      lookAtMs = Date.now() + lookEveryMs;
    }
    done();
  }
} catch (error) {
  if (!signal.aborted) {
    if (!(error instanceof Refused)) throw error;
    log(`Tidegate refuses this: ${error.message}`);
    process.exitCode = 1;
  }
}
