import { CommanderError } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { CliFailure, usageFailure } from './failure.ts';
import type { Host } from './host.ts';
import { reportFailure } from './output/report-failure.ts';
import { makeProgram } from './program.ts';

/** Runs one command line, given without the names of the runtime and the script. Returns the exit code. */
export async function runCli(host: Host, args: readonly string[]): Promise<number> {
  try {
    await makeProgram(host).parseAsync([...args], { from: 'user' });
    return exitCodes.ok.code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok.code;
    // Help that was not asked for has said what is missing.
    if (error instanceof CommanderError && error.code === 'commander.help') {
      return exitCodes.usage.code;
    }
    const failure = asFailure(error);
    host.stderr.write(`${reportFailure(failure, args.includes('--json'))}\n`);
    return exitCodes[failure.exit].code;
  }
}

function asFailure(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error;
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    return usageFailure(
      message,
      'tidegate --help lists the commands; every command has --help too.',
    );
  }
  throw error;
}
