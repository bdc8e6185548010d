import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, ReplayError, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { openCatalogue } from '../../apps/worker/extensions/catalogue.ts';
import type { WorkflowBundle } from '../../apps/worker/inbound-worker.ts';
import { installRuntime } from '../../apps/worker/runtime.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';

installRuntime(makeLogger({ level: 'silent', name: 'test' }));

const pathOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

interface RecordedHistory {
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { name: string } };
  }[];
}

const names = readdirSync(pathOf('histories'))
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''));

const readHistory = (name: string): RecordedHistory =>
  JSON.parse(readFileSync(pathOf(`histories/${name}.json`), 'utf8')) as RecordedHistory;

/** Resolves when the code makes the same decisions again, as it must after a deployment. */
const replay = (workflowBundle: WorkflowBundle, history: RecordedHistory): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle }, history);

let core: WorkflowBundle;
let handlers: WorkflowBundle;

beforeAll(async () => {
  core = { codePath: inject('servers').workflowBundle };
  const catalogue = await openCatalogue({
    folder: pathOf('../examples/extensions'),
    isHandlerHost: true,
  });
  if (catalogue.handlerBundle === undefined) throw new Error('the examples were not bundled');
  handlers = catalogue.handlerBundle;
});

describe('a run that began before this code', () => {
  test.for(names)('goes on with it: %s', async (name) => {
    const history = readHistory(name);
    const type = history.events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name;
    await expect(
      replay(type === 'refund-approval' ? handlers : core, history),
    ).resolves.toBeUndefined();
  });

  test('is recorded for every way it can end', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'assistant-answered',
        'assistant-article-changed',
        'assistant-handed-off',
        'assistant-suppressed',
        'claim-contested',
        'claim-expired',
        'claim-released',
        'inbound-dispatched',
        'inbound-failed',
        'inbound-retried',
        'inbound-workflow-started',
        'outbound-delivered',
        'outbound-failed',
        'outbound-retried',
        'refund-approved',
        'refund-expired',
        'refund-rejected',
        'replay-canceled',
        'replay-paused',
        'rotation-aborted',
        'rotation-expired',
      ]),
    );
  });
});

describe('the replay of a recorded history', () => {
  test('refuses code that decides otherwise', async () => {
    const changed = await bundleWorkflowCode({
      workflowsPath: pathOf('fixtures/incompatible/inbound-delivery.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    await expect(replay(changed, readHistory('inbound-dispatched'))).rejects.toBeInstanceOf(
      DeterminismViolationError,
    );
  });

  test('refuses code in which the workflow is gone', async () => {
    await expect(replay(core, readHistory('refund-approved'))).rejects.toBeInstanceOf(ReplayError);
  });
});
