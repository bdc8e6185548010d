import type { TenantId } from '../../../shared/domain/ids.ts';
import { noteAnswers, type AnswerNote } from '../../../shared/db/queries/inbound-deliveries.ts';
import type { WithTenant } from '../../../shared/db/tenant.ts';
import type { Logger } from '../../../shared/telemetry/logger.ts';

/** Notes on the deliveries what their senders were told, a moment after they were told (S-045). */
export interface AnswerLog {
  note(tenantId: TenantId, note: AnswerNote): void;
  /** Writes what is left. */
  stop(): Promise<void>;
}

const flushIntervalMs = 200;
/** More notes than this are dropped: they describe answers, they do not make them. */
const notesMax = 20_000;

/**
 * Collects notes and writes them in one statement a tenant. The answer does not wait for its note;
 * a process that dies loses the notes of its last moments, and nothing else.
 */
export function startAnswerLog(deps: {
  readonly withTenant: WithTenant;
  readonly log: Logger;
}): AnswerLog {
  let waiting = new Map<TenantId, AnswerNote[]>();
  let count = 0;
  let writing: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = new Map();
    count = 0;
    for (const [tenantId, notes] of batch) {
      try {
        await deps.withTenant(tenantId, async (tx) => noteAnswers(tx, notes));
      } catch (error) {
        deps.log.warn(
          { event: 'inbound.notes_lost', notes: notes.length, err: error },
          'answers could not be noted on their deliveries; the deliveries themselves are stored',
        );
      }
    }
  }

  const timer = setInterval(() => {
    if (count > 0) writing = writing.then(flush);
  }, flushIntervalMs);

  return {
    note(tenantId, note) {
      if (count >= notesMax) return;
      count += 1;
      const notes = waiting.get(tenantId);
      if (notes === undefined) waiting.set(tenantId, [note]);
      else notes.push(note);
    },
    async stop() {
      clearInterval(timer);
      await writing;
      await flush();
    },
  };
}
