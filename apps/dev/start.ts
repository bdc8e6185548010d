/** `npm start`: the whole system on this machine, ready to take a signed request. */
import path from 'node:path';
import { formatFinding, runChecks } from '../doctor/finding.ts';
import { preflightChecks } from '../doctor/local.ts';
import { dataFolder } from './data-folder.ts';
import { parseLine, startStack, type Stack } from './stack.ts';
import { makeStages } from './stages.ts';

const dir = dataFolder(process.env);
const write = (line: string): void => console.log(line);

const troubles = new Set<unknown>(['warn', 'error', 'fatal']);

/** The launcher's own view of the gateway's log: one line per request, and whatever needs a look. */
function showGatewayLine(line: string): void {
  const entry = parseLine(line);
  if (entry === undefined) return write(line);
  const text = (name: string): string => {
    const value = entry[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  if (entry.event === 'inbound.answered') {
    const at = new Date().toLocaleTimeString('en-GB');
    const note = entry['duplicate'] === true ? 'duplicate' : text('error');
    const answer = [text('status'), text('delivery_id'), note].filter(Boolean).join(' ');
    write(`${at}  ${text('method')} ${text('hookSlug')} -> ${answer} (${text('durationMs')} ms)`);
  }
  if (troubles.has(entry['level'])) write(`${text('level')}: ${text('msg')}`);
}

function banner(stack: Stack): string {
  return [
    '',
    'Tidegate is ready.',
    '',
    `  gateway      ${stack.gatewayUrl}`,
    ...(stack.temporalUiUrl ? [`  Temporal UI  ${stack.temporalUiUrl}`] : []),
    `  API          ${stack.gatewayUrl}/docs`,
    `  user token   ${stack.secrets.demoToken}`,
    `  data         ${dir} (logs in ${path.join(dir, 'logs')})`,
    '',
    'Send a signed alert. The first time it makes a ticket; the second time it is a duplicate:',
    '',
    `  ${stack.requests.alert}`,
    '',
    'Ask for a refund. It starts a workflow that waits for an approval; see it in the Temporal UI:',
    '',
    `  ${stack.requests.refund}`,
    '',
    'Then look at what came in:  npx tidegate deliveries list alerts',
    '',
    'Ctrl-C stops everything. The data stays.',
    '',
  ].join('\n');
}

write('Tidegate starts.');
let isStopping = false;
let stack: Stack | undefined;

async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  write('Stopping …');
  await stack?.stop();
  write('Everything is stopped.');
  process.exit(exitCode);
}
// A signal during the start waits for the stage that runs, then stops what is up.
let isStopWanted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    isStopWanted = true;
    if (stack !== undefined) void stop(0);
  });
}

const unfit = (await runChecks(preflightChecks(process.env))).filter(({ isOk }) => !isOk);
if (unfit.length > 0) {
  console.error(['This machine is not ready:', ...unfit.map(formatFinding)].join('\n'));
  process.exit(1);
}
try {
  stack = await startStack({ dir, stages: makeStages(write), onGatewayLine: showGatewayLine });
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
if (isStopWanted) await stop(0);
write(banner(stack));
void stack.broken.then((what) => {
  if (isStopping) return;
  console.error(`${what}. The logs are in ${path.join(dir, 'logs')}.`);
  void stop(1);
});
