/** Counts what the feed says of acts in shops, for whoever shows them. */
import { signal } from '@preact/signals';

export const actsTold = signal(0);
