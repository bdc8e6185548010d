/**
 * `npm run fuzz`: Schemathesis asks the API as callers of several kinds, on servers of its own, and is
 * held against the OpenAPI document (docs/reliability.md). Needs Schemathesis 4, a Python program.
 *
 *   --seconds n        time for all passes together (300)
 *   --max-examples n   of each operation and phase (25)
 *   --quick            a minute, with few examples
 *   --only names       some of: key,owner,members,key-that-reads,agent,nobody,operator
 *   --seed n           what an earlier run printed, to repeat it
 *   --keep dir         where the reports stay; they are removed when absent
 */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startBenchStack } from '../bench/stack.ts';
import {
  formsOf,
  peopleTenant,
  rowsOf,
  type PeopledRig,
  type PeopledTenant,
} from '../support/peopled-tenant.ts';
import { acceptedFor } from './accepted.ts';
import { operatorPass, operatorToken, passes, type Pass } from './passes.ts';
import { readReport, type Exchange, type Failure } from './report.ts';
import { findSchemathesis, runSchemathesis } from './schemathesis.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    'max-examples': { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string' },
    keep: { type: 'string' },
  },
});
const seconds = Number(values.seconds ?? (values.quick ? 60 : 300));
const maxExamples = Number(values['max-examples'] ?? (values.quick ? 3 : 25));
const seed = Number(values.seed ?? randomInt(2 ** 31));
const wanted = new Set(values.only?.split(','));
const isWanted = ({ name }: Pass): boolean => wanted.size === 0 || wanted.has(name);
const totalWeight = [...passes, operatorPass]
  .filter(isWanted)
  .reduce((sum, { weight }) => sum + weight, 0);

/* oxlint-disable-next-line node/no-process-env -- a program for developers: no setting of the product */
const env = process.env;
/** Reading the document and preparing its schemas takes some seconds, on a busy machine more. */
const leastSeconds = values.quick ? 15 : 30;

const executable = findSchemathesis(env);
const dir = values.keep ?? mkdtempSync(path.join(os.tmpdir(), 'tidegate-fuzz-'));
const progress = (line: string): void =>
  console.error(`${performance.now().toFixed(0).padStart(8)} ms  ${line}`);

/** What a pass found that is not as it should be, each once, with how often. */
class Findings {
  readonly #counts = new Map<string, { count: number; readonly example: string }>();
  add(what: string, example: string): void {
    const known = this.#counts.get(what);
    if (known === undefined) this.#counts.set(what, { count: 1, example });
    else known.count += 1;
  }
  print(): number {
    for (const [what, { count, example }] of this.#counts) {
      console.log(`\n${what} (${count}x)\n${example}`);
    }
    return this.#counts.size;
  }
}

const findings = new Findings();

async function fuzzAs(pass: Pass, rig: PeopledRig, theirWords: readonly string[]): Promise<void> {
  const tenant = await peopleTenant(rig, `mine${randomBytes(4).toString('hex')}`);
  const reportDir = path.join(dir, pass.name);
  mkdirSync(reportDir, { recursive: true });
  const share = Math.round((seconds * pass.weight) / totalWeight);
  const maxSeconds = Math.max(leastSeconds, share);
  progress(`as ${pass.name}, for ${maxSeconds} s`);
  const { report, output } = await runSchemathesis({
    executable,
    gatewayUrl: rig.gateway.url,
    token: await pass.token(rig, tenant),
    paths: pass.paths,
    phases: pass.phases,
    maxExamples,
    maxSeconds,
    seed,
    dir: reportDir,
  });
  const statuses = new Map<number, number>();
  await readReport(report, {
    onExchange(exchange) {
      statuses.set(exchange.status, (statuses.get(exchange.status) ?? 0) + 1);
      const shown = theirWords.filter((word) => exchange.body.includes(word));
      if (shown.length > 0) {
        findings.add(
          `${pass.name}: an answer shows another tenant's ${shown.join(', ')}`,
          exampleOf(exchange),
        );
      }
    },
    onFailure: (failure) => note(pass, failure),
  });
  const unresolved = /Unresolvable references: .*/.exec(output)?.[0];
  if (unresolved !== undefined) findings.add(`${pass.name}: ${unresolved}`, '');
  const counts = [...statuses].toSorted(([a], [b]) => a - b);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) findings.add(`${pass.name}: nothing was asked within ${maxSeconds} s`, output);
  console.log(
    `${pass.name}: ${total} requests; ${counts.map(([status, count]) => `${status}: ${count}`).join(', ')}`,
  );
}

function note({ name }: Pass, failure: Failure): void {
  if (acceptedFor(failure) !== undefined) return;
  const { check, operation, message, exchange } = failure;
  const answer = exchange === undefined ? '' : ` ${exchange.status} ${exchange.code ?? ''}`;
  const reason = message.replaceAll(/\s+/g, ' ').slice(0, 500);
  findings.add(
    `${name}: ${check} ${operation}${answer}`,
    exchange === undefined ? reason : `${reason}\n${exampleOf(exchange)}`,
  );
}

const exampleOf = ({ method, path: where, query, requestBody, body }: Exchange): string =>
  [
    `  ${method} ${where}${query === '' ? '' : `?${query}`}`.slice(0, 1_000),
    `  ${requestBody.slice(0, 1_000)}`,
    `  -> ${body.slice(0, 1_000)}`,
  ].join('\n');

const wordsOf = ({ canary, tenant, ids }: PeopledTenant): string[] => [
  canary,
  tenant.id,
  tenant.slug,
  ...Object.values(ids).flatMap((id: string) => formsOf(id)),
];

progress('starting Postgres, Temporal and a gateway');
const stack = await startBenchStack({
  temporal: { address: env['TEMPORAL_ADDRESS'] },
  gatewayOptions: [],
  env: {
    TIDEGATE_OPERATOR_TOKEN: operatorToken,
  },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stack.stop().then(() => process.exit(1)));
}
try {
  const { gateway, factory, admin } = stack;
  const rig: PeopledRig = { gateway, factory, database: { admin } };
  const theirs = await peopleTenant(rig, `theirs${randomBytes(4).toString('hex')}`);
  const before = await rowsOf(rig, theirs.tenant);
  for (const pass of passes.filter(isWanted)) await fuzzAs(pass, rig, wordsOf(theirs));
  const after = await rowsOf(rig, theirs.tenant);
  for (const [table, rows] of Object.entries(after)) {
    if (rows !== before[table]) {
      findings.add(`rows of another tenant changed: ${table}`, `  ${before[table]} -> ${rows}`);
    }
  }
  if (isWanted(operatorPass)) await fuzzAs(operatorPass, rig, []);
  if (gateway.child.hasExited()) findings.add('the gateway ended', '');
} finally {
  await stack.stop();
  if (values.keep === undefined) rmSync(dir, { recursive: true, force: true });
}
const found = findings.print();
console.log(`\n${found} findings; --seed ${seed} repeats the run.`);
process.exitCode = found === 0 ? 0 : 1;
