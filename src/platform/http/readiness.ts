type ReadinessState = 'starting' | 'ready' | 'draining';

/** Whether this process may be sent requests. It does not follow the database once it is ready. */
export class Readiness {
  state: ReadinessState = 'starting';
  private readonly drained = new AbortController();

  /** Aborted when the process begins to stop: answers without an end must end now. */
  get draining(): AbortSignal {
    return this.drained.signal;
  }

  ready(): void {
    if (this.state === 'starting') this.state = 'ready';
  }

  /** From now on `/health/ready` answers 503, so that load balancers turn away. */
  drain(): void {
    this.state = 'draining';
    this.drained.abort();
  }

  /** The answers of the two probes: live says that the process answers at all. */
  answer(path: string): { status: number; body: object } | undefined {
    if (path === '/health/live') return { status: 200, body: { status: 'live' } };
    if (path === '/health/ready') return { status: this.state === 'ready' ? 200 : 503, body: { status: this.state } };
    return undefined;
  }
}
