import ipaddr from 'ipaddr.js';

/** One scan looks at no more addresses. */
export const MAX_SCAN = 4_096;
const MIN_PREFIX = { ipv4: 20, ipv6: 116 };

/** The addresses of a subnet that can be hosts, or why it is not scanned. */
export type ScanRange = { cidr: string; size: number; addresses(): string[] } | { refused: string };

/**
 * Reads a subnet such as `10.1.2.0/24`; bits of the host part are set to 0. Loopback is allowed. The first and the last address of an
 * IPv4 subnet are the network itself and its broadcast: they are left out, except of a /31 and a /32.
 */
export function scanRange(text: string): ScanRange {
  if (!/^[\da-f.:]+\/\d{1,3}$/i.test(text)) return { refused: 'Must be a subnet such as 10.1.2.0/24 or fd00::/120.' };
  if (!isSubnet(text))
    return { refused: 'Must be a subnet such as 10.1.2.0/24; the address or the prefix is not valid.' };
  const [address, prefix] = ipaddr.parseCIDR(text);
  const kind = address.kind();
  if (prefix < MIN_PREFIX[kind]) {
    return {
      refused: `Must have at most ${MAX_SCAN.toLocaleString('en')} addresses: /${MIN_PREFIX[kind]} or smaller. Split it.`,
    };
  }
  const first = networkOf(address.toByteArray(), prefix);
  const range = ipaddr.fromByteArray(first).range();
  const refusal = REFUSED[range];
  if (refusal) return { refused: refusal };
  const total = 2 ** (first.length * 8 - prefix);
  const edges = kind === 'ipv4' && total > 2 ? 1 : 0;
  const size = total - 2 * edges;
  return {
    cidr: `${ipaddr.fromByteArray(first).toString()}/${prefix}`,
    size,
    addresses: () => Array.from({ length: size }, (_, index) => plus(first, index + edges)),
  };
}

const REFUSED: Record<string, string> = {
  multicast: 'Must not be multicast: its addresses are groups, not hosts.',
  unspecified: 'Must not be the unspecified network: its addresses are no hosts.',
  broadcast: 'Must not be the broadcast address.',
  ipv4Mapped: 'Must be written as IPv4: these addresses are mapped ones.',
};

/** Four numbers, or IPv6: ipaddr.js would also read octal ones and `127.1`. */
function isSubnet(text: string): boolean {
  const address = text.slice(0, text.lastIndexOf('/'));
  const valid = address.includes(':') ? ipaddr.IPv6.isValid(address) : ipaddr.IPv4.isValidFourPartDecimal(address);
  return valid && ipaddr.isValidCIDR(text);
}

function networkOf(bytes: number[], prefix: number): number[] {
  return bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - index * 8))) & 0xff);
}

function plus(first: readonly number[], offset: number): string {
  const bytes = [...first];
  let carry = offset;
  for (let index = bytes.length - 1; carry > 0; index -= 1) {
    const sum = bytes[index]! + carry;
    bytes[index] = sum & 0xff;
    carry = sum >> 8;
  }
  return ipaddr.fromByteArray(bytes).toString();
}
