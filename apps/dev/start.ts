/** `npm start`: the whole system on this machine, ready to take a signed request. */
import path from 'node:path';
import { formatFinding, runChecks } from '../doctor/finding.ts';
import { preflightChecks } from '../doctor/local.ts';
import { dataFolder } from './data-folder.ts';
import { makeLogView } from './log-view.ts';
import { startStack, type Stack } from './stack.ts';
import { makeStages } from './stages.ts';

const dir = dataFolder(process.env);
const write = (line: string): void => console.log(line);

function banner(stack: Stack): string {
  return [
    '',
    'Tidegate is ready.',
    '',
    `  gateway      ${stack.gatewayUrl}`,
    ...(stack.temporalUiUrl ? [`  Temporal UI  ${stack.temporalUiUrl}`] : []),
    `  API          ${stack.gatewayUrl}/docs`,
    `  receiver     ${stack.echoUrl} (verifies and prints the webhooks of the endpoint echo)`,
    `  user token   ${stack.secrets.demoToken}`,
    `  data         ${dir} (logs in ${path.join(dir, 'logs')})`,
    '',
    'Send a signed alert. It makes a ticket, and a line below shows the webhook that the receiver got and',
    'verified. The second time it is a duplicate:',
    '',
    `  ${stack.requests.alert}`,
    '',
    'Ask for a refund. It starts a workflow that waits for an approval; see it in the Temporal UI:',
    '',
    `  ${stack.requests.refund}`,
    '',
    'Ask the support desk a question, as a visitor does. examples/support-bot answers it:',
    '',
    `  ${stack.requests.question}`,
    '',
    'Then, in a second terminal:',
    '',
    '  npx tidegate deliveries list alerts     what came in',
    '  npx tidegate outbound list              what went out; "outbound show <id>" has every attempt',
    '  npx tidegate endpoints pause echo       hold the webhooks; "endpoints resume echo" lets them go',
    '  npx tidegate listen 4000                bring them to a program of yours too, retries included',
    '',
    'For tries of your own endpoints may be on this machine here. Ctrl-C stops everything. The data stays.',
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
  const view = makeLogView(write);
  stack = await startStack({
    dir,
    stages: makeStages(write),
    onGatewayLine: view.gatewayLine,
    onWebhook: view.webhook,
  });
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
