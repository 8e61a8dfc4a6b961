import { RouteTable } from './route-table.js';

describe('RouteTable', () => {
  const routes = new RouteTable();
  const add = (url: string, ...methods: string[]) => {
    for (const method of methods) routes.add(method, url, undefined);
  };
  add('/things', 'GET', 'HEAD', 'POST');
  add('/things/:id', 'GET', 'HEAD', 'DELETE');
  add('/things/export', 'GET', 'HEAD');
  add('/things/:id/parts', 'POST');

  it.each([
    ['/things', ['GET', 'HEAD', 'POST']],
    ['/things/1', ['DELETE', 'GET', 'HEAD']],
    ['/things/export', ['GET', 'HEAD']],
    ['/things/export/parts', ['POST']],
    ['/things/1/other', []],
    ['/thing', []],
    ['/thingsX', []],
  ])('%s answers to %j', (path, methods) => expect(routes.methodsOf(path)).toEqual(methods));
});
