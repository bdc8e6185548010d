import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { nativeDir } from '../dev/postgres.ts';
import { ok, type Finding } from './finding.ts';

const require = createRequire(import.meta.url);
/** The SDK's own dependencies are found from where it is. */
const requireOfWorker = createRequire(require.resolve('@temporalio/worker'));
const loadTimeoutMs = 20_000;

/** Whether the embedded Postgres runs: its package links its libraries when it is installed. */
export function postgresBinaryFinding(): Finding {
  return ok(run(path.join(nativeDir(), 'bin', 'postgres'), ['--version']));
}

/** Whether the native part of the Temporal SDK loads on this machine. */
export function temporalSdkFinding(): Finding {
  load(requireOfWorker.resolve('@temporalio/core-bridge'), '');
  return ok('its native part loads');
}

/** Whether workflow code can be bundled: the compiler is a native package as well. */
export function bundlerFinding(): Finding {
  load(
    requireOfWorker.resolve('@swc/core'),
    `.transformSync('let a: number = 1', { jsc: { parser: { syntax: 'typescript' } } })`,
  );
  return ok('workflow code can be compiled');
}

/** Loads a package in a process of its own: one that is built for another machine may end it. */
function load(file: string, then: string): void {
  run(process.execPath, ['--eval', `require(${JSON.stringify(file)})${then}`]);
}

/** Runs a program and returns what it wrote; throws an Error with the last line of its complaint. */
function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: loadTimeoutMs,
    }).trim();
  } catch (error) {
    const complaint = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    const reason = complaint.split('\n').find((line) => /error|cannot|not/i.test(line));
    throw new Error(
      `${path.basename(args.at(-1) ?? program)} cannot be run: ${reason ?? complaint}`,
      {
        cause: error,
      },
    );
  }
}
