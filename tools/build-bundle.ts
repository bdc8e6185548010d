/**
 * Builds the workflow bundle ahead of time, for TIDEGATE_WORKFLOW_BUNDLE: a process that has it starts
 * about a second sooner and needs no compiler. Argument: the file to write.
 */
import { writeFileSync } from 'node:fs';
import { buildWorkflowBundle } from '../apps/worker/inbound-worker.ts';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node tools/build-bundle.ts <file>');
  process.exit(1);
}
const { code } = await buildWorkflowBundle();
writeFileSync(file, code);
console.log(`${file}: ${Math.round(code.length / 1_024)} KiB`);
