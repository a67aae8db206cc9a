// One process of the official client that connects anew for each line on stdin, and answers with a line of JSON; the
// details are what console.error(error) would show.
const { createLakebasePool } = require("@databricks/lakebase");
const readline = require("node:readline");
const { inspect } = require("node:util");

// A login that nobody answers would otherwise last for ever; PGCONNECT_TIMEOUT is what libpq's programs are given.
const pool = createLakebasePool({ connectionTimeoutMillis: 1000 * Number(process.env.PGCONNECT_TIMEOUT) });
pool.on("error", () => {});

async function connect() {
  const client = await pool.connect();
  try {
    await client.query("select 1");
  } finally {
    client.release(true);
  }
}

console.log("ready");
readline.createInterface({ input: process.stdin }).on("line", () => {
  connect()
    .then(() => ({ good: true }), (error) => ({ good: false, message: error.cause ? `${error} (${error.cause})` : String(error), details: inspect(error) }))
    .then((answer) => console.log(JSON.stringify(answer)));
});
