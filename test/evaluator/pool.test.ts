import { afterEach, describe, expect, test } from 'vitest';
import { openCpuClock } from '../../shared/evaluator/cpu-clock.ts';
import {
  makeEvaluator,
  type Evaluator,
  type EvaluatorEvent,
  type EvaluatorOptions,
} from '../../shared/evaluator/evaluator.ts';
import {
  evaluateOne,
  evaluatorPids,
  newTenantId,
  signalEvaluators,
  statesOfEvaluators,
} from '../support/evaluation.ts';
import { eventually } from '../support/eventually.ts';

const open: Evaluator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((evaluator) => evaluator.close()));
});

/** An evaluator whose children are up, and what it reported. */
async function start(options: Partial<EvaluatorOptions> = {}) {
  const events: EvaluatorEvent[] = [];
  const onEvent = (event: EvaluatorEvent): void => void events.push(event);
  const evaluator = makeEvaluator({ children: 1, keyCpuMs: 1_000, onEvent, ...options });
  open.push(evaluator);
  await evaluateOne(evaluator, '1 + 0');
  const allIdle = Array.from({ length: options.children ?? 1 }, () => 'S');
  await eventually(() => expect(statesOfEvaluators()).toEqual(allIdle));
  return { evaluator, events };
}

/** Some 300 ms of work, within the budget of a key. */
const longWork = Array.from({ length: 3 }, () => '$sum([1..60000].($ * 2))').join(' + ');
const longResult = { ok: true, value: 10_800_180_000 };
const catastrophe = (n: number | string) => `$match("${'a'.repeat(40)}${n}!", /^(a+)+$/)`;
/** Has used far more processor time than it takes to start. */
function isDeepInWork(): void {
  const [pid] = evaluatorPids();
  const clock = openCpuClock(pid);
  const usedMs = clock.readMs();
  clock.close();
  expect(usedMs).toBeGreaterThan(1_000);
}
const isRunning = () => expect(statesOfEvaluators()).toContain('R');

describe('an evaluator process that is ended from outside', () => {
  test.for(['SIGKILL', 'SIGQUIT'] as const)(
    'S-040 by %s is no fault of the expression: another process finishes the job',
    async (signal) => {
      const { evaluator, events } = await start({ children: 2 });
      const running = evaluator.evaluate({
        tenantId: newTenantId(),
        level: 'full',
        budget: 'key',
        expressions: [
          { name: 'first', text: '1 + 0' },
          { name: 'long', text: longWork },
          { name: 'last', text: 'alert.id + 0' },
        ],
        context: { body: { alert: { id: 7 } }, headers: {}, query: {}, delivery: {} },
      });
      await eventually(isRunning);
      signalEvaluators(signal);
      expect(await running).toEqual([
        { name: 'first', ok: true, value: 1 },
        { name: 'long', ...longResult },
        { name: 'last', ok: true, value: 7 },
      ]);
      expect(events).toContainEqual({
        kind: 'child_lost',
        reason: expect.stringContaining(signal),
      });
    },
  );

  test.runIf(process.platform === 'linux')(
    'S-040 twice in a row answers unavailable, which is tried again, and blames nothing',
    async () => {
      const { evaluator, events } = await start({ keyCpuMs: 60_000 });
      const endless = '($f := function($n){$f($n + 1)}; $f(0))';
      const running = evaluateOne(evaluator, endless, { budget: 'key' });
      running.catch(() => undefined);
      const [before] = evaluatorPids();
      await eventually(isDeepInWork);
      signalEvaluators('SIGKILL');
      await eventually(() => expect(evaluatorPids()).not.toContain(before));
      await eventually(isDeepInWork);
      signalEvaluators('SIGKILL');
      await expect(running).rejects.toMatchObject({ code: 'unavailable' });
      expect(events).toMatchObject([{ kind: 'child_lost' }, { kind: 'child_lost' }]);
    },
  );

  test('S-040 while idle is replaced', async () => {
    const { evaluator, events } = await start();
    signalEvaluators('SIGKILL');
    expect(await evaluateOne(evaluator, 'alert.id + 0')).toMatchObject({ value: 7 });
    expect(events).toContainEqual(expect.objectContaining({ kind: 'child_lost' }));
  });

  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'S-040 is not ended by %s, which goes to a whole group: its parent finishes the work first',
    async (signal) => {
      const { evaluator, events } = await start();
      const pids = evaluatorPids();
      const running = evaluateOne(evaluator, longWork, { budget: 'key' });
      await eventually(isRunning);
      signalEvaluators(signal);
      expect(await running).toMatchObject(longResult);
      expect(await evaluateOne(evaluator, 'alert.id + 0')).toMatchObject({ value: 7 });
      expect(evaluatorPids()).toEqual(pids);
      expect(events).toEqual([]);
    },
  );
});

describe('an evaluator that closes', () => {
  test('S-040 refuses what runs, what waits and what comes, and leaves no process', async () => {
    const { evaluator } = await start();
    const requests = Array.from({ length: 5 }, () =>
      evaluateOne(evaluator, longWork, { budget: 'key' }),
    );
    const answers = Promise.allSettled(requests);
    await eventually(isRunning);
    await evaluator.close();
    for (const answer of await answers) {
      expect(answer).toMatchObject({ reason: { message: 'the evaluator is closed' } });
    }
    await expect(evaluateOne(evaluator, '1 + 0')).rejects.toThrow('the evaluator is closed');
    expect(evaluatorPids()).toEqual([]);
  });
});

describe('the queue of an evaluator', () => {
  test('S-040 leaves one process to the others, whatever one tenant asks for', async () => {
    const { evaluator } = await start({ children: 2 });
    const [busy, quiet] = [newTenantId(), newTenantId()];
    const order: string[] = [];
    const note = (who: string) => (): void => void order.push(who);
    const long = Array.from({ length: 4 }, () =>
      evaluateOne(evaluator, longWork, { tenantId: busy, budget: 'key' }).then(note('busy')),
    );
    await eventually(isRunning);
    const short = Array.from({ length: 20 }, () =>
      evaluateOne(evaluator, '1 + 0', { tenantId: quiet }).then(note('quiet')),
    );
    await Promise.all([...long, ...short]);
    // At most the one that ran already is done before the other tenant's work.
    expect(order.slice(0, 21).filter((who) => who === 'quiet')).toHaveLength(20);
  });

  test('S-040 is bounded for a tenant: what is too much is refused at once, others are served', async () => {
    const { evaluator } = await start({ children: 2 });
    const tenantId = newTenantId();
    const ask = () => evaluateOne(evaluator, '1 + 0', { tenantId });
    const answers = await Promise.allSettled(Array.from({ length: 1_200 }, ask));
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(199);
    for (const answer of refused) {
      expect(answer).toMatchObject({ reason: { code: 'unavailable', status: 503 } });
    }
    expect(await evaluateOne(evaluator, '1 + 0')).toMatchObject({ ok: true });
  });

  test('S-040 serves many tenants at once without mixing their values', async () => {
    const { evaluator } = await start({ children: 3 });
    const tenants = Array.from({ length: 40 }, newTenantId);
    const results = await Promise.all(
      tenants.flatMap((tenantId) =>
        [1, 2, 3, 4, 5].map((n) =>
          evaluateOne(evaluator, '($x := mine; $x & "/" & $string(n))', {
            tenantId,
            body: { mine: tenantId, n },
          }),
        ),
      ),
    );
    const wanted = tenants.flatMap((tenantId) => [1, 2, 3, 4, 5].map((n) => `${tenantId}/${n}`));
    expect(results.map((result) => result.ok && result.value)).toEqual(wanted);
  });
});

describe('an expression that was stopped twice', () => {
  test('S-040 is refused with its reason, for its tenant and its text alone', async () => {
    const { evaluator, events } = await start({ children: 2 });
    const tenantId = newTenantId();
    const text = catastrophe('');
    const stopped = { ok: false, reason: expect.stringContaining('was stopped') };
    expect(await evaluateOne(evaluator, text, { tenantId })).toMatchObject(stopped);
    expect(await evaluateOne(evaluator, text, { tenantId })).toMatchObject(stopped);
    const kinds = () => events.filter(({ kind }) => kind === 'expression_stopped');
    expect(kinds()).toMatchObject([{ isQuarantined: false }, { isQuarantined: true }]);

    const refusal = {
      ok: false,
      reason: expect.stringMatching(/^not evaluated: .*25 ms of processor time .*twice/),
    };
    const results = await evaluator.evaluate({
      tenantId,
      level: 'full',
      budget: 'field',
      expressions: [
        { name: 'a', text: '"a" & ""' },
        { name: 'b', text },
        { name: 'c', text: '"c" & ""' },
      ],
      context: { body: {}, headers: {}, query: {}, delivery: {} },
    });
    expect(results).toMatchObject([
      { name: 'a', value: 'a' },
      { name: 'b', ...refusal },
      { name: 'c', value: 'c' },
    ]);
    expect(kinds()).toHaveLength(2);

    expect(await evaluateOne(evaluator, catastrophe('b'), { tenantId })).toMatchObject(stopped);
    expect(await evaluateOne(evaluator, text)).toMatchObject(stopped);
    expect(kinds()).toHaveLength(4);
  });
});

describe('the processes of an evaluator', () => {
  test('S-040 are replaced after 1,000 jobs', async () => {
    const { evaluator, events } = await start();
    const [first] = evaluatorPids();
    const ask = () => evaluateOne(evaluator, '1 + 0');
    await Promise.all(Array.from({ length: 900 }, ask));
    expect(evaluatorPids()).toEqual([first]);
    await Promise.all(Array.from({ length: 110 }, ask));
    await eventually(() => expect(evaluatorPids()).not.toContain(first));
    expect(events).toEqual([]);
  });

  test('S-040 serve one tenant each when tenants are to be kept apart', async () => {
    const { evaluator, events } = await start({ children: 2, isolation: 'tenant' });
    const [one, other] = [newTenantId(), newTenantId()];
    await evaluateOne(evaluator, '1 + 0', { tenantId: one });
    await evaluateOne(evaluator, '1 + 0', { tenantId: other });
    await eventually(() => expect(evaluatorPids()).toHaveLength(2));
    const before = evaluatorPids();
    await Promise.all([
      evaluateOne(evaluator, '1 + 0', { tenantId: one }),
      evaluateOne(evaluator, '1 + 0', { tenantId: other }),
    ]);
    const third = await evaluateOne(evaluator, '1 + 0');
    expect(third).toMatchObject({ ok: true });
    expect(evaluatorPids()).not.toEqual(before);
    expect(events).toEqual([]);
  });
});
