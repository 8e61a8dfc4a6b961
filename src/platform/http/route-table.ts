import type { EndpointSpec } from './endpoint.decorator.js';

/** An endpoint as it was registered; `url` is the router's pattern: `/api/v1/tokens/:id`. */
export interface Endpoint {
  method: string;
  url: string;
  spec: EndpointSpec;
}

/** Every route there is, collected at boot. */
export class RouteTable {
  readonly endpoints: Endpoint[] = [];
  private readonly routes: { url: string; pattern: RegExp; method: string }[] = [];

  add(method: string, url: string, spec: EndpointSpec | undefined): void {
    this.routes.push({ url, pattern: patternOf(url), method });
    if (spec && method !== 'HEAD') this.endpoints.push({ method, url, spec });
  }

  /** The methods that a path answers to; none when there is no such path. Where a path has a name of its own, `/devices/:id` is not meant. */
  methodsOf(path: string): string[] {
    const matching = this.routes.filter(({ pattern }) => pattern.test(path));
    const named = matching.filter(({ url }) => url === path);
    return [...new Set((named.length > 0 ? named : matching).map(({ method }) => method))].sort();
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')))
    .join('/');
  return new RegExp(`^${source}$`);
}
