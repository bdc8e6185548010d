/** `npm run check`: every gate, in order. Stops at the first that fails, with its output. */
import { spawnSync } from 'node:child_process';

const gates: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format', 'prettier', '--check', '.', '--log-level', 'warn'],
  ['lint and import rules', 'oxlint', '--deny-warnings'],
  ['types', 'tsc', '-p', '.'],
  ['types of workflow code', 'tsc', '-p', 'workflows'],
  ['types of the receiver module', 'tsc', '-p', 'receiver'],
  ['types of example workflows', 'tsc', '-p', 'examples/extensions/workflows'],
  ['unused code and dependencies', 'knip'],
  ['generated pages', 'node', 'tools/generate.ts', '--check'],
];

for (const [name, command, ...args] of gates) {
  const startedAt = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const took = `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'}  ${name} (${took})`);
  if (status !== 0) process.exit(1);
}
