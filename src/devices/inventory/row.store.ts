import type { EntityManager } from 'typeorm';

/** Inserts a row; columns without a value keep their defaults. Column names are ours, never a request's. @returns its id */
export async function insertRow(
  manager: EntityManager,
  table: 'sites' | 'groups' | 'profiles',
  row: Record<string, unknown>,
): Promise<string> {
  const given = Object.entries(row).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => name).join(', ');
  const places = given.map((_, index) => `$${index + 1}`).join(', ');
  const values = given.map(([, value]) => value);
  const [{ id }] = await manager.query<[{ id: string }]>(
    `INSERT INTO ${table} (${names}) VALUES (${places}) RETURNING id`,
    values,
  );
  return id;
}

/** Sets columns of a row; those without a value stay. */
export async function updateRow(
  manager: EntityManager,
  table: 'sites' | 'groups' | 'profiles',
  id: string,
  row: Record<string, unknown>,
): Promise<void> {
  const given = Object.entries(row).filter(([, value]) => value !== undefined);
  const sets = given.map(([name], index) => `${name} = $${index + 2}`);
  const values = given.map(([, value]) => value);
  await manager.query(`UPDATE ${table} SET ${[...sets, 'updated_at = clock_timestamp()'].join(', ')} WHERE id = $1`, [
    id,
    ...values,
  ]);
}
