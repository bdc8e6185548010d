import { DatabaseSync } from 'node:sqlite';

/**
 * A pass over a list, from its newest row back to `floorMs`. It is kept with each page, so that after a
 * crash it goes on where it was.
 */
export interface Walk {
  /** Tells the rows that it has met from those that it has not. */
  readonly number: number;
  /** Null for the whole list. */
  readonly floorMs: number | null;
  /** The newest moment when it began; null before its first page. */
  readonly topMs: number | null;
  /** The server's clock when it began; null before its first page. */
  readonly begunMs: number | null;
  /** Where its next page begins; null at the beginning. */
  readonly cursor: string | null;
}

/** What is known of a list between walks. */
export interface Progress {
  readonly walks: number;
  /** All that was changed until then, less the overlap, is in the copy. Null before the first walk. */
  readonly checkpointMs: number | null;
  /** The server's clock when the last finished walk began, and the last one of the whole list. */
  readonly walkedMs: number | null;
  readonly sweptMs: number | null;
}

export interface JournalLine {
  readonly kind: 'event' | 'changed' | 'removed' | 'gap';
  readonly resource: string;
  readonly id: string;
  readonly body: string;
}

/** Copy, journal and progress in one file: what is written together is there together, or not at all. */
export interface Store {
  transaction(work: () => void): void;
  /** Notes an event. False when it was noted before. */
  addEvent(id: string, body: string): boolean;
  /** Keeps a row as it is now. Returns whether that is news; if so, the journal says it. */
  keep(resource: string, id: string, body: string, walk: number): boolean;
  /** Removes a row; of a conversation, its messages too. */
  remove(resource: string, id: string): void;
  note(line: JournalLine): void;
  /** Rows that a walk of the whole list has not met. */
  unmet(resource: string, walk: number): readonly string[];
  progress(list: string): Progress;
  saveProgress(list: string, progress: Progress): void;
  walk(list: string): Walk | undefined;
  saveWalk(list: string, walk: Walk | undefined): void;
  /** Conversations with messages that may not be here yet, and the page from which to read them. */
  dueThreads(): readonly { readonly id: string; readonly cursor: string | null }[];
  markDue(conversationId: string): void;
  saveThread(conversationId: string, cursor: string | null, isDue: boolean): void;
  close(): void;
}

const schema = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists copies (
    resource text, id text, body text not null, met_in integer not null,
    primary key (resource, id)
  ) strict, without rowid;
  create table if not exists journal (
    seq integer primary key, kind text not null, resource text not null, id text not null,
    body text not null
  ) strict;
  create unique index if not exists journal_events on journal (id) where kind = 'event';
  create table if not exists lists (name text primary key, progress text, walk text) strict;
  create table if not exists threads (id text primary key, cursor text, is_due integer not null) strict;
`;

const nothingYet: Progress = { walks: 0, checkpointMs: null, walkedMs: null, sweptMs: null };

/** Another process keeps the same copy. */
export class InUse extends Error {}

/** Opens the file, and makes it where there is none. Throws `InUse`. */
export function openStore(file: string): Store {
  const lock = lockFile(`${file}.lock`);
  const db = new DatabaseSync(file);
  db.exec(`pragma busy_timeout = 5000; ${schema}`);
  const sql = statements(db);
  const note = ({ kind, resource, id, body }: JournalLine): boolean =>
    sql.note.run(kind, resource, id, body).changes === 1;

  const remove = (resource: string, id: string): void => {
    if (sql.remove.run(resource, id).changes === 1) {
      note({ kind: 'removed', resource, id, body: '{}' });
    }
    if (resource !== 'conversations') return;
    for (const row of sql.messagesOf.all(id)) remove('messages', String(row['id']));
    sql.removeThread.run(id);
  };

  return {
    transaction(work) {
      db.exec('begin immediate');
      try {
        work();
        db.exec('commit');
      } catch (error) {
        db.exec('rollback');
        throw error;
      }
    },
    addEvent: (id, body) => note({ kind: 'event', resource: 'events', id, body }),
    keep(resource, id, body, walk) {
      if (sql.meet.run(walk, resource, id, body).changes === 1) return false;
      sql.keep.run(resource, id, body, walk);
      return note({ kind: 'changed', resource, id, body });
    },
    remove,
    note: (line) => void note(line),
    unmet: (resource, walk) => sql.unmet.all(resource, walk).map(({ id }) => String(id)),
    progress: (list) => parsed<Progress>(sql.list.get(list)?.['progress']) ?? nothingYet,
    saveProgress: (list, progress) => void sql.saveProgress.run(list, JSON.stringify(progress)),
    walk: (list) => parsed<Walk>(sql.list.get(list)?.['walk']),
    saveWalk: (list, walk) =>
      void sql.saveWalk.run(list, walk === undefined ? null : JSON.stringify(walk)),
    dueThreads: () =>
      sql.dueThreads.all().map(({ id, cursor }) => ({
        id: String(id),
        cursor: cursor === null ? null : String(cursor),
      })),
    markDue: (id) => void sql.markDue.run(id),
    saveThread: (id, cursor, isDue) => void sql.saveThread.run(cursor, Number(isDue), id),
    close() {
      db.close();
      lock.close();
    },
  };
}

/** A lock that ends with the process, however that ends. */
function lockFile(file: string): DatabaseSync {
  const lock = new DatabaseSync(file);
  try {
    lock.exec('pragma busy_timeout = 0; begin exclusive');
    return lock;
  } catch (cause) {
    throw new InUse('another process keeps this copy', { cause });
  }
}

const parsed = <Value>(text: unknown): Value | undefined =>
  typeof text === 'string' ? (JSON.parse(text) as Value) : undefined;

function statements(db: DatabaseSync) {
  const prepare = (text: string) => db.prepare(text);
  return {
    note: prepare(
      'insert into journal (kind, resource, id, body) values (?, ?, ?, ?) on conflict do nothing',
    ),
    meet: prepare('update copies set met_in = ? where resource = ? and id = ? and body = ?'),
    keep: prepare(
      `insert into copies (resource, id, body, met_in) values (?, ?, ?, ?)
       on conflict do update set body = excluded.body, met_in = excluded.met_in`,
    ),
    remove: prepare('delete from copies where resource = ? and id = ?'),
    unmet: prepare('select id from copies where resource = ? and met_in <> ?'),
    list: prepare('select progress, walk from lists where name = ?'),
    saveProgress: prepare(
      `insert into lists (name, progress) values (?, ?)
       on conflict do update set progress = excluded.progress`,
    ),
    saveWalk: prepare(
      `insert into lists (name, walk) values (?, ?) on conflict do update set walk = excluded.walk`,
    ),
    dueThreads: prepare('select id, cursor from threads where is_due = 1'),
    markDue: prepare(
      `insert into threads (id, cursor, is_due) values (?, null, 1)
       on conflict do update set is_due = 1`,
    ),
    saveThread: prepare('update threads set cursor = ?, is_due = ? where id = ?'),
    removeThread: prepare('delete from threads where id = ?'),
    messagesOf: prepare(
      `select id from copies
       where resource = 'messages' and body ->> 'conversationId' = ?`,
    ),
  };
}
