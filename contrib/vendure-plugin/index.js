'use strict';
// Tells Onethread what changes in a Vendure shop: signed events that name ids and nothing about people.
const crypto = require('node:crypto');
const { Inject } = require('@nestjs/common');
const core = require('@vendure/core');

const ATTEMPTS_AFTER_SECONDS = [0, 1, 5, 30, 120, 600];

class OnethreadPlugin {
    /** `url` and `secret` are those of the connection in Onethread; without a url nothing is sent. */
    static init(options) {
        OnethreadPlugin.options = options;
        return OnethreadPlugin;
    }

    constructor(eventBus) {
        this.eventBus = eventBus;
    }

    onApplicationBootstrap() {
        if (!OnethreadPlugin.options?.url) return;
        const orderIn = event => this.tellOrder(event.order);
        // `ofType` hands events over once their transaction has been committed.
        const on = (type, tell) => this.eventBus.ofType(type).subscribe(tell);
        on(core.OrderEvent, orderIn);
        on(core.OrderLineEvent, orderIn);
        on(core.OrderStateTransitionEvent, event => this.tellOrder(event.order, event.fromState));
        on(core.PaymentStateTransitionEvent, orderIn);
        on(core.RefundEvent, orderIn);
        on(core.RefundStateTransitionEvent, orderIn);
        on(core.CouponCodeEvent, event => this.tell('cart', event.orderId));
        on(core.FulfillmentEvent, event => event.input?.orders.forEach(order => this.tellOrder(order)));
        on(core.FulfillmentStateTransitionEvent, event =>
            event.fulfillment.orders?.forEach(order => this.tellOrder(order)));
        on(core.CustomerEvent, event => this.tell(event.type === 'deleted' ? 'forget' : 'buyer', event.entity.id));
    }

    /** A cart is an order that is still active; one that has just been placed is both. */
    tellOrder(order, fromState) {
        const buyer = order.customer?.id ?? order.customerId;
        const who = buyer ? { buyer_ids: [String(buyer)] } : {};
        if (order.active || fromState === 'ArrangingPayment' || fromState === 'AddingItems') {
            this.tell('cart', order.id, who);
        }
        if (!order.active) this.tell('order', order.id, { ...who, order_numbers: [order.code] });
    }

    tell(topic, id, who = {}) {
        const body = JSON.stringify({ topic, id: String(id), at: new Date().toISOString(), who });
        void this.deliver(body, crypto.randomUUID(), 0);
    }

    async deliver(body, delivery, attempt) {
        const { url, secret } = OnethreadPlugin.options;
        const timestamp = String(Math.floor(Date.now() / 1000));
        const signature = crypto.createHmac('sha256', secret).update(`${timestamp}.${delivery}.${body}`).digest('hex');
        const headers = {
            'content-type': 'application/json',
            'x-shop-delivery': delivery,
            'x-shop-timestamp': timestamp,
            'x-shop-signature': `v1=${signature}`,
        };
        try {
            const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
            if (answer.ok) return;
            core.Logger.warn(`Onethread answered ${answer.status} to an event`, 'OnethreadPlugin');
        } catch (error) {
            core.Logger.warn(`Onethread was not reached: ${error.message}`, 'OnethreadPlugin');
        }
        const pause = ATTEMPTS_AFTER_SECONDS[attempt + 1];
        if (pause !== undefined) {
            setTimeout(() => void this.deliver(body, delivery, attempt + 1), pause * 1000).unref();
        }
    }
}

Inject(core.EventBus)(OnethreadPlugin, undefined, 0);
core.VendurePlugin({ imports: [core.PluginCommonModule], compatibility: '^3.0.0' })(OnethreadPlugin);

module.exports = { OnethreadPlugin };
