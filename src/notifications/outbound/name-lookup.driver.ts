import { lookup } from 'node:dns/promises';

export interface ResolvedAddress {
  address: string;
  family: number;
}

/** Asks for all addresses of a name. @throws Error with a `code` when there are none */
export type NameLookup = (name: string) => Promise<readonly ResolvedAddress[]>;

/** A name occupies one of libuv's four threads, for many seconds when the name server is dead, and files and TLS need some too. */
const AT_ONCE = 2;

/** Asks as the system does: /etc/hosts, Docker's own names, search domains. Every time anew; once for all who ask meanwhile. */
export function systemLookup(): NameLookup {
  const underWay = new Map<string, Promise<readonly ResolvedAddress[]>>();
  const waiting: (() => void)[] = [];
  let asking = 0;
  const ask = async (name: string): Promise<readonly ResolvedAddress[]> => {
    if (asking >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    asking += 1;
    try {
      return await lookup(name, { all: true });
    } finally {
      asking -= 1;
      underWay.delete(name);
      waiting.shift()?.();
    }
  };
  return (name) => {
    const asked = underWay.get(name) ?? ask(name);
    underWay.set(name, asked);
    return asked;
  };
}
