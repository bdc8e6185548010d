/**
 * The engine without Tidegate: client and worker in one process on one connection, eager start, one
 * local activity. Runs as a child of the bench, so that both sides have the same process shape.
 * Arguments: address of Temporal. Speaks over the channel to its parent.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { queueLimits } from '../../apps/worker/queues.ts';
import { installRuntime } from '../../apps/worker/runtime.ts';
import { makeLogger } from '../../shared/telemetry/logger.ts';
import { keepInFlight } from './load.ts';

export interface BareRun {
  readonly seconds: number;
  readonly inFlight: number;
}

export interface BareResult {
  readonly count: number;
  readonly elapsedSeconds: number;
}

const [address = ''] = process.argv.slice(2);
installRuntime(makeLogger({ level: 'fatal', name: 'bare-engine' }));
const connection = await NativeConnection.connect({ address });
const taskQueue = `bench-bare-${randomUUID()}`;
const worker = await Worker.create({
  connection,
  taskQueue,
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('echo-workflow.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  }),
  activities: { echo: (text: string) => Promise.resolve(text) },
  ...queueLimits.inbound,
});
const running = worker.run();
const client = new Client({ connection });
const text = 'x'.repeat(1_024);

async function once(): Promise<void> {
  const handle = await client.workflow.start('echoWorkflow', {
    workflowId: randomUUID(),
    taskQueue,
    args: [text],
    requestEagerStart: true,
    workflowTaskTimeout: '5s',
  });
  await handle.result();
}

process.on('message', (run: BareRun) => {
  void keepInFlight(run, once).then(({ elapsedSeconds, latencies: { count } }) => {
    const result: BareResult = { count, elapsedSeconds };
    process.send?.(result);
  });
});
process.once('disconnect', () => {
  worker.shutdown();
  void running.then(() => process.exit(0));
});
process.send?.('ready');
