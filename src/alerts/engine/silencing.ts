import { compileMatchers, type Matches } from './match-silence.js';
import type { Suppression } from './alert.js';
import type { Silence } from './pass.js';

/** The silences of one moment. */
export class Silencing {
  private readonly active: { id: string; matches: Matches }[];
  /** When the next one begins or ends; Infinity: none does. */
  readonly changesAt: number;

  constructor(silences: readonly Silence[], now: number) {
    this.active = silences
      .filter(({ startsAt, endsAt }) => startsAt <= now && now < endsAt)
      .map(({ id, matchers }) => ({ id, matches: compileMatchers(matchers) }));
    const changes = silences.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt]).filter((at) => at > now);
    this.changesAt = changes.reduce((soonest, at) => Math.min(soonest, at), Infinity);
  }

  /**
   * @param labels asked for only if there is a silence
   * @param before of several that match, this one goes on
   */
  of(labels: () => Readonly<Record<string, string>>, before: Suppression | null): Suppression | null {
    if (this.active.length === 0) return null;
    const known = labels();
    const matching = this.active.filter(({ matches }) => matches(known));
    const chosen = matching.find(({ id }) => id === before?.id) ?? matching[0];
    return chosen ? { by: 'silence', id: chosen.id } : null;
  }
}
