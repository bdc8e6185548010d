import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const config = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
const requestTimeoutSeconds = '30';
/** Beyond the time that a run is given: it finishes what it has begun. */
const graceMs = 120_000;

/** The executable of Schemathesis: SCHEMATHESIS, or the one on PATH. Throws with how to install it. */
export function findSchemathesis(env: NodeJS.ProcessEnv): string {
  const given = env['SCHEMATHESIS'];
  const candidates =
    given === undefined
      ? (env['PATH'] ?? '').split(path.delimiter).map((dir) => path.join(dir, 'schemathesis'))
      : [given];
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error(
    `There is no ${given ?? 'schemathesis on PATH'}. It is a Python program of version 4:

  python3 -m venv ~/.cache/schemathesis
  ~/.cache/schemathesis/bin/pip install 'schemathesis>=4,<5'
  SCHEMATHESIS=~/.cache/schemathesis/bin/schemathesis npm run fuzz`,
  );
}

export interface SchemathesisRun {
  readonly executable: string;
  readonly gatewayUrl: string;
  /** Undefined: requests without a token. */
  readonly token: string | undefined;
  /** Of the paths that are asked for. */
  readonly paths: string;
  readonly phases: readonly string[];
  readonly maxExamples: number;
  readonly maxSeconds: number;
  readonly seed: number | undefined;
  /** Where the report goes; a folder of this run's own. */
  readonly dir: string;
}

/** Runs Schemathesis against a gateway; gives its report and what it printed. */
export async function runSchemathesis(run: SchemathesisRun): Promise<{
  readonly report: string;
  readonly output: string;
}> {
  const child = spawn(
    run.executable,
    [
      '--config-file',
      config,
      'run',
      `${run.gatewayUrl}/openapi.json`,
      ...(run.token === undefined ? [] : ['--header', `Authorization: Bearer ${run.token}`]),
      `--include-path-regex=${run.paths}`,
      `--phases=${run.phases.join(',')}`,
      `--max-examples=${run.maxExamples}`,
      `--max-time=${run.maxSeconds}`,
      `--request-timeout=${requestTimeoutSeconds}`,
      ...(run.seed === undefined ? [] : [`--seed=${run.seed}`]),
      '--workers=2',
      '--continue-on-failure',
      '--checks=all',
      '--report=ndjson',
      `--report-dir=${run.dir}`,
      '--no-color',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: run.maxSeconds * 1_000 + graceMs, cwd: run.dir },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  }
  // It ends with 1 when a check failed: what the report holds is judged, not its status.
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const report = readdirSync(run.dir).find((name) => name.endsWith('.ndjson'));
  if (report === undefined) throw new Error(`Schemathesis left no report:\n${output}`);
  return { report: path.join(run.dir, report), output };
}
