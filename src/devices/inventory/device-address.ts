import ipaddr from 'ipaddr.js';

/** What became of an address: its one form, or why it is refused. */
export type AddressReading = { address: string } | { problem: string };

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** What resolvers take for a number and hence for an IPv4 address: 127, 0x7f, 0177. */
const NUMBER = /^(0x[0-9a-f]*|\d+)$/;
const FOUR_PARTS = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * An IPv4 or IPv6 address or a DNS name in its one form, so that equal addresses are equal texts: IPv6 as RFC 5952 writes it, IPv4 in
 * IPv6 as IPv4, names in lower case without the last dot. Addresses that no single device can have are refused.
 */
export function readAddress(text: string): AddressReading {
  const address = text.trim().toLowerCase();
  if (address === '') return { problem: 'Must not be empty.' };
  if (address.includes('/')) return { problem: 'Must be the address of one device, without "/".' };
  if (address.startsWith('[')) return { problem: 'Must be written without brackets.' };
  if (address.includes('%'))
    return { problem: 'Must not name a zone ("%eth0"): it means something else on each worker.' };
  if (address.includes(':')) return readIpv6(address);
  const name = address.endsWith('.') ? address.slice(0, -1) : address;
  return NUMBER.test(name.split('.').at(-1)!) ? readIpv4(address) : readName(name);
}

function readIpv4(text: string): AddressReading {
  if (!FOUR_PARTS.test(text)) {
    return {
      problem: 'Must have four decimal numbers to be an IPv4 address; short and hexadecimal forms are ambiguous.',
    };
  }
  const parts = text.split('.');
  if (parts.some((part) => part.length > 1 && part.startsWith('0'))) {
    return { problem: 'Must not have leading zeros: some programs take such numbers for octal.' };
  }
  if (parts.some((part) => Number(part) > 255)) return { problem: 'Must have numbers up to 255 only.' };
  return usable(ipaddr.IPv4.parse(text));
}

function readIpv6(text: string): AddressReading {
  if (!ipaddr.IPv6.isValid(text)) return { problem: 'Must be an IPv6 address such as 2001:db8::1, without a port.' };
  const address = ipaddr.IPv6.parse(text);
  return usable(address.isIPv4MappedAddress() ? address.toIPv4Address() : address);
}

function usable(address: ipaddr.IPv4 | ipaddr.IPv6): AddressReading {
  const range = address.range();
  if (range === 'unspecified') return { problem: `Must be a device's address, and ${address} stands for none.` };
  if (range === 'multicast') return { problem: `Must be a device's address, and ${address} is a multicast group.` };
  if (range === 'broadcast') return { problem: `Must be a device's address, and ${address} is the broadcast address.` };
  if (range === 'linkLocal' && address.kind() === 'ipv6') {
    return { problem: `Must be reachable from every worker: ${address} is link-local and would need a zone.` };
  }
  return { address: address.toString() };
}

function readName(name: string): AddressReading {
  if (name.length > 253) return { problem: 'Must have at most 253 characters.' };
  if (/[^\x20-\x7e]/.test(name)) return { problem: 'Must be in its ASCII form, such as xn--bcher-kva.example.' };
  if (!name.split('.').every((label) => LABEL.test(label))) {
    return { problem: 'Must be an IPv4 or IPv6 address, or a DNS name of letters, digits, hyphens and dots.' };
  }
  return { address: name };
}
