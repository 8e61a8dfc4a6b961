import { folderLayout } from './folder-layout.js';
import { parseLock } from './lock-contents.js';
import { findAccount } from './parse-passwd.js';
import { initdbArguments, postgresArguments, postmasterOptions } from './postgres-arguments.js';
import { parsePostmasterPid } from './postmaster-pid.js';
import { MAX_ENDS, restartDelay, WINDOW_MS } from './restart-policy.js';
import { greetingOf, startupPacket } from './startup-packet.js';

describe('folderLayout', () => {
  it('keeps the socket inside, where the kernel lets it', () => {
    expect(folderLayout('/srv/data', '/tmp').socket).toBe('/srv/data/postgres/run/.s.PGSQL.5432');
  });

  it('counts bytes and gives each data folder a socket folder of its own', () => {
    const [first, second] = ['ä'.repeat(40), 'ö'.repeat(40)].map(
      (name) => folderLayout(`/srv/${name}`, '/tmp').socketFolder,
    );
    expect(first).toMatch(/^\/tmp\/swarmward-[0-9a-f]{16}$/);
    expect(second).not.toBe(first);
  });
});

describe('restartDelay', () => {
  it('grows, is bounded, and gives up', () => {
    const ends = Array.from({ length: MAX_ENDS + 1 }, () => 0);
    expect(ends.map((_, index) => restartDelay(ends.slice(0, index + 1), 1))).toEqual([
      100,
      200,
      400,
      800,
      1_600,
      3_200,
      5_000,
      5_000,
      undefined,
    ]);
  });

  it('forgets what is long ago', () => {
    const old = Array.from({ length: 20 }, () => 0);
    expect(restartDelay([...old, WINDOW_MS], WINDOW_MS)).toBe(100);
  });
});

describe('parseLock', () => {
  it('reads what the lock file says', () => {
    const contents = { pid: 12, started: 'boot-1', since: '2026-01-01T00:00:00.000Z', from: '/srv' };
    expect(parseLock(JSON.stringify(contents))).toEqual(contents);
  });
  it.each(['', 'null', '{"pid":"x"}', '{"pid":1'])('does not understand %j', (text) => {
    expect(parseLock(text)).toBeUndefined();
  });
});

describe('parsePostmasterPid', () => {
  it('finds id and socket folder', () => {
    expect(parsePostmasterPid('321\n/data\n1795218000\n5432\n/run\n\n  1 2\nready   \n')).toEqual({
      pid: 321,
      socketFolder: '/run',
    });
  });
  it.each(['', 'x\n', '1\n/data', '-5'])('distrusts %j', (text) => expect(parsePostmasterPid(text)).toBeUndefined());
});

describe('startup packet', () => {
  it('has its length in front and the protocol 3.0 behind', () => {
    const packet = startupPacket('me', 'ops');
    expect(packet.readInt32BE(0)).toBe(packet.length);
    expect(packet.readInt32BE(4)).toBe(0x30000);
    expect(packet.subarray(8).toString()).toBe('user\0me\0database\0ops\0\0');
  });

  it.each([
    ['R\0\0\0\x17', 'ready'],
    ['E\0\0\0\x50SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0', 'starting'],
    ['E\0\0\0\x50SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0', 'ready'],
  ])('%j means %s', (answer, expected) => expect(greetingOf(Buffer.from(answer))).toBe(expected));
});

describe('findAccount', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\nbad:x\n';
  it('reads /etc/passwd', () =>
    expect(findAccount(passwd, 'nobody')).toEqual({ name: 'nobody', uid: 65_534, gid: 65_533 }));
  it.each(['root', 'bad', 'nob'])('finds no unprivileged account %s', (name) => {
    expect(findAccount(passwd, name)).toBeUndefined();
  });
});

describe('arguments', () => {
  it('never let PostgreSQL listen on the network, and quote an odd folder', () => {
    expect(postgresArguments({ cluster: '/c', socketFolder: '/a, b' })).toEqual(
      expect.arrayContaining(['listen_addresses=', 'unix_socket_directories="/a, b"']),
    );
  });
  it('keep writes safe', () => {
    expect(postgresArguments({ cluster: '/c', socketFolder: '/s' }).join()).not.toMatch(
      /fsync|synchronous_commit|full_page_writes/,
    );
  });
  it('hand the password over in a file', () => expect(initdbArguments('/c', '/p')).toContain('--pwfile=/p'));
  it('look in postmaster.opts like this', () => expect(postmasterOptions('/p', ['-D', '/c'])).toBe('/p "-D" "/c"'));
});
