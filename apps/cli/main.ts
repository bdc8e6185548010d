#!/usr/bin/env node
/** `tidegate …`: one command, then the process ends with its exit code. */
import { runCli } from './run.ts';

// A reader that had enough, such as `head`, is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process, process.argv.slice(2));
