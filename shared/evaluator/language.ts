/**
 * What an expression may contain, decided on its syntax tree. Runs in the child process.
 *
 * At level strict no function value can come to be: no lambda, no partial application, no transform,
 * and no variable that is not bound to data in the expression itself. So the name in front of a call
 * is what is called, and the allow-list means what it says.
 */
import type { LanguageLevel } from '../domain/language-level.ts';
import { syntaxDepthMax, syntaxNodesMax } from './limits.ts';

/** An expression that compiles but may not be used. `position` is where, when there is a place. */
export class LanguageError extends Error {
  readonly position: number | undefined;

  constructor(message: string, position?: unknown) {
    super(message);
    this.name = 'LanguageError';
    this.position = typeof position === 'number' ? position : undefined;
  }
}

/** The functions of level strict: they compute from their arguments alone and take no functions. */
export const strictFunctions: ReadonlySet<string> = new Set(
  `abs append average base64decode base64encode boolean ceil coalesce contains count
  decodeUrl decodeUrlComponent distinct encodeUrl encodeUrlComponent exists floor formatBase
  formatInteger formatNumber fromMillis join keys len length lookup lowercase match max merge min
  not nowIso number pad parseInteger power replace reverse round sort split spread sqrt string
  substring substringAfter substringBefore sum toMillis toString trim type uppercase zip`.split(
    /\s+/,
  ),
);

/** The input, the whole document and what is bound for every expression. */
const givenVariables = ['', '$', 'headers', 'query', 'delivery'];

const strictNodes = new Set(
  `apply binary bind block condition descendant filter function index name number parent path regex
  sort string unary value variable wildcard`.split(/\s+/),
);

export type Node = Readonly<Record<string, unknown>> & { readonly type: string };

/** Throws a LanguageError for what the level does not allow, and for a tree that is too large. */
export function checkLanguage(tree: unknown, level: LanguageLevel): void {
  const nodes = collectNodes(tree);
  const evalNode = nodes.find((node) => isVariable(node) && node['value'] === 'eval');
  if (evalNode) throw new LanguageError('$eval is not available', evalNode['position']);
  if (level === 'strict') checkStrict(nodes);
}

/** Every node of the tree, each once. Walks all properties, so that no kind of node is overlooked. */
function collectNodes(tree: unknown): readonly Node[] {
  const nodes: Node[] = [];
  const seen = new Set<object>();
  const pending: { readonly value: unknown; readonly depth: number }[] = [
    { value: tree, depth: 0 },
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const isSyntax = isNode(value);
    if (isSyntax) nodes.push(value);
    if (nodes.length > syntaxNodesMax) {
      throw new LanguageError(`the expression has more than ${syntaxNodesMax} parts`);
    }
    if (depth > syntaxDepthMax) {
      throw new LanguageError(`the expression is nested deeper than ${syntaxDepthMax} levels`);
    }
    for (const part of Object.values(value)) {
      pending.push({ value: part, depth: isSyntax ? depth + 1 : depth });
    }
  }
  return nodes;
}

function checkStrict(nodes: readonly Node[]): void {
  const strange = nodes.find((node) => !strictNodes.has(node.type));
  if (strange) throw refusal(strange, `${nameOfKind(strange.type)} cannot be used`);
  for (const node of nodes) {
    const taken = namesBoundBy(node).find((name) => strictFunctions.has(name));
    if (taken !== undefined) throw refusal(node, `$${taken} is a function and cannot be bound`);
    for (const callee of calleeOf(node)) checkCallee(node, callee);
  }
  const callees = new Set(nodes.flatMap(calleeOf));
  const values = new Set([...givenVariables, ...nodes.flatMap(namesBoundBy)]);
  for (const node of nodes) {
    if (!isVariable(node) || callees.has(node)) continue;
    const name = String(node['value']);
    if (!values.has(name)) throw refusal(node, `$${name} is not a value`);
  }
}

function checkCallee(call: Node, callee: Node): void {
  if (!isVariable(callee)) throw refusal(call, 'only a function that is named can be called');
  const name = String(callee['value']);
  if (!strictFunctions.has(name)) throw refusal(call, `$${name} cannot be called`);
}

function refusal(node: Node, what: string): LanguageError {
  return new LanguageError(`${what} at the language level strict`, node['position']);
}

/** What a call calls. On the right of `~>` stands a call of its own, or the function itself. */
function calleeOf(node: Node): readonly Node[] {
  const callee = node.type === 'function' ? node['procedure'] : undefined;
  const applied = node.type === 'apply' ? node['rhs'] : undefined;
  if (isNode(callee)) return [callee];
  return isNode(applied) && applied.type !== 'function' ? [applied] : [];
}

/** The variables that a node binds: by `:=`, and by `@$name` and `#$name` on a step of a path. */
function namesBoundBy(node: Node): readonly string[] {
  const target = node.type === 'bind' && isNode(node['lhs']) ? node['lhs']['value'] : undefined;
  const counter = node.type === 'index' ? node['value'] : undefined;
  return [target, counter, node['focus'], node['index']].filter(
    (name): name is string => typeof name === 'string',
  );
}

const kindNames: Readonly<Record<string, string>> = {
  lambda: 'a function of your own',
  partial: 'a partial application',
  transform: 'a transform',
};

function nameOfKind(type: string): string {
  return kindNames[type] ?? `"${type}"`;
}

const isVariable = (node: Node): boolean => node.type === 'variable';

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  );
}
