import { proxyLocalActivities } from '@temporalio/workflow';

interface EchoActivities {
  echo(text: string): Promise<string>;
}

const { echo } = proxyLocalActivities<EchoActivities>({ startToCloseTimeout: '10s' });

/** The least that a durable piece of work can be: one workflow, one local activity, no upsert. */
export async function echoWorkflow(text: string): Promise<string> {
  return echo(text);
}
