/**
 * Downloads the Temporal CLI through the SDK, which knows where releases are and how to unpack them.
 * Arguments: version, folder. Leaves the executable as `downloaded` in the folder.
 *
 * The SDK downloads only to start a server, so one is started, and ended at once.
 */
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [version = '', folder = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
/** The SDK writes to a file with this ending until the download is whole. */
const isComplete = (file: string): boolean =>
  file.startsWith('temporal') && !file.endsWith('.downloading');

let failure: unknown;
try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'cached-download', version: `v${version}`, downloadDir: folder },
    },
  });
  await environment.teardown();
} catch (error) {
  // The download may be complete all the same: only its first start failed then.
  failure = error;
}
const name = readdirSync(folder).find((file) => isComplete(file));
if (name === undefined) {
  console.error(failure instanceof Error ? failure.message.replaceAll('\n', ' ') : 'nothing came');
  process.exit(1);
}
renameSync(path.join(folder, name), path.join(folder, 'downloaded'));
process.exit(0);
