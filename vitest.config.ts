import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** The same for every project: with another number of workers one would wait for the end of the other. */
const common = {
  // One more than two cores: while one waits for an outage, a lease or a retry, two others work.
  maxWorkers: 3,
  // A test of commands starts many processes, and on a busy machine each takes its time.
  testTimeout: 90_000,
  hookTimeout: 120_000,
};

/**
 * Folders whose files each start a gateway on a database of their own, and change nothing of the
 * process that runs them. Loading the gateway's code takes longer than starting it: these files take
 * turns in one process. A file that mocks a module, or installs something in its process, does not
 * belong here.
 */
const gatewayFiles = ['api', 'assistant', 'automation', 'claims', 'cli', 'e2e', 'knowledge'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    ...common,
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // Workflows of a gateway in a test's process run in its main thread: a thread for each queue takes
    // a second of processor time to start. The gateways that tests start as processes have threads, as
    // in production.
    env: { TEMPORAL_DEBUG: '1' },
    projects: [
      { test: { ...common, name: 'gateway', include: gatewayFiles, isolate: false } },
      { test: { ...common, name: 'alone', include: ['test/**/*.test.ts'], exclude: gatewayFiles } },
    ],
  },
});
