'use strict';
// A small Vendure shop for tests. `populate FILE` makes its database, `serve FILE PORT` runs it from that file and
// never writes to it, so that every start finds the same shop. HOOK_URL and HOOK_SECRET are the plugin's; NODE_PATH
// tells where Vendure is installed.
process.env.VENDURE_DISABLE_TELEMETRY = 'true';
const path = require('node:path');
const core = require('@vendure/core');
const { OnethreadPlugin } = require('../../../contrib/vendure-plugin');

const [, , command, file, port] = process.argv;

/** Passwords of tests guard nothing, and hashing them well takes most of a test's time. */
class PlainPasswords {
    hash(text) {
        return Promise.resolve(`plain:${text}`);
    }

    check(text, kept) {
        return Promise.resolve(kept === `plain:${text}`);
    }
}

const config = {
    apiOptions: { hostname: '127.0.0.1', port: Number(port || 0), adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
    authOptions: {
        tokenMethod: ['bearer', 'api-key'],
        requireVerification: false,
        passwordHashingStrategy: new PlainPasswords(),
        superadminCredentials: { identifier: 'superadmin', password: 'superadmin-of-tests' },
    },
    dbConnectionOptions: {
        type: 'sqljs', autoSave: command === 'populate', location: file,
        synchronize: command === 'populate', logging: false,
    },
    logger: new core.DefaultLogger({ level: core.LogLevel.Warn, timestamp: false }),
    paymentOptions: { paymentMethodHandlers: [core.dummyPaymentHandler] },
    plugins: [
        core.DefaultSearchPlugin,
        OnethreadPlugin.init({ url: process.env.HOOK_URL, secret: process.env.HOOK_SECRET }),
    ],
};

const initialData = {
    defaultLanguage: 'en',
    defaultZone: 'Europe',
    countries: [{ name: 'Germany', code: 'DE', zone: 'Europe' }, { name: 'Portugal', code: 'PT', zone: 'Europe' }],
    taxRates: [{ name: 'Standard', percentage: 19 }],
    shippingMethods: [{ name: 'Parcel', price: 490 }, { name: 'Pickup at the Porto store', price: 0 }],
    paymentMethods: [{
        name: 'Card',
        handler: { code: core.dummyPaymentHandler.code, arguments: [{ name: 'automaticSettle', value: 'true' }] },
    }],
    collections: [],
};

async function populate() {
    const { populate: fill } = require('@vendure/core/cli');
    const start = async () => {
        const app = await core.bootstrap(config);
        await app.get(core.JobQueueService).start();
        return app;
    };
    const app = await fill(start, initialData, path.join(__dirname, 'products.csv'));
    await settled(app);
    await app.close();
}

/** Until the search index holds what was put in: a job of its own fills it. */
async function settled(app) {
    const connection = app.get(core.TransactionalConnection).rawConnection;
    for (let tries = 0; tries < 300; tries++) {
        const [{ n }] = await connection.query('SELECT COUNT(*) AS n FROM search_index_item');
        if (n >= 4) return;
        await new Promise(resolve => setTimeout(resolve, 200));
    }
    throw new Error('the search index stayed empty');
}

async function serve() {
    const app = await core.bootstrap(config);
    await app.get(core.JobQueueService).start();
    console.log('ready');
}

(command === 'populate' ? populate().then(() => process.exit(0)) : serve()).catch(error => {
    console.error(error);
    process.exit(1);
});
