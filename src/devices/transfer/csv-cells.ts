import { DEVICE_FIELDS } from '../inventory/device-rules.js';

/** What begins a formula in a spreadsheet, or ends a cell of text and begins one. */
const FORMULA = /^'*[=+\-@\t\r]/;
const CUSTOM = 'custom_fields.';
const BOOLEANS = new Set(['enabled', 'refused_is_up', 'verify_tls', 'allow_duplicate']);
const NUMBERS = new Set(['port', 'snmp_port']);

/** Columns of an export, in order; custom fields follow. */
export const EXPORT_COLUMNS = DEVICE_FIELDS.filter((name) => !name.endsWith('_id') && name !== 'custom_fields');

export function isCustom(column: string): boolean {
  return column.startsWith(CUSTOM);
}

/** Column names that no field of a device has. */
export function unknownColumns(header: readonly string[]): string[] {
  return header.filter(
    (name) => !DEVICE_FIELDS.includes(name) && !(isCustom(name) && name.slice(CUSTOM.length).trim() !== ''),
  );
}

/** A row of a file as `POST /devices` would get it. Empty cells say nothing; what is no number or flag stays text, to be refused. */
export function deviceOfCells(header: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const device: Record<string, unknown> = {};
  const custom: [string, unknown][] = [];
  header.forEach((column, index) => {
    const text = fromCell(cells[index] ?? '');
    if (text === '') return;
    if (isCustom(column)) custom.push([column.slice(CUSTOM.length), customOfText(text)]);
    else device[column] = fieldOfText(column, text);
  });
  // From entries: a column may be called "__proto__".
  if (custom.length > 0) device['custom_fields'] = Object.fromEntries(custom);
  return device;
}

/** The value of a field in a cell; what a spreadsheet would run begins with an apostrophe. */
export function cellOf(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ''
      : Array.isArray(value)
        ? value.join(';')
        : typeof value === 'string'
          ? value
          : JSON.stringify(value);
  return FORMULA.test(text) ? `'${text}` : text;
}

/** A custom field in a cell: text that would be read as something else is written as JSON. */
export function customCellOf(value: unknown): string {
  if (value === undefined) return '';
  if (value === null) return 'null';
  if (typeof value !== 'string') return cellOf(value);
  return cellOf(customOfText(value) === value && value !== '' ? value : JSON.stringify(value));
}

function fromCell(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}

function fieldOfText(column: string, text: string): unknown {
  if (column === 'tags') return text.split(/[;|]/).map((tag) => tag.trim()).filter((tag) => tag !== ''); // prettier-ignore
  if (column === 'custom_fields') return jsonOf(text) ?? text;
  if (NUMBERS.has(column) && /^\d{1,9}$/.test(text.trim())) return Number(text);
  if (column === 'check_kind') return text.trim().toLowerCase();
  if (!BOOLEANS.has(column)) return text;
  const word = text.trim().toLowerCase();
  return ['true', 'yes', '1'].includes(word) ? true : ['false', 'no', '0'].includes(word) ? false : text;
}

/** Numbers in their plain form, true, false, null and JSON strings are what they say; anything else is text. */
function customOfText(text: string): unknown {
  const value = /^(?:".*"|true|false|null|-?\d[\d.e+-]*)$/s.test(text) ? jsonOf(text) : undefined;
  if (typeof value === 'number') return String(value) === text ? value : text;
  return value === undefined ? text : value;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
