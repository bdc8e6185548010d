/** Bundles Tidegate's workflows and hands the code to the process that forked this one. */
import { buildWorkflowBundle } from './inbound-worker.ts';

const { code } = await buildWorkflowBundle();
process.send?.(code, () => process.disconnect());
