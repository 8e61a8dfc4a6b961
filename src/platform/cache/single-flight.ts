import { matches } from './cache-key.js';

/** One piece of work under way that several callers may wait for. */
export interface Flight {
  /** Its key was changed meanwhile: what it brings is good for those who wait, but must not be kept. */
  overtaken: boolean;
}

/** Lets the same work be done once for all who ask while it runs. Nothing is kept afterwards, neither values nor errors. */
export class SingleFlight {
  private readonly flights = new Map<string, Flight & { promise: Promise<unknown> }>();

  isFlying(key: string): boolean {
    return this.flights.has(key);
  }

  /** Joins the flight of that key, or starts one. `T` must be the same for everyone who uses the key. */
  run<T>(key: string, work: (flight: Flight) => Promise<T>): Promise<T> {
    const running = this.flights.get(key);
    if (running) return running.promise as Promise<T>;
    const flight = { overtaken: false, promise: Promise.resolve() as Promise<unknown> };
    this.flights.set(key, flight);
    const promise = work(flight).finally(() => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    flight.promise = promise;
    return promise;
  }

  /** Marks the flights that a pattern covers; whoever asks from now on starts a new one. */
  overtake(pattern: string): void {
    for (const [key, flight] of this.flights) {
      if (!matches(pattern, key)) continue;
      flight.overtaken = true;
      this.flights.delete(key);
    }
  }
}
