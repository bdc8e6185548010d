import type { ApiCaller } from './api.ts';
import type { TestStack } from './stack.ts';

/** Makes something of the knowledge base over the API, which must answer 201, and gives its id. */
export const maker =
  (api: () => ApiCaller, path: string) =>
  async (body: object): Promise<string> => {
    const answer = await api().post(`${path}/create`, body);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
    return answer.body.id;
  };

/** What an API shows of one resource. */
export const reader =
  (api: () => ApiCaller, path: string) =>
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into resources of several kinds
  async (id: string): Promise<any> =>
    (await api().get(`${path}/get?id=${id}`)).body;

/** The events about an object, in the order they were recorded. */
export async function eventsAbout(
  { database }: Pick<TestStack, 'database'>,
  id: string,
): Promise<readonly { readonly type: string; readonly data: unknown }[]> {
  const { rows } = await database.admin.query(
    `select type, object_type, data from events where object_id = $1 order by id`,
    [id],
  );
  return rows;
}

/** What the audit log says was done to a resource, and by which kind of actor. */
export async function auditedOf(
  { database }: Pick<TestStack, 'database'>,
  id: string,
): Promise<readonly string[]> {
  const { rows } = await database.admin.query<{ entry: string }>(
    `select actor_type || ' ' || action || ' ' || resource_type as entry
     from audit_entries where resource_id = $1 order by id`,
    [id],
  );
  return rows.map(({ entry }) => entry);
}
