// Tells Onethread what changes in a Medusa shop: signed events that name ids and nothing about people.
import type { SubscriberArgs, SubscriberConfig } from "@medusajs/framework";
import { createHmac, randomUUID } from "node:crypto";

const ATTEMPTS_AFTER_SECONDS = [0, 1, 5, 30, 120, 600];
type Data = { id?: string; order_id?: string };
type Say = { topic: string; id: string };

export const config: SubscriberConfig = {
    event: [
        "cart.created", "cart.updated", "cart.customer_updated", "cart.region_updated", "cart.customer_transferred",
        "order.placed", "order.updated", "order.completed", "order.archived", "order.canceled",
        "order.fulfillment_created", "order.fulfillment_canceled", "order.return_requested", "order.return_received",
        "order-edit.confirmed", "shipment.created", "delivery.created", "payment.captured", "payment.refunded",
        "customer.created", "customer.updated", "customer.deleted",
    ],
};

export default async function tell({ event, container }: SubscriberArgs<Data | Data[]>): Promise<void> {
    if (!process.env.ONETHREAD_HOOK_URL || !process.env.ONETHREAD_HOOK_SECRET) return;
    const query = container.resolve("query");
    for (const data of Array.isArray(event.data) ? event.data : [event.data]) {
        for (const say of await says(event.name, data, query)) {
            const body = JSON.stringify({ ...say, at: new Date().toISOString() });
            void deliver(container.resolve("logger"), body, randomUUID(), 0);
        }
    }
}

/** An event's payload is an id, but not always that of what changed for us: that is looked up. */
async function says(name: string, data: Data, query: any): Promise<Say[]> {
    const id = data.id ?? "";
    const find = async (entity: string, field: string): Promise<any> =>
        (await query.graph({ entity, fields: ["id", field], filters: { id } })).data[0];
    const orders = (...found: (string | undefined)[]): Say[] =>
        found.filter(each => each !== undefined).map(each => ({ topic: "order", id: each as string }));
    if (name === "customer.deleted") return [{ topic: "forget", id }];
    if (name.startsWith("customer.")) return [{ topic: "buyer", id }];
    if (name.startsWith("cart.")) return [{ topic: "cart", id }];
    if (name.startsWith("payment.")) {
        return orders((await find("payment", "payment_collection.order.id"))?.payment_collection?.order?.id);
    }
    if (name === "shipment.created" || name === "delivery.created") {
        return orders((await find("fulfillment", "order.id"))?.order?.id);
    }
    if (name === "order.placed") {
        const cart = (await find("order", "cart.id"))?.cart?.id;
        return [...orders(id), ...(cart ? [{ topic: "cart", id: cart }] : [])];
    }
    return orders(data.order_id ?? data.id);
}

async function deliver(logger: any, body: string, delivery: string, attempt: number): Promise<void> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", process.env.ONETHREAD_HOOK_SECRET!)
        .update(`${timestamp}.${delivery}.${body}`).digest("hex");
    const headers = {
        "content-type": "application/json",
        "x-shop-delivery": delivery,
        "x-shop-timestamp": timestamp,
        "x-shop-signature": `v1=${signature}`,
    };
    try {
        const signal = AbortSignal.timeout(10_000);
        const answer = await fetch(process.env.ONETHREAD_HOOK_URL!, { method: "POST", headers, body, signal });
        if (answer.ok) return;
        logger.warn(`Onethread answered ${answer.status} to an event`);
    } catch (error) {
        logger.warn(`Onethread was not reached: ${(error as Error).message}`);
    }
    const pause = ATTEMPTS_AFTER_SECONDS[attempt + 1];
    if (pause !== undefined) setTimeout(() => void deliver(logger, body, delivery, attempt + 1), pause * 1000).unref();
}
