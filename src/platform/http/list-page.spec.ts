import { z } from 'zod';
import { encodeCursor } from './cursor.js';
import { listPage, type ListRules } from './list-page.js';
import { listQuery } from './list-query.js';
import { validationMessage } from './validation-message.js';

interface Node {
  id: string;
  name: string;
  tasks: number | null;
  labels: { zone: string; disk: string };
}

const item = z.strictObject({
  id: z.string(),
  name: z.string(),
  tasks: z.number().nullable(),
  labels: z.strictObject({ zone: z.string(), disk: z.string() }),
});
const query = listQuery({
  item,
  sort: ['name', 'tasks'],
  defaultSort: 'name',
  search: 'the name',
  filters: { zone: z.string().optional() },
});
type Query = z.output<typeof query>;
const rules: ListRules<Node, Query['filters'], Query['sort']['key']> = {
  id: (node) => node.id,
  sort: { name: (node) => node.name, tasks: (node) => node.tasks },
  search: (node) => [node.name],
  filters: { zone: (node, zone) => node.labels.zone === zone },
};
const node = (id: number, changes: Partial<Node> = {}): Node => ({
  id: String(id).padStart(3, '0'),
  name: `node${String(id % 7)}`,
  tasks: id % 5 === 0 ? null : id % 5,
  labels: { zone: id % 2 ? 'a' : 'b', disk: 'ssd' },
  ...changes,
});
const nodes = Array.from({ length: 40 }, (_, index) => node(index));
const list = (parameters: Record<string, string>, items = nodes) => listPage(items, query.parse(parameters), rules);
const idsOf = (page: { data: unknown[] }) => page.data.map((each) => (each as Node).id);

function walk(parameters: Record<string, string>, change = (items: Node[]) => items): string[] {
  const ids: string[] = [];
  let items = nodes;
  let cursor: string | null = null;
  do {
    const page = list({ ...parameters, ...(cursor && { cursor }) }, items);
    ids.push(...idsOf(page));
    cursor = page.page.next_cursor;
    items = change(items);
  } while (cursor);
  return ids;
}

describe('listPage', () => {
  it.each(['name', '-name', 'tasks', '-tasks'])('shows every item once, page by page, sorted by %s', (sort) => {
    const ids = walk({ sort, limit: '7' });
    expect(ids).toHaveLength(40);
    expect(ids).toEqual(idsOf(list({ sort })));
  });

  it('neither repeats nor skips items that stay while others come and go', () => {
    const ids = walk({ limit: '5' }, (items) => [node(900 + items.length, { name: 'aaa' }), ...items.slice(0, -1)]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(idsOf({ data: nodes.slice(0, 30) })));
  });

  it('sorts unknown values last', () => {
    expect((list({ sort: 'tasks' }).data.at(-1) as Node).tasks).toBeNull();
  });

  it('counts what the filters match, on all pages', () => {
    expect(list({ zone: 'a', limit: '3' }).page).toMatchObject({ total: 20, limit: 3 });
    expect(list({ q: 'NODE3' }).page.total).toBe(6);
  });

  it('ends without a cursor', () => {
    expect(list({ limit: '40' }).page.next_cursor).toBeNull();
    expect(list({ q: 'nothing' })).toEqual({ data: [], page: { limit: 50, next_cursor: null, total: 0 } });
  });

  it('trims items to the fields asked for', () => {
    expect(list({ fields: 'id,labels.zone', limit: '1' }).data).toEqual([{ id: '000', labels: { zone: 'b' } }]);
  });

  it.each([
    ['of another sort order', () => ({ sort: '-name', cursor: list({ limit: '1' }).page.next_cursor! })],
    ['of other filters', () => ({ zone: 'a', cursor: list({ limit: '1' }).page.next_cursor! })],
    [
      'of another list',
      () => ({ cursor: encodeCursor({ ...query.parse({}), list: 'other' }, { value: 'a', id: '1' }) }),
    ],
    ['that is broken', () => ({ cursor: 'bm9uc2Vuc2U' })],
    ['that is no base64', () => ({ cursor: '%%%' })],
    ['with a value of a wrong kind', () => ({ cursor: Buffer.from('[1,"x",{},"1"]').toString('base64url') })],
  ])('refuses a cursor %s', (_, parameters) => {
    expect(() => list(parameters())).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
  });
});

describe('listQuery', () => {
  const messages = (parameters: Record<string, unknown>) =>
    query.safeParse(parameters, { error: validationMessage }).error?.issues.map((issue) => issue.message);

  it.each([
    [{ limit: '0' }, /at least 1/],
    [{ limit: '501' }, /at most 500/],
    [{ limit: 'many' }, /whole number from 1 to 500/],
    [{ limit: '1.5' }, /whole number/],
    [{ limit: '-1' }, /whole number/],
    [{ limit: '1e2' }, /whole number/],
    [{ limit: '0x10' }, /whole number/],
    [{ limit: ' 10' }, /whole number/],
    [{ limit: '+10' }, /whole number/],
    [{ limit: '' }, /whole number/],
    [{ limit: '٣' }, /whole number/],
    [{ limit: ['1', '2'] }, /whole number/],
    [{ sort: 'size' }, /name, -name, tasks, -tasks/],
    [{ fields: 'id,nope' }, /Unknown field nope\. Valid: id, name, tasks, labels, labels\.zone, labels\.disk/],
    [{ q: ['a', 'b'] }, /once/],
    [{ nope: '1' }, /nope/],
  ])('refuses %j', (parameters, message) => {
    expect(messages(parameters)).toEqual([expect.stringMatching(message)]);
  });

  it('reads plain digits', () => {
    expect(query.parse({ limit: '25' })).toMatchObject({ limit: 25 });
  });

  it('has defaults', () => {
    expect(query.parse({})).toMatchObject({ limit: 50, sort: { key: 'name', descending: false }, filters: {} });
  });
});
