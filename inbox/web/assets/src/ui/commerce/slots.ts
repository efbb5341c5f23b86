/** Places in the panel that other parts of the inbox fill: what can be done with an order, a cart, or for a buyer. */
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import type { CartView, OrderView, ShopView } from '../../core/commerce';

export interface Place { customer: number; thread: number; shop: ShopView }
export const slots = {
  order: signal<ComponentType<Place & { view: OrderView }> | null>(null),
  cart: signal<ComponentType<Place & { view: CartView }> | null>(null),
  shop: signal<ComponentType<Place> | null>(null),
};
