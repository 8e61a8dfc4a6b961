/** The part of autocannon that the benchmarks use; the package has no types. */
declare module 'autocannon' {
  interface Result {
    errors: number;
    non2xx: number;
    statusCodeStats?: Record<string, { count: number }>;
    requests: { average: number };
    latency: { p50: number; p99: number };
  }
  export default function autocannon(options: {
    url: string;
    headers?: Record<string, string>;
    connections: number;
    duration: number;
  }): Promise<Result>;
}
