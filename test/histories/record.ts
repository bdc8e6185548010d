/**
 * `npm run record`: runs each scenario on servers of its own and writes the histories of its runs
 * beside this file. A history that is there stays: a changed workflow gets a scenario with a new name,
 * so that the runs of the old form are replayed for as long as any may be open (docs/workflows.md).
 */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { publishWorkflow } from '../../shared/db/queries/published-workflows.ts';
import { eventually } from '../support/eventually.ts';
import { workflowHandler, type TestTenant } from '../support/factory.ts';
import { assistantScenarios } from './assistant-scenarios.ts';
import { claimScenarios } from './claim-scenarios.ts';
import { outboundScenarios, type Scenario } from './outbound-scenarios.ts';
import { startRig, type Rig } from './rig.ts';

const patienceMs = 60_000;

const scenarios: Readonly<Record<string, Scenario>> = {
  'inbound-dispatched': async (rig, tenant) => {
    const { inbound } = await rig.post(await rig.factory.hook(tenant), { title: 'Dispatched' });
    return inbound;
  },
  'inbound-failed': async (rig, tenant) => {
    const { inbound } = await rig.post(await rig.factory.hook(tenant), { untitled: true });
    return inbound;
  },
  // A real fault: the table is away for as long as it takes the retries to become a timer.
  'inbound-retried': async (rig, tenant) => {
    const hook = await rig.factory.hook(tenant);
    await rig.admin.query('alter table tickets rename to tickets_away');
    const { inbound } = await rig.post(hook, { title: 'Retried' });
    await eventually(async () => {
      const { events } = await inbound.fetchHistory();
      if (!events?.some((event) => event.timerStartedEventAttributes)) {
        throw new Error('no timer yet');
      }
    }, patienceMs);
    await rig.admin.query('alter table tickets_away rename to tickets');
    return inbound;
  },
  'inbound-workflow-started': async (rig, tenant) => {
    const { inbound } = await rig.post(await refundHook(rig, tenant), refund(tenant));
    return inbound;
  },
  'refund-approved': (rig, tenant) => decidedRefund(rig, tenant, true),
  'refund-rejected': (rig, tenant) => decidedRefund(rig, tenant, false),
  'refund-expired': async (rig, tenant) => {
    const hook = await refundHook(rig, tenant);
    const { handler } = await rig.post(hook, { ...refund(tenant), decideWithinMs: 50 });
    return eventually(handler, patienceMs);
  },
  ...outboundScenarios,
  ...claimScenarios,
  ...assistantScenarios,
};

const refundHook = (rig: Rig, tenant: TestTenant) =>
  rig.factory.hook(tenant, { handler: workflowHandler('refund-approval') });

const refund = ({ desk: { clientId, boardId, priorityId } }: TestTenant) => ({
  refund: { id: 'r-7', amount: 120.5, currency: 'EUR' },
  desk: { clientId, boardId, priorityId },
});

async function decidedRefund(
  rig: Rig,
  tenant: TestTenant,
  approved: boolean,
): Promise<WorkflowHandle> {
  const { handler } = await rig.post(await refundHook(rig, tenant), refund(tenant));
  const run = await eventually(handler, patienceMs);
  await run.executeUpdate('decide', { args: [{ approved, by: 'ana' }] });
  return run;
}

/** The history of a closed run without what tells of the machine it ran on. */
async function historyOf(run: WorkflowHandle): Promise<string> {
  await eventually(async () => {
    const { status } = await run.describe();
    if (status.name === 'RUNNING') throw new Error('the run is still open');
  }, patienceMs);
  const history: unknown = JSON.parse(historyToJSON(await run.fetchHistory()), (key, value) => {
    if (key === 'identity') return 'recorded';
    return key === 'stackTrace' ? '' : (value as unknown);
  });
  return `${JSON.stringify(history, undefined, 2)}\n`;
}

const rig = await startRig();
try {
  const tenant = await rig.factory.tenant();
  await rig.factory.withTenant(tenant.id, (tx) => publishWorkflow(tx, 'refund-approval', null));
  for (const [name, scenario] of Object.entries(scenarios)) {
    const file = fileURLToPath(new URL(`${name}.json`, import.meta.url));
    if (existsSync(file)) {
      console.log(`${name}: there already`);
      continue;
    }
    writeFileSync(file, await historyOf(await scenario(rig, tenant)));
    console.log(`${name}: recorded`);
  }
} finally {
  await rig.stop();
}
process.exit(0);
