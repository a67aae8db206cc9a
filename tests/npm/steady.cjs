// Logs in again and again with one pool of the official client: steady.cjs SECONDS PAUSE_MS
// A line for each login: how many milliseconds it took.
const { createLakebasePool } = require("@databricks/lakebase");

async function main() {
  const pool = createLakebasePool({ max: 1 });
  const end = Date.now() + Number(process.argv[2]) * 1000;
  while (Date.now() < end) {
    const begun = process.hrtime.bigint();
    const client = await pool.connect();
    console.log(Number(process.hrtime.bigint() - begun) / 1e6);
    client.release(true);
    await new Promise((done) => setTimeout(done, Number(process.argv[3])));
  }
  await pool.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
