import { z } from 'zod';
import { isOneLine, isPlainText } from './storable-text.js';

/** A name or a comment: one line, trimmed, without control characters. */
export const lineText = (max: number, min = 1) =>
  z.string().trim().min(min).max(max).refine(isOneLine, 'Must be one line without control characters.');

/** A text of any number of lines, trimmed, without other control characters. */
export const plainText = (max: number) =>
  z.string().trim().max(max).refine(isPlainText, 'Must hold no control characters but line breaks and tabs.');
